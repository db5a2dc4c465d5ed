"""Which figures a sweep gets, each with its title, caption, story and text for the blind."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING

from il15_sim.plots.index_bars import morris_plane, sobol_bars
from il15_sim.plots.index_lines import index_convergence, indices_over_time
from il15_sim.plots.index_pairs import interactions
from il15_sim.plots.scenario_figures import Shown

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

    from il15_sim.sensitivity import Indices

_INDICES, _CONVERGENCE = "data/indices.csv", "data/convergence.csv"
_END = "A simulation; research only."


def sweep_figures(
    output: str,
    screen: Indices | None,
    quantify: Indices | None,
    grown: pd.DataFrame,
    labels: Mapping[str, str],
) -> Iterator[Shown]:
    """Draw the figures of one output of a sweep; none of a stage in which it does not vary.

    Parameters
    ----------
    output : str
        Its name in the indices.
    screen, quantify : Indices or None
        By the methods of Morris and of Sobol.
    grown : DataFrame
        From `convergence` of the last of them.
    labels : mapping
        Outputs and parameters as people write them.
    """
    title = labels.get(output, output)
    lost = [line for found in (screen, quantify) if found for line in _lost(found, output)]

    def told(
        name: str, figure: Figure, what: str, alt: str, caption: str, data: str = _INDICES
    ) -> Shown:
        file, words = f"{name}_{output}", f"{what}: {title}"
        return Shown(file, figure, words, alt, f"{caption} {_END}", tuple(lost), (data,))

    if quantify is not None and _varies(quantify, output, "ST"):
        yield told(
            "sobol",
            sobol_bars(quantify, output, labels=labels),
            "Shares of variance",
            f"Bars of first-order and total share of the variance of {title}, by parameter.",
            "S1: what a parameter explains alone; ST: with all it does together with others. "
            "Lines: 95 % intervals.",
        )
        if (quantify.frame["index"] == "S2").any():
            yield told(
                "pairs",
                interactions(quantify, output, labels=labels),
                "What pairs of parameters do together",
                f"Matrix of second-order shares of the variance of {title}.",
                "S2: what two parameters explain together, beyond what each explains alone.",
            )
    if screen is not None and _varies(screen, output, "mu_star"):
        yield told(
            "screen",
            morris_plane(screen, output, labels=labels),
            "Screen of all parameters",
            f"Scatter of mean effect and spread of effects on {title}, one point a parameter.",
            "Right: a large effect on average (µ*). High: an effect that depends on the place (σ). "
            "Below the lower line a parameter acts almost linearly.",
        )
    last = "mu_star" if quantify is None else "ST"
    if grown.loc[(grown["output"] == output) & (grown["index"] == last), "value"].abs().sum() > 0:
        yield told(
            "convergence",
            index_convergence(grown, output, labels=labels),
            "Whether the sample was large enough",
            f"Indices of {title} from growing parts of the sample.",
            "Indices from an eighth, a quarter, half and all of the points, with 95 % intervals; "
            "hollow: from the second half alone.",
            _CONVERGENCE,
        )


def course_figures(
    outputs: Iterable[str], quantify: Indices, labels: Mapping[str, str]
) -> Iterator[Shown]:
    """Draw the indices of time courses over the days; `labels` as in `sweep_figures`."""
    for output in outputs:
        title = labels.get(output, output)
        yield Shown(
            f"course_{output}",
            indices_over_time(quantify, output, labels=labels),
            f"What drives it, and when: {title}",
            f"Lines of the total share of the variance of {title} over days, by parameter.",
            f"ST: all that a parameter explains, with all it does together with others, on each "
            f"day. Bands: 95 % intervals. {_END}",
            _lost(quantify, output),
            (_INDICES,),
        )


def _varies(found: Indices, output: str, index: str) -> bool:
    return bool(found.ranking(output, index=index)["value"].abs().sum() > 0)


def _lost(found: Indices, output: str) -> tuple[str, ...]:
    """What failed of an output, for the long text."""
    rows = found.failures[found.failures["output"] == output]
    return tuple(f"{row.failed} points failed, {row.where}." for row in rows.itertuples())
