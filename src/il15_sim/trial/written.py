"""What a fit of the hazard of death leaves: a variant."""

from __future__ import annotations

from pathlib import Path

from il15_sim.fit.variants import DIGITS
from il15_sim.model.variant import Override, Variant
from il15_sim.trial.hazard_fit import MOST_PATIENTS, HazardFit

NAME = "survival"


def write_hazard(fit: HazardFit, models_dir: str | Path, *, patients: int) -> Path:
    """Write the estimates into the variant `survival_fit`, with their intervals.

    Parameters
    ----------
    fit : HazardFit
    models_dir : path
    patients : int
        Virtual patients of each arm, for the record.

    Returns
    -------
    Path
        The variant, written whole or not at all.
    """
    rows = []
    for row in fit.frame.to_dict("records"):
        note = f"95 % interval {_interval(row, '')}; by survival alone {_interval(row, '_alone')}"
        value = float(f"{row['value']:.{DIGITS}g}")
        rows.append(Override(str(row["unknown"]), value, f"fit {NAME}", note))
    comments = (
        "Written by a fit; not to be edited by hand.",
        f"fit: {NAME} (python experiments/fits/survival.py --write)",
        f"virtual patients of each arm: {patients}; published ones count as {MOST_PATIENTS} at most",
        f"objective: {fit.objective:.4g}",
    )
    path = Path(models_dir) / "variants" / f"{NAME}_fit.tsv"
    Variant(path.stem, tuple(rows), comments).write(path)
    return path


def _interval(row: dict[str, float], which: str) -> str:
    low, high = (row[f"{end}95{which}"] for end in ("lower", "upper"))
    return f"{'none' if low == float('-inf') else f'{low:.3g}'} to {f'{high:.3g}' if high < float('inf') else 'none'}"
