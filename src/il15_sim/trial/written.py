"""What a fit of the hazard of death leaves: a variant."""

from __future__ import annotations

import math
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
        own, alone = (_interval(row[f"lower95{w}"], row[f"upper95{w}"]) for w in ("", "_alone"))
        note = f"95 % interval {own}; by survival alone {alone}"
        value = float(f"{row['value']:.{DIGITS}g}")
        rows.append(Override(str(row["unknown"]), value, f"fit {NAME}", note))
    comments = (
        "Written by a fit; not to be edited by hand.",
        f"fit: {NAME} (python experiments/fits/survival.py --write)",
        f"virtual patients of each arm: {patients}; published ones: at most {MOST_PATIENTS}",
        f"objective: {fit.objective:.4g}",
    )
    path = Path(models_dir) / "variants" / f"{NAME}_fit.tsv"
    Variant(path.stem, tuple(rows), comments).write(path)
    return path


def _interval(low: float, high: float) -> str:
    """An interval in words.

    >>> _interval(1.0, float("inf")), _interval(0.5, 2.0), _interval(float("-inf"), float("inf"))
    ('from 1 on', '0.5 to 2', 'not told')
    """
    if math.isfinite(low) and math.isfinite(high):
        return f"{low:.3g} to {high:.3g}"
    if math.isfinite(low):
        return f"from {low:.3g} on"
    return f"up to {high:.3g}" if math.isfinite(high) else "not told"
