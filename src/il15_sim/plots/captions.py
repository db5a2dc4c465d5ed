"""Captions: what is shown, under which regimen, and how much of it rests on which numbers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from il15_sim.plots.labels import name_of

if TYPE_CHECKING:
    from il15_sim.model import Model
    from il15_sim.results import Runs

KINDS = ("measured", "derived", "fitted", "assumed")
BAND = (
    "Where doses make a curve saw within the day, the line is the 24 h mean and the band the "
    "daily minimum to maximum."
)


def upstream(model: Model, observables: Sequence[str]) -> str:
    """One sentence on the kinds of the parameters upstream of the observables.

    Observables with the same counts are told together; one that this model does not have is passed
    over.
    """
    alike: dict[str, list[str]] = {}
    for observable in observables:
        if observable in model.facts.depends:
            counts = model.upstream_kinds(observable)
            told = ", ".join(f"{counts.get(kind, 0)} {kind}" for kind in KINDS)
            alike.setdefault(told, []).append(name_of(observable))
    parts = [f"{told} ({'; '.join(names)})" for told, names in alike.items()]
    return f"Parameters upstream of the curves: {', '.join(parts)}." if parts else ""


def caption(
    runs: Runs,
    observables: Sequence[str],
    model: Model | None = None,
    *,
    what: str = "Simulated",
    note: str = "",
) -> str:
    """Caption of a figure of runs.

    Parameters
    ----------
    runs : Runs
        What was drawn.
    observables : sequence of str
        Ids drawn.
    model : Model, optional
        Model that was simulated: adds the sentence on the kinds of parameters.
    what : str
        Opening of the caption.
    note : str
        A sentence on how to read the figure.

    Returns
    -------
    str
        Plain text.
    """
    shown = "; ".join(name_of(o) for o in observables)
    arms = "; ".join(
        f"{name} ({regimen})" if name != str(regimen) else str(name)
        for name, regimen in zip(runs.names, runs.regimens, strict=True)
    )
    sentences = [f"{what}: {shown}.", note, f"Regimen: {arms}."]
    failed = [
        str(name) for name, status in zip(runs.names, runs.status, strict=True) if status != "ok"
    ]
    if failed:
        sentences.append(f"Not shown because the run failed: {', '.join(failed)}.")
    if model is not None:
        sentences.append(upstream(model, observables))
    sentences.append("A simulation, not a measurement; research only.")
    return " ".join(part for part in sentences if part)
