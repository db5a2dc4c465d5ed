"""Outcome against exposure, in groups of the same size."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike, NDArray

from il15_sim.errors import InputError
from il15_sim.plots.placing import ABOVE, name_points
from il15_sim.survival.times import Z95, numbers, read_times, refuse, same_length

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

    Array = NDArray[np.float64]


def exposure_response(
    exposure: ArrayLike,
    event: ArrayLike,
    exposure_label: str,
    outcome_label: str,
    *,
    time: ArrayLike | None = None,
    groups: int = 4,
    width_mm: float = 85.0,
) -> Figure:
    """Share with an event, or rate of events, in groups by quantiles of exposure.

    Patients at an exposure of exactly 0 are a group of their own: they were not treated.

    Parameters
    ----------
    exposure : array-like, shape (N,)
        0 or more, one number per patient.
    event : array-like, shape (N,)
        1 where the event came (a response, a toxicity, a death), 0 where not.
    exposure_label, outcome_label : str
        What the axes show, with the unit: "%" of a share, "per month" of a rate.
    time : array-like, shape (N,), optional
        How long each patient was followed: draws events per time instead of the share, in one over
        its unit.
    groups : int
        How many groups the treated are cut into.
    width_mm : float
        Width on paper.

    Returns
    -------
    matplotlib Figure
        Points at the median exposure of each group, with events over patients above; bars across
        from its lowest to its highest exposure, upright 95 % intervals (Wilson's of a share, the
        exact one of a rate). It shows what goes together: who is exposed more may differ otherwise.

    Raises
    ------
    InputError
        For exposures, events and times that are none, lengths that differ, fewer than two groups,
        and fewer treated patients than groups.

    Examples
    --------
    >>> from il15_sim import plots
    >>> figure = plots.exposure_response(range(8), [0, 0, 0, 1, 0, 1, 1, 1], "AUC0–12 (mg·h/L)",
    ...                                  "Diarrhoea, grade 3 (%)", groups=2)
    """
    from il15_sim.plots import figure as look

    found = grouped(exposure, event, time, groups)
    scale = 100.0 if time is None else 1.0
    with look.themed():
        figure = look.new_figure(width_mm, 0.75 * width_mm)
        axes = figure.subplots()
        x, y = found["median"], scale * found["value"]
        low, high = scale * found["lower"], scale * found["upper"]
        tint = look.colour(0)
        axes.hlines(y, found["least"], found["most"], color=look.GREY, linewidth=0.8)
        axes.errorbar(x, y, [y - low, high - y], fmt="o", color=tint, elinewidth=0.9, capsize=1.5)
        axes.margins(x=0.06)
        axes.set_ylim(0.0, 1.2 * float(high.max()))
        axes.set_xlabel(look.plain(exposure_label))
        axes.set_ylabel(look.plain(outcome_label))
        told = [f"{row.events}/{row.patients}" for row in found.itertuples()]
        least, most = found["least"], found["most"]
        bars = [np.stack(sides, axis=1) for sides in ((least, y, most, y), (x, low, x, high))]
        name_points(axes, x.to_list(), high.to_list(), told, np.concatenate(bars), ABOVE)
    return figure


def grouped(
    exposure: ArrayLike, event: ArrayLike, time: ArrayLike | None, groups: int
) -> pd.DataFrame:
    """One row per group: `median, least, most` of the exposure, `events, patients`, `value` with
    its 95 % interval `lower` to `upper`.

    Patients of the same exposure stay in one group, so groups may differ in size.
    """
    import pandas as pd

    levels = numbers("exposure", exposure)
    refuse("exposure", levels, ~(np.isfinite(levels) & (levels >= 0)), "it is a number, 0 or more")
    followed, events = read_times(np.ones(len(levels)) if time is None else time, event)
    same_length("exposures", len(levels), len(followed))
    if not groups >= 2:
        raise InputError(f"{groups} groups", why="two are the least that can be compared")
    treated = levels[levels > 0]
    if len(treated) < groups:
        what = f"{len(treated)} treated patients in {groups} groups"
        raise InputError(what, why="a group needs a patient", fix="take fewer groups")
    cuts = np.unique(np.quantile(treated, np.arange(1, groups) / groups))
    places = np.where(levels > 0, 1 + np.searchsorted(cuts, levels, "left"), 0)
    rows = []
    for place in np.unique(places):
        own = places == place
        count, size = int(events[own].sum()), int(own.sum())
        ends = _share(count, size) if time is None else _rate(count, float(followed[own].sum()))
        row = (np.median(levels[own]), levels[own].min(), levels[own].max(), count, size, *ends)
        rows.append(row)
    columns = ["median", "least", "most", "events", "patients", "value", "lower", "upper"]
    return pd.DataFrame(rows, columns=columns)


def _share(count: int, size: int) -> tuple[float, float, float]:
    """A share with Wilson's interval (doi:10.1080/01621459.1927.10502953)."""
    share, z = count / size, Z95**2 / size
    centre = (share + z / 2) / (1 + z)
    half = np.sqrt(z * share * (1 - share) + z**2 / 4) / (1 + z)
    # At 0 and 1 the ends are exact; rounding must not move them past the share.
    return share, min(share, centre - half), max(share, centre + half)


def _rate(count: int, followed: float) -> tuple[float, float, float]:
    """Events per time with the exact interval (Garwood 1936, doi:10.1093/biomet/28.3-4.437)."""
    from scipy.special import chdtri

    if followed <= 0:
        raise InputError("a group that was followed for no time", fix="take fewer groups")
    low = 0.5 * float(chdtri(2 * count, 0.975)) if count else 0.0
    high = 0.5 * float(chdtri(2 * count + 2, 0.025))
    return count / followed, low / followed, high / followed
