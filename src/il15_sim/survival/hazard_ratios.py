"""Hazard ratios of covariates: Cox's regression, and data that allow none."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Literal

import numpy as np
from numpy.typing import ArrayLike

from il15_sim.errors import InputError, unknown
from il15_sim.survival.times import Z95, Array, need_events, read_times, same_length

if TYPE_CHECKING:
    import pandas as pd

_ROUNDS = 50
#: Newton's decrement, about twice what ln likelihood can still gain, at which it has arrived.
_ARRIVED = 1e-12
#: Where this share of the information is left of that at no effect, the likelihood still rises as
#: the effect grows without end. It falls by 1/e per round there, and by far less elsewhere.
_FLAT = 1e-6
#: Least eigenvalue of the information at no effect, per event and SD, below which two covariates
#: say the same.
_SAME = 1e-9
_SEPARATED = (
    "no finite estimate: a covariate, or a sum of them, puts the events in their order; "
    "leave covariates out or observe more events"
)
_LOST = f"no convergence in {_ROUNDS} rounds"


def cox(
    time: ArrayLike,
    event: ArrayLike,
    covariates: pd.DataFrame,
    strata: Iterable[object] | None = None,
    ties: Literal["breslow", "efron"] = "efron",
) -> pd.DataFrame:
    """Cox's regression of the hazard on covariates.

    Parameters
    ----------
    time, event : array-like, shape (N,)
        Times, and 1 where the event came, 0 where the patient is censored.
    covariates : DataFrame of N rows
        Numbers, one column per covariate; rows are taken in their order, whatever the index.
    strata : N labels, optional
        Each stratum has a baseline hazard of its own.
    ties : "efron" or "breslow"
        How events at the same time are treated.

    Returns
    -------
    DataFrame
        One row per covariate: `covariate`, `log_hazard_ratio` and its standard error `se`,
        `hazard_ratio` per unit of the covariate with its 95 % interval `lower` to `upper`, `z` and
        `p` of Wald's test, and `reason`: empty, or why there is no estimate. Where the data are
        fine but separate (say, no death among those who responded), the likelihood has no maximum:
        all numbers are NaN then. In many small trials this happens to some by chance, so it is told
        rather than raised.

    Raises
    ------
    InputError
        For times, events and covariates that are none, a covariate that does not vary among those
        at risk at any event, covariates of which one follows from the others, and where all are
        censored.

    Examples
    --------
    >>> import pandas as pd
    >>> treated = pd.DataFrame({"treated": [0, 1, 0, 1, 1, 0]})
    >>> found = cox([1, 2, 3, 4, 5, 6], [1, 1, 1, 1, 0, 1], treated)
    >>> found.loc[0, "covariate"], bool(found.loc[0, "hazard_ratio"] < 1)
    ('treated', True)
    """
    import pandas as pd
    from scipy.special import ndtr
    from statsmodels.duration.hazard_regression import PHReg

    times, events = read_times(time, event)
    names, values = _read_covariates(covariates, len(times))
    codes = None
    if strata is not None:
        codes, _ = pd.factorize(pd.Series([*strata], dtype=object))
        same_length("labels of strata", len(codes), len(times))
        if (codes < 0).any():
            patient = int(np.argmax(codes < 0))
            raise InputError(f"patient {patient} has no stratum", fix="give every patient a label")
    if ties not in ("breslow", "efron"):
        raise unknown("treatment of ties", str(ties), ("breslow", "efron"))
    need_events(events)
    spread = values.std(axis=0)
    # Sums of equal numbers leave a hair of spread.
    _refuse_constant(names, spread > 1e-12 * np.abs(values).max(axis=0))
    scaled = (values - values.mean(axis=0)) / spread
    with np.errstate(all="ignore"):
        model = PHReg(times, scaled, status=events.astype(int), strata=codes, ties=ties)
        start = -np.asarray(model.hessian(np.zeros(len(names)))) / events.sum()
        _refuse_constant(names, np.diag(start) > _SAME)
        if np.linalg.eigvalsh(start)[0] < _SAME:
            told = ", ".join(names)
            why = "one of them follows from the others"
            raise InputError(f"covariates {told}", why=why, fix="leave one out")
        slope, error, reason = _maximum(model, start * events.sum())
    slope, error = slope / spread, error / spread
    z = slope / error
    with np.errstate(over="ignore"):
        ratio, lower, upper = (np.exp(slope + k * Z95 * error) for k in (0, -1, 1))
    return pd.DataFrame(
        {
            "covariate": names,
            "log_hazard_ratio": slope,
            "se": error,
            "hazard_ratio": ratio,
            "lower": lower,
            "upper": upper,
            "z": z,
            "p": 2 * ndtr(-np.abs(z)),
            "reason": reason,
        }
    )


def _maximum(model: object, start: Array) -> tuple[Array, Array, str]:
    """Slopes at the maximum, their errors and an empty reason; or NaN, NaN and the reason.

    Newton's method with steps that are halved where they overshoot; the statsmodels' own search
    raises bare errors of linear algebra where data separate.
    """
    slope = np.zeros(len(start))
    none = np.full(len(start), np.nan)
    information, level = start, _loglike(model, slope)
    root = np.linalg.inv(np.linalg.cholesky(start))
    for _ in range(_ROUNDS):
        gradient = np.asarray(model.score(slope))  # type: ignore[attr-defined]
        step = np.linalg.solve(information, gradient)
        if gradient @ step < _ARRIVED:
            return slope, np.sqrt(np.diag(np.linalg.inv(information))), ""
        while not (higher := _loglike(model, slope + step)) >= level - 1e-9 * abs(level):
            step = step / 2
        slope, level = slope + step, higher
        information = -np.asarray(model.hessian(slope))  # type: ignore[attr-defined]
        left = root @ information @ root.T
        if not np.isfinite(left).all() or np.linalg.eigvalsh(left)[0] < _FLAT:
            return none, none, _SEPARATED
    return none, none, _LOST


def _loglike(model: object, slope: Array) -> float:
    return float(model.loglike(slope))  # type: ignore[attr-defined]


def _read_covariates(covariates: pd.DataFrame, patients: int) -> tuple[list[str], Array]:
    import pandas as pd

    if not isinstance(covariates, pd.DataFrame):
        what = f"covariates {type(covariates).__name__}"
        raise InputError(what, fix="give a DataFrame with a column per covariate")
    if not covariates.shape[1]:
        raise InputError("covariates without a column", fix="give at least one")
    same_length("rows of covariates", len(covariates), patients)
    columns = []
    for name, column in covariates.items():
        try:
            numbers = column.to_numpy(dtype=np.float64, na_value=np.nan)
        except (TypeError, ValueError):
            fix = "code it in numbers, say 0 and 1"
            raise InputError(f"covariate '{name}'", why="it is not of numbers", fix=fix) from None
        if not np.isfinite(numbers).all():
            patient = int(np.argmax(~np.isfinite(numbers)))
            why = "every patient has a number"
            raise InputError(f"covariate '{name}' of patient {patient}", why=why)
        columns.append(numbers)
    return [str(name) for name in covariates.columns], np.stack(columns, axis=1)


def _refuse_constant(names: list[str], varies: np.ndarray) -> None:
    if not varies.all():
        name = names[int(np.argmin(varies))]
        why = "it is the same in all who are compared at an event"
        raise InputError(f"covariate '{name}'", why=why, fix="leave it out")
