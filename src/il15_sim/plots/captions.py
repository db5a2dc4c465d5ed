"""Captions: a short one under the figure, and the story behind it in a fold.

The caption says what is drawn and how to read it, in 60 words at most; the story names every
regimen, every run that failed, and the kinds of the parameters upstream of each curve.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from il15_sim.model.parameters import ORIGINS
from il15_sim.plots.axes import cut_axes
from il15_sim.plots.labels import name_of
from il15_sim.plots.panels import MAX_ARMS, failed_names
from il15_sim.plots.series import DAILY_RANGE, QUANTILES

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from il15_sim.model import Model
    from il15_sim.results import Runs

BANDS = {
    DAILY_RANGE: "Shaded: daily range around the 24 h mean.",
    QUANTILES: "Line: median of the runs. Shaded: their middle 50 and 90 %.",
}
_NAMED = 3


def caption(
    runs: Runs,
    observables: Sequence[str],
    model: Model | None = None,
    *,
    what: str = "Simulated",
    note: str = "",
    figure: Figure | None = None,
) -> str:
    """Caption of a figure of runs, of at most 60 words where `what` and `note` are short.

    Parameters
    ----------
    runs : Runs
        What was drawn.
    observables : sequence of str
        Ids drawn.
    model : Model, optional
        Model that was simulated: adds how many parameters of each kind the curves rest on.
    what : str
        Opening of the caption.
    note : str
        A sentence on how to read the figure.
    figure : Figure, optional
        What was drawn: adds the axes that do not start at zero, and what a shaded band is.

    Returns
    -------
    str
        Plain text.
    """
    from matplotlib.collections import PolyCollection

    sentences = [f"{what}.", note]
    if figure is not None:
        drawn = {str(band.get_label()) for band in figure.findobj(PolyCollection)}
        sentences += [text for label, text in BANDS.items() if label in drawn]
        if cut := cut_axes(figure):
            sentences.append(f"Not from zero: {_few(cut)}.")
    if failed := failed_names(runs):
        told = _few(failed) if max(map(len, failed)) < 40 else f"{len(failed)} runs"
        sentences.append(f"Failed, not shown: {told}.")
    if model is not None:
        counts = _kinds(model, observables)
        if any(counts.values()):
            sentences.append(f"Parameters upstream: {_told(counts)}.")
    sentences.append("A simulation; research only.")
    return " ".join(part for part in sentences if part)


def story(runs: Runs, observables: Sequence[str], model: Model | None = None) -> list[str]:
    """What stands behind a figure of runs, one paragraph each.

    Every arm with its regimen (many runs are counted by regimen), failed runs with their reason,
    and the kinds of the parameters upstream of each curve; curves with the same counts are told
    together.
    """
    if len(runs) <= MAX_ARMS:
        lines = [
            f"{name}: {regimen}" if str(name) != str(regimen) else str(name)
            for name, regimen in zip(runs.names, runs.regimens, strict=True)
        ]
    else:
        counts_of = Counter(runs.regimens)
        lines = [f"{count} runs: {regimen}" for regimen, count in counts_of.items()]
    lost = [(n, s) for n, s in zip(runs.names, runs.status, strict=True) if s != "ok"]
    lines += [f"Not shown because the run failed: {n} ({s})." for n, s in lost[:MAX_ARMS]]
    if len(lost) > MAX_ARMS:
        lines.append(f"{len(lost) - MAX_ARMS} more runs failed and are not shown.")
    if model is not None:
        alike: dict[str, list[str]] = {}
        for observable in observables:
            if observable in model.facts.depends:
                told = _told(model.upstream_kinds(observable))
                alike.setdefault(told, []).append(name_of(observable))
        lines += [f"Upstream of {'; '.join(names)}: {told}." for told, names in alike.items()]
    return lines


def _kinds(model: Model, observables: Iterable[str]) -> dict[str, int]:
    """How many parameters upstream of any of the observables are of each origin."""
    upstream: set[str] = set()
    for observable in observables:
        if observable in model.facts.depends:
            upstream |= model.facts.upstream_constants(observable)
    kinds = [model.parameters[i].kind for i in upstream if i in model.parameters]
    return {kind: kinds.count(kind) for kind in ORIGINS}


def _told(counts: Mapping[str, int]) -> str:
    """Counts in words; settings are left out, since they are chosen and not known."""
    return ", ".join(f"{counts[kind]} {kind}" for kind in ORIGINS)


def _few(names: Sequence[str]) -> str:
    """The first names, and how many more."""
    more = len(names) - _NAMED
    return ", ".join(names[:_NAMED]) + (f" and {more} more" if more > 0 else "")
