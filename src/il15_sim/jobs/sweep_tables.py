"""The tables of a sweep: indices and failures of both stages, factors, halves of the sample."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pandas as pd

from il15_sim.model import Model
from il15_sim.plots.labels import change_unit, unit_text
from il15_sim.sensitivity import Indices
from il15_sim.sensitivity.factor import Factor
from il15_sim.sensitivity.screening import relative_effects
from il15_sim.sensitivity.sweep import Sweep
from il15_sim.simulation.subject import subject_of


def csv_of(frame: pd.DataFrame) -> str:
    """A table as CSV text, six digits."""
    return str(frame.to_csv(index=False, lineterminator="\n", float_format="%.6g"))


def labels_of(sweep: Sweep, model: Model) -> dict[str, str]:
    """Outputs and parameters as people write them, by name."""
    names = {p.id: p.name or p.id for p in model.parameters.parameters}
    names |= {asked.output: asked.words for asked in sweep.endpoints}
    return names | {course.output: course.words for course in sweep.courses}


def units_of(sweep: Sweep, model: Model) -> dict[str, str]:
    """Unit of each output as people write it: none of a ratio."""
    units, told = subject_of(model).units, {}
    for asked in sweep.endpoints:
        unit = asked.endpoint.unit(units[asked.endpoint.observable])
        written = change_unit if asked.compare == "difference" else unit_text
        if unit not in ("ratio", "dimensionless"):
            told[asked.output] = written(unit)
    return told


def stages_together(stages: Mapping[str, Indices | None], part: str) -> pd.DataFrame:
    """`frame` or `failures` of all stages, which the first column names."""
    frames = []
    for name, found in stages.items():
        if found is not None:
            frame: pd.DataFrame = getattr(found, part).copy()
            frame.insert(0, "stage", name)
            frames.append(frame)
    # pandas takes no part of a frame without rows for its types.
    return pd.concat([f for f in frames if len(f)] or frames[:1], ignore_index=True)


def factor_table(
    factors: Sequence[Factor],
    model: Model,
    screen: Indices | None,
    quantify: Indices | None,
) -> pd.DataFrame:
    """What varied, between which bounds, and how far it came.

    Columns factor, name, kind, unit, value (where it does not vary), low, high, distribution,
    group, effect (largest share of the largest mean effect on an output; from a screen only) and
    quantified ("yes" or "no").
    """
    effects = {} if screen is None else relative_effects(screen).to_dict()
    kept = set() if quantify is None else set(quantify.frame["factor"])
    table = {p.id: p for p in model.parameters.parameters}
    rows = []
    for factor in factors:
        row = table.get(factor.name)
        label = factor.group or factor.name
        rows.append(
            {
                "factor": factor.name,
                "name": row.name if row else "",
                "kind": row.kind if row else "",
                "unit": row.unit if row else "",
                "value": model.values[factor.name],
                "low": factor.low,
                "high": factor.high,
                "distribution": " ".join(map(str, (factor.distribution, *factor.parameters))),
                "group": factor.group,
                "effect": effects.get(label),
                "quantified": "yes" if label in kept else "no",
            }
        )
    return pd.DataFrame(rows).sort_values("effect", ascending=False, kind="stable")


def halves(grown: pd.DataFrame) -> pd.DataFrame:
    """Indices of the first half of a sample beside those of the whole.

    Parameters
    ----------
    grown : DataFrame
        From `convergence`.

    Returns
    -------
    DataFrame
        Columns output, time_h, factor, other, index, half, whole, change (of the absolute value),
        low, high (95 % interval of the whole).
    """
    keys = ["output", "time_h", "factor", "other", "index"]
    half = grown.loc[grown["part"] == "1/2", [*keys, "value"]].rename(columns={"value": "half"})
    whole = grown.loc[grown["part"] == "all", [*keys, "value", "low", "high"]]
    both = whole.rename(columns={"value": "whole"}).merge(half, on=keys, how="left")
    both["change"] = both["whole"] - both["half"]
    return both[[*keys, "half", "whole", "change", "low", "high"]]
