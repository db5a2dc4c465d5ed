"""The profile of one parameter: how much worse the best fit becomes as it is moved away."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from il15_sim.fit.certainty import ON_BOUND
from il15_sim.fit.objective import Objective
from il15_sim.fit.search import Search, search

if TYPE_CHECKING:
    import pandas as pd

Array = NDArray[np.float64]

#: Points on one side, and solves that pin down where the threshold is crossed, to this share of it.
_MOST, _REFINED, _CROSSED = 25, 30, 1e-3


@dataclass(frozen=True, eq=False)
class ParameterProfile:
    """The profile likelihood of one parameter.

    Attributes
    ----------
    parameter, unit : str
    estimate : float
    logarithmic : bool
        Whether the parameter was searched on a log scale.
    threshold : float
        Rise at the ends of the 95 % interval: the quantile of chi-squared with one degree of
        freedom, or the square of Student's t where the size of errors was estimated.
    lower95, upper95 : float
        NaN on a side where the threshold is not reached; `flags` tells why.
    frame : DataFrame
        `value`, `rise` (of -2 ln likelihood above the fit), `converged`, `on_bound` (which other
        parameters lie on a bound), `status`; in the order of the values.
    flags : tuple of str
    """

    parameter: str
    unit: str
    estimate: float
    logarithmic: bool
    threshold: float
    lower95: float
    upper95: float
    frame: pd.DataFrame
    flags: tuple[str, ...]

    def __repr__(self) -> str:
        """The interval and what there is to say of it."""
        ends = ("open" if math.isnan(x) else f"{x:.4g}" for x in (self.lower95, self.upper95))
        interval = " to ".join(ends)
        value = f"{self.estimate:.4g} {self.unit}".strip()
        told = f"{self.parameter} = {value}, 95 % interval {interval}"
        return "\n  ".join([told, *self.flags])


@dataclass(frozen=True, eq=False)
class _Point:
    share: float
    rise: float
    found: Search


def profile_of(
    objective: Objective, best: Array, number: int, error: float, threshold: float
) -> ParameterProfile:
    """Walk from the optimum (shares, P) to both sides until the threshold is passed."""
    import pandas as pd

    unknown = objective.predictor.unknowns[number]
    least = objective.at(best).objective
    origin = _Point(float(best[number]), 0.0, Search(best, best, least, 0, "converged"))
    step = min(0.35 * error, 0.1) if math.isfinite(error) and error > 0 else 0.05
    points, flags, ends = [origin], [], []
    for sign, side in ((-1.0, "lower"), (1.0, "upper")):
        walked, end, why = _walk(objective, origin, number, sign * step, threshold)
        points += walked
        ends.append(float(unknown.value_at(end)) if end is not None else math.nan)
        if why:
            flags.append(f"the {side} end of the interval is open: {why}")
    points.sort(key=lambda p: p.share)
    rows = [
        {
            "value": float(unknown.value_at(p.share)),
            "rise": p.rise,
            "converged": p.found.ok,
            "on_bound": ", ".join(_on_bound(objective, p.found.end, number)),
            "status": p.found.status,
        }
        for p in points
    ]
    if stopped := sum(not p.found.ok for p in points):
        flags.append(f"{stopped} of {len(points)} points did not converge")
    if bound := sorted(
        {name for p in points for name in _on_bound(objective, p.found.end, number)}
    ):
        flags.append(f"on a bound at some points: {', '.join(bound)}")
    lowest = min(p.rise for p in points)
    if lowest < -1e-3 * threshold:
        flags.append(f"a better fit was met, by {-lowest:.3g}: fit again with more starts")
    return ParameterProfile(
        parameter=unknown.id,
        unit=unknown.unit,
        estimate=float(unknown.value_at(best[number])),
        logarithmic=unknown.logarithmic,
        threshold=threshold,
        lower95=ends[0],
        upper95=ends[1],
        frame=pd.DataFrame(rows),
        flags=tuple(flags),
    )


def _walk(
    objective: Objective, origin: _Point, number: int, step: float, threshold: float
) -> tuple[list[_Point], float | None, str]:
    """Points of one side, where the threshold is crossed, or why it is not."""
    points: list[_Point] = []
    here = origin
    for _ in range(_MOST):
        share = float(np.clip(here.share + step, 0.0, 1.0))
        if share == here.share:
            return points, None, "the bound of the parameter is reached"
        there = _solved(objective, here, number, share, origin)
        points.append(there)
        if not math.isfinite(there.rise):
            return points, None, there.found.status
        if there.rise > threshold:
            return points, _crossing(objective, here, there, points, number, threshold, origin), ""
        if there.rise - here.rise < 0.1 * threshold:
            step *= 1.6
        here = there
    return points, None, f"{_MOST} points were not enough"


def _crossing(
    objective: Objective,
    inside: _Point,
    outside: _Point,
    points: list[_Point],
    number: int,
    threshold: float,
    origin: _Point,
) -> float:
    """The share at the threshold; the root of the rise is nearly straight there.

    Where it is not, as beside a bound, a step that leaves most of the interval is halved instead.
    """
    width = math.inf
    for _ in range(_REFINED):
        share = _straight(inside, outside, threshold)
        left = abs(outside.share - inside.share)
        if left > 0.5 * width:
            share = 0.5 * (inside.share + outside.share)
        width = left
        middle = _solved(objective, inside, number, share, origin)
        if not math.isfinite(middle.rise):
            break
        points.append(middle)
        if abs(middle.rise - threshold) < _CROSSED * threshold:
            return middle.share
        if middle.rise > threshold:
            outside = middle
        else:
            inside = middle
    return _straight(inside, outside, threshold)


def _straight(inside: _Point, outside: _Point, threshold: float) -> float:
    low, high, at = (math.sqrt(max(x, 0.0)) for x in (inside.rise, outside.rise, threshold))
    return inside.share + (outside.share - inside.share) * (at - low) / (high - low)


def _solved(
    objective: Objective, near: _Point, number: int, share: float, origin: _Point
) -> _Point:
    begin = near.found.end.copy()
    begin[number] = share
    found = search(objective, begin, fixed=number)
    return _Point(share, found.objective - origin.found.objective, found)


def _on_bound(objective: Objective, shares: Array, number: int) -> list[str]:
    near = (shares < ON_BOUND) | (shares > 1 - ON_BOUND)
    names = [u.id for u in objective.predictor.unknowns]
    return [name for j, name in enumerate(names) if near[j] and j != number]
