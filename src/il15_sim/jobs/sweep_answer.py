"""The answer of a sweep in words: what drives each output, how surely, and what to measure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from il15_sim.jobs.sweep_tables import halves
from il15_sim.regimen import Regimen
from il15_sim.sensitivity import Indices, recommended_n
from il15_sim.sensitivity.map_file import DoseMap
from il15_sim.sensitivity.sampling import Design
from il15_sim.sensitivity.screening import relative_effects
from il15_sim.sensitivity.sweep import Sweep
from il15_sim.sensitivity.sweep_endpoints import Asked

Array = NDArray[np.float64]
#: What is told of one output: its title and sentences.
Section = dict[str, Any]

#: Drivers that are named, and the ST from which on a parameter is one.
_NAMED, _LEAST = 5, 0.05
#: Parameters that are named of a day of a time course.
_DAILY = 3
#: Width of the intervals for which a number of points is recommended, and that is too wide.
_WIDTH, _TOO_WIDE = 0.1, 0.3
#: Share of the range of an output below which a number is told as zero.
_NOTHING = 1e-4


def answer(
    sweep: Sweep,
    labels: Mapping[str, str],
    screen: Indices | None,
    quantify: Indices | None,
    grown: pd.DataFrame,
    units: Mapping[str, str] | None = None,
) -> list[Section]:
    """What came of a sweep: `title` and `lines` of each output, then of the sample itself.

    Parameters
    ----------
    sweep : Sweep
    labels : mapping
        Outputs and parameters as people write them.
    screen, quantify : Indices or None
        What the stages gave.
    grown : DataFrame
        From `convergence` of the last stage.
    units : mapping, optional
        Unit of each output as people write it, of what is no ratio.
    """
    sections = []
    for asked in sweep.endpoints:
        lines = []
        unit = (units or {}).get(asked.output, "")
        if quantify is not None:
            lines += _drivers(quantify, asked.output, labels)
            lines += _directions(
                quantify, asked, "Over the ranges of the quantified parameters", unit
            )
        if screen is not None:
            lines += _screened(screen, asked.output, labels)
            grid = "In the screen, on a grid to the ends of the ranges of all parameters"
            lines += _directions(screen, asked, grid, unit)
        sections.append({"title": asked.words, "lines": lines})
    if quantify is not None:
        for course in sweep.courses:
            lines = _over_days(quantify, course.output, labels)
            sections.append({"title": f"{course.words}, day by day", "lines": lines})
    return [*sections, {"title": "The sample", "lines": _sample(sweep, screen, quantify, grown)}]


def answer_text(
    sweep: Sweep | DoseMap,
    given: Regimen | str,
    sections: Sequence[Section],
    warnings: Sequence[str] = (),
) -> str:
    """The answer as Markdown; `given` is what the patients get."""
    parts = [f"# {sweep.title}", sweep.description.strip(), f"Given: {given}."]
    if sweep.against is not None:
        parts[-1] += f" Compared with: {sweep.against}."
    parts += [f"**Warning:** {warning}" for warning in warnings]
    for section in sections:
        parts += [f"## {section['title']}", "\n".join(f"- {line}" for line in section["lines"])]
    parts.append("A simulation; research only, not for treatment decisions.")
    return "\n\n".join(part for part in parts if part) + "\n"


def _drivers(found: Indices, output: str, labels: Mapping[str, str]) -> list[str]:
    """Sobol: total shares of variance, what is additive, and what to measure."""
    total, first = (found.ranking(output, index=index) for index in ("ST", "S1"))
    if total["value"].isna().all():
        return ["It does not vary."]
    named = total.head(max(1, min(_NAMED, int((total["value"] >= _LEAST).sum()))))
    drivers = "; ".join(_told(named.loc[i], labels) for i in named.index)
    lines = [f"Drivers, by their share of the variance with all interactions (ST): {drivers}."]
    alone = float(first["value"].sum())
    rest = "the rest is what they do together" if alone < 1 else "none is left for interactions"
    lines.append(
        f"Single parameters explain {_share(alone)} of the variance (the sum of S1); {rest}."
    )
    best = first.sort_values("value", ascending=False).iloc[0]
    if not best["low"] > 0:
        return [*lines, "This sample tells no S1 from zero, so not what to measure first."]
    lines.append(
        f"Worth measuring first: {labels.get(best['factor'], best['factor'])}. Knowing it would "
        f"take away {_share(best['value'])} of the variance on average (S1, "
        f"{_share(best['low'])} to {_share(best['high'])})."
    )
    return lines


def _share(share: float) -> str:
    """A share of variance; what an estimate is beyond nothing and all is chance."""
    return _percent(min(max(share, 0.0), 1.0))


def _over_days(found: Indices, output: str, labels: Mapping[str, str]) -> list[str]:
    """The leading parameters of a time course on each day."""
    own = found.frame[(found.frame["output"] == output) & (found.frame["index"] == "ST")]
    lines = []
    for hour in sorted(own["time_h"].unique().tolist()):
        leading = own[own["time_h"] == hour].dropna(subset="value").nlargest(_DAILY, "value")
        told = "; ".join(
            f"{labels.get(row['factor'], row['factor'])} {row['value']:.2f}"
            for row in leading.to_dict("records")
        )
        lines.append(f"Day {hour / 24:g}: {told or 'it does not vary'}{' (ST)' if told else ''}.")
    return lines


def _percent(share: float, digits: int = 0) -> str:
    return f"{round(100 * share, digits) + 0.0:.{digits}f} %"  # no minus zero


def _told(row: pd.Series[Any], labels: Mapping[str, str]) -> str:
    name, id_ = labels.get(row["factor"], row["factor"]), row["factor"]
    shown = name if name == id_ else f"{name} ({id_})"
    return f"{shown} {row['value']:.2f} ({row['low']:.2f} to {row['high']:.2f})"


def _screened(found: Indices, output: str, labels: Mapping[str, str]) -> list[str]:
    """Morris: the largest mean effects, as shares of the largest."""
    ranked = found.ranking(output).head(_NAMED)
    largest = float(ranked["value"].iloc[0])
    if not largest > 0:
        return ["No parameter changes it in the screen."]
    told = "; ".join(
        f"{labels.get(row['factor'], row['factor'])} {_percent(row['value'] / largest)}"
        for row in ranked.to_dict("records")
    )
    return [f"Largest mean effects in the screen, relative to the first: {told}."]


def _directions(found: Indices, asked: Asked, where: str, unit: str) -> list[str]:
    """Range of an output, and in which share of the points it rises and falls."""
    design, outputs = found.evidence
    values = outputs[asked.output, None][independent_rows(design)]
    y = values[np.isfinite(values)]
    low, middle, high = np.quantile(y, [0.05, 0.5, 0.95])
    # What lies that near to zero is the error of simulations.
    low, middle, high = (
        0.0 if abs(v) < _NOTHING * (high - low) else v for v in (low, middle, high)
    )
    shown = [float(np.exp(v)) if asked.logarithmic else v for v in (low, middle, high)]
    behind = "-fold" if asked.compare == "log_ratio" else f" {unit}" if unit else ""
    told = f"{where} ({len(y)} points): median {shown[1]:.3g}{behind}, nine of ten between "
    told += f"{shown[0]:.3g}{behind} and {shown[2]:.3g}{behind}."
    if asked.no_change is not None:
        gain = y - asked.no_change
        up, down = (_percent((sign * gain > 0).mean(), 1) for sign in (1, -1))
        told += f" It rises in {up} and falls in {down}."
        if asked.notable is not None:
            up, down = (_percent((sign * gain > asked.notable).mean(), 1) for sign in (1, -1))
            told += f" By more than 5 %: up in {up}, down in {down}."
    return [told]


def independent_rows(design: Design) -> NDArray[np.intp]:
    """Rows of a design that are spread over the space: the two base points of every block of Sobol.

    Of a trajectory of Morris all rows: each of them alone is a point of the grid.
    """
    rows = np.arange(len(design))
    if design.method != "sobol":
        return rows
    place = rows % design.block
    return np.flatnonzero((place == 0) | (place == design.block - 1))


def _sample(
    sweep: Sweep, screen: Indices | None, quantify: Indices | None, grown: pd.DataFrame
) -> list[str]:
    """How large it was, what failed and what was done about it, and whether it was enough."""
    lines = []
    for name, found in (("Screen", screen), ("Quantified", quantify)):
        if found is None:
            continue
        design = found.evidence[0]
        count = len(design.labels)
        lines.append(
            f"{name}: {count} parameter{'s' * (count != 1)}, n {design.n}, {len(design)} points, "
            f"seed {found.seed}."
        )
        lines += _failures(name, found, sweep.failures)
    if screen is not None and quantify is not None:
        effects = relative_effects(screen)
        out = effects[~effects.index.isin(set(quantify.frame["factor"]))]
        if len(out):
            lines.append(
                f"The strongest parameter that was not quantified, {out.index[0]}, has "
                f"{_percent(out.iloc[0])} of the largest mean effect on some endpoint."
            )
    if quantify is not None:
        total = halves(grown)
        total = total[(total["index"] == "ST") & total["change"].notna()]
        if len(total):
            most = total.iloc[int(total["change"].abs().to_numpy().argmax())]
            lines.append(
                f"From the first half of the points to all, no ST changes by more than "
                f"{abs(most['change']):.3f} ({most['factor']} on {most['output']})."
            )
            lines.append(
                f"Intervals no wider than {_WIDTH:g} would take about n = "
                f"{recommended_n(grown, _WIDTH)}."
            )
    return lines


def too_few(grown: pd.DataFrame) -> list[str]:
    """A warning where the 95 % intervals of ST are too wide for any ranking."""
    total = grown[(grown["part"] == "all") & (grown["index"] == "ST")].dropna(subset=["low"])
    if not len(total):
        return []
    width = (total["high"] - total["low"]).to_numpy()
    if width.max() <= _TOO_WIDE:
        return []
    row = total.iloc[int(width.argmax())]
    return [
        f"The sample is too small: the interval of ST of {row['factor']} on {row['output']} is "
        f"{width.max():.2g} wide; give a larger n, and what spans decades as its logarithm."
    ]


def _failures(name: str, found: Indices, choice: str) -> list[str]:
    """What failed, where and why, once for all outputs that lost the same."""
    lines = []
    keys = ["failed", "left_out", "replaced", "used", "where", "reasons"]
    for _, group in found.failures.groupby(keys, sort=False):
        failed, left_out, replaced, used, where, reasons = group.iloc[0][keys]
        told = f"{name}: {failed} points have no {', '.join(group['output'])}; they lie {where}."
        if reasons:
            told += f" Reasons: {reasons}."
        if choice == "resample":
            told += f" {replaced} blocks were replaced by fresh ones, {used} are used."
        else:
            told += f" {left_out} blocks were left out, {used} are used."
        told += " So the indices are those of blocks that can be simulated whole: points near to"
        told += " failures count less."
        lines.append(told)
    return lines
