"""What a fit of progression leaves: a variant, and the variability in the parameter table."""

from __future__ import annotations

from pathlib import Path

from il15_sim.errors import InputError
from il15_sim.files.atomic import write_atomic
from il15_sim.files.numeric import number
from il15_sim.fit.variants import DIGITS
from il15_sim.model.variant import Override, Variant
from il15_sim.progression.drivers import TYPICAL
from il15_sim.progression.search import ProgressionFit

NAME = "progression"
_UNMOVED = "share of patients that reading alone calls responders"


def variant_of(fit: ProgressionFit) -> Variant:
    """The estimates of the typical patient; notes tell intervals and spreads."""
    told = {str(row["unknown"]): row for row in fit.frame.to_dict("records")}
    source = f"fit {NAME}"
    rows = []
    for estimate in fit.trials.estimates:
        found, spread = told[estimate.id], told[f"{estimate.id}: log SD between patients"]
        value = float(found["value"])
        note = f"95 % interval {found['lower95']:.3g}-{found['upper95']:.3g}; log SD between "
        note += f"patients {spread['value']:.3g} ({spread['lower95']:.3g}-"
        note += f"{spread['upper95']:.3g}), that is a CV of {spread['cv_percent']:.0f} %"
        rows.append(Override(estimate.id, _rounded(value), source, note))
        if estimate.id == "tumour_growth":
            rows.append(Override(TYPICAL, _rounded(value), source, "the same"))
    unmoved = float(told["share read as responders"]["value"])
    comments = (
        "Written by a fit; not to be edited by hand.",
        f"fit: {NAME} ({fit.trials.title})",
        f"seed: {fit.trials.seed}; virtual patients: {fit.trials.patients}",
        f"deviance: {fit.deviance:.4g}; with priors: {fit.objective:.4g}",
        f"largest inhibition of growth by sorafenib, not fitted: {fit.effects.inhibition:g}",
        f"{_UNMOVED}: {unmoved:.3g}",
    )
    return Variant(f"{NAME}_fit", tuple(rows), comments)


def write_fit(fit: ProgressionFit, models_dir: str | Path) -> Path:
    """Write the variant, and the CV between patients into the column of the parameter table.

    Returns
    -------
    Path
        The variant; each file is written whole or not at all.
    """
    folder = Path(models_dir)
    table = folder / "parameters.tsv"
    told = fit.frame.set_index("unknown")["cv_percent"]
    cvs = {e.id: told[f"{e.id}: log SD between patients"] for e in fit.trials.estimates}
    lines = table.read_text(encoding="utf-8").split("\n")
    column = lines[0].split("\t").index("iivCvPercent")
    for k, line in enumerate(lines):
        cells = line.split("\t")
        if cells[0] in cvs:
            cells[column] = f"{cvs[cells[0]]:.0f}"
            lines[k] = "\t".join(cells)
    place = folder / "variants" / f"{NAME}_fit.tsv"
    variant_of(fit).write(place)
    write_atomic(table, "\n".join(lines))
    return place


def _rounded(value: float) -> float:
    return float(f"{value:.{DIGITS}g}")


def read_unmoved(models_dir: str | Path) -> float:
    """The share of patients that reading alone calls responders, as the fit wrote it.

    Raises
    ------
    InputError
        Where the variant does not say it.
    """
    path = Path(models_dir) / "variants" / f"{NAME}_fit.tsv"
    for comment in Variant.read(path).comments:
        label, _, value = comment.partition(": ")
        if label == _UNMOVED:
            return number(value, "share", str(path))
    raise InputError(f"there is no line '# {_UNMOVED}: ...'", where=path, fix="run the fit again")
