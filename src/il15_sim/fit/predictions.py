"""How sure a prediction is: its profile likelihood, for what was not measured too.

All unknowns are fitted again while the prediction is pulled away from its best value. Where the
pull ends, the prediction is whatever it became, and the rise of the objective without the pull is
that of its profile there (Kreutz et al. 2012, doi:10.1186/1752-0509-6-120).
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from il15_sim.errors import InputError, unknown
from il15_sim.fit.likelihood_profile import ParameterProfile
from il15_sim.fit.objective import Objective
from il15_sim.fit.of_groups import shared_values
from il15_sim.fit.quantities import QUANTITIES, Asked
from il15_sim.fit.rows import Row, Rows
from il15_sim.fit.search import search
from il15_sim.fit.simulator import Failed
from il15_sim.fit.treatments import Given, arm_of

if TYPE_CHECKING:
    from il15_sim.fit.result import Fit

Array = NDArray[np.float64]

#: Pulls on one side, in standard errors of the prediction, and how far they may go.
_STEP, _MOST = 0.7, 14
#: Least information, in shares, and the longest pull of a logarithm.
_LEAST_INFORMATION, _FAR = 4.0, 200.0
#: Why an end is open where every pull converged.
_HELD = "the bounds hold it before the rows do"


@dataclass(frozen=True)
class _Point:
    value: float
    rise: float
    status: str


def prediction_profile(
    fit: Fit,
    observable: str,
    time_h: float,
    arm: str | Given,
    *,
    quantity: str = "value",
    start_h: float = 0.0,
    group: str = "",
) -> ParameterProfile:
    """The profile likelihood of a prediction, without factors of cohorts or plates.

    Parameters
    ----------
    fit : Fit
    observable : str
        Any observable or state of the model.
    time_h : float
        When it is read; the end of its hours for an area or a peak.
    arm : str, or Regimen, Change, mapping or a list of them
        An arm of the fit, or what a new one is given. Of patients it is the median over them.
    quantity : str
        One of `il15_sim.fit.quantities.QUANTITIES` that needs no other arm.
    start_h : float
        Where its hours begin.
    group : str
        Of a new arm: the group whose estimates and values it has.

    Raises
    ------
    InputError
        For unknown names, a group of an arm that has its own, and for a prediction that no unknown
        moves.
    """
    problem = fit.problem
    if observable not in problem.subject.quantities:
        raise unknown("observable", observable, problem.subject.quantities)
    single = [q.name for q in QUANTITIES.values() if not q.needs_other]
    if quantity not in single:
        raise unknown("quantity", quantity, single)
    arms = dict(problem.arms)
    if isinstance(arm, str):
        if arm not in arms:
            raise unknown("arm", arm, arms)
        if group:
            told = f"group '{group}' of arm '{arm}'"
            raise InputError(told, why="an arm of the fit has its own", fix="leave it out")
        name = arm
    else:
        name = "new arm"
        own = arm_of(arm, problem.subject, "arm")
        given = shared_values(problem, group) if group else {}
        arms[name] = replace(own, values={**given, **own.values}, group=group)
    reads = QUANTITIES[quantity].reads(Asked(observable, name, float(time_h), float(start_h)))
    unit = QUANTITIES[quantity].unit_of(problem.subject.units.get(observable, ""))
    used = tuple(r for r in problem.rows.rows if r.used)
    statistic = "" if arms[name].patients is None else "median"

    def pulled(value: float, sd: float) -> Objective:
        kind, known = ("log-normal", "log_sd") if log else ("normal", "sd")
        row = Row(
            *("prediction", observable, reads, value, unit, kind, {known: sd}), statistic=statistic
        )
        rows = Rows((*used, row), problem.rows.source)
        changed = replace(problem, rows=rows, arms=arms).objective()
        return changed.with_errors(fit.objective.sizes, fit.objective.omega)

    log, best = False, fit.best.end
    estimate = float(pulled(1.0, 1.0).at(best).typical[-1])
    # A change may be negative, and its interval may hold zero.
    log = estimate > 0 and quantity != "change"
    # The derivative of the row's residual by the shares tells the error of the prediction.
    slope = pulled(estimate, 1.0).slopes(best)[len(used)]
    variance = float(slope @ _covariance(fit) @ slope)
    if not variance > 0:
        raise InputError(f"no unknown moves {observable} at {time_h:g} h", where="prediction")
    error = math.sqrt(variance)
    points = [_Point(estimate, 0.0, "converged")]
    ends, flags = [], []
    for sign, side in ((-1.0, "lower"), (1.0, "upper")):
        found, end = _walk(fit, pulled, estimate, sign * error, error, log)
        points += found
        ends.append(end)
        if math.isnan(end):
            why = found[-1].status
            why = _HELD if why == "converged" else why
            flags.append(f"the {side} end of the interval is open: {why}")
    points.sort(key=lambda p: p.value)
    import pandas as pd

    frame = pd.DataFrame(
        [(p.value, p.rise, p.status == "converged", "", p.status) for p in points],
        columns=["value", "rise", "converged", "on_bound", "status"],
    )
    where = f" in '{name}'" if name else ""
    told = f"{quantity} of {observable} at {time_h:g} h{where}"
    return ParameterProfile(
        told, unit, estimate, log, fit.threshold, ends[0], ends[1], frame, tuple(flags)
    )


def _covariance(fit: Fit) -> Array:
    """Of the shares; a direction that the rows do not see is as wide as the bounds."""
    slopes = fit.objective.slopes(fit.best.end)
    least = _LEAST_INFORMATION * np.eye(slopes.shape[1])
    return np.asarray(np.linalg.inv(slopes.T @ slopes + least))


def _walk(
    fit: Fit,
    pulled: object,
    estimate: float,
    step: float,
    error: float,
    log: bool,
) -> tuple[list[_Point], float]:
    """Points of one side, and the value at which the threshold is crossed (NaN if it is not)."""
    assert callable(pulled)
    least, threshold = fit.best.objective, fit.threshold
    at, here, points = fit.best.end, _Point(estimate, 0.0, "converged"), []
    for k in range(1, _MOST + 1):
        aim = k * _STEP * step
        value = estimate * math.exp(np.clip(aim, -_FAR, _FAR)) if log else estimate + aim
        # The pull is as strong as all rows together tell the prediction, and stronger.
        objective = pulled(value, 0.3 * error)
        found = search(objective, at)
        try:
            fitted = objective.at(found.end)
        except Failed as failed:
            points.append(_Point(math.nan, math.inf, str(failed)))
            return points, math.nan
        at = found.end
        rise = float(fitted.objective - fitted.residual[-1] ** 2) - least
        there = _Point(float(fitted.typical[-1]), rise, found.status)
        points.append(there)
        if rise > threshold:
            low, high = math.sqrt(max(here.rise, 0.0)), math.sqrt(rise)
            share = (math.sqrt(threshold) - low) / (high - low)
            return points, here.value + share * (there.value - here.value)
        here = there
    return points, math.nan
