"""Run a fit from start to end and collect what it found."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from il15_sim.errors import InputError
from il15_sim.fit.objective import Objective
from il15_sim.fit.optimise import Progress, Start, bounds, search_all, settle_omega, start_point
from il15_sim.fit.problem import FitProblem
from il15_sim.fit.result import FitResult
from il15_sim.regimen import Regimen

if TYPE_CHECKING:
    import pandas as pd

Array = NDArray[np.float64]

#: A value within this share of its range (on the optimiser's scale) sits on its bound.
AT_BOUND = 0.01
QUICK_STEPS = 3
_Z_975 = 1.959964


def run_fit(
    problem: FitProblem,
    *,
    starts: int | None = None,
    quick: bool = False,
    workers: int = 1,
    progress: Progress | None = None,
) -> FitResult:
    """Fit a problem from many starts and settle the spread between cohorts.

    Parameters
    ----------
    problem : FitProblem
        What to fit.
    starts : int, optional
        Number of searches; default: what the fit file says.
    quick : bool
        One short search from the shipped values instead: a check, not a fit.
    workers : int
        Processes to search with; the numbers do not depend on it.
    progress : callable, optional
        Called with the number of finished searches and of all.

    Returns
    -------
    FitResult
        Of the best search.

    Raises
    ------
    InputError
        When no search came to an end, or for a number of starts or workers below one.
    """
    count = problem.starts if starts is None else starts
    for what, number in (("starts", count), ("workers", workers)):
        if number < 1:
            raise InputError(f"{what} {number}", why="at least one is needed")
    if quick:
        begins, steps = [shipped_point(problem)], QUICK_STEPS
    else:
        begins, steps = [start_point(problem, i) for i in range(count)], 40
    found = search_all(problem, begins, workers, steps, progress)
    best = min(found, key=lambda s: (s.objective, s.index))
    if not best.ok:
        raise InputError(
            f"none of {len(found)} searches came to an end",
            where=problem.path,
            why=f"the first one {found[0].status}",
        )
    objective = Objective(problem)
    rounds = 1 if quick else 8
    final, omega = settle_omega(objective, np.array(best.end), steps, rounds)
    if not final.ok:
        raise InputError("the last search failed", where=problem.path, why=final.status)
    return collect(problem, np.array(final.end), omega, found)


def shipped_point(problem: FitProblem) -> Array:
    """Where a quick fit begins: the values that the model ships with, shape (P,)."""
    values = problem.load_model(shipped=True).values
    pairs = [(u, values.get(u.id, u.start)) for u in problem.unknowns]
    return np.array([u.to_scale(min(max(v, u.lower), u.upper)) for u, v in pairs])


def collect(
    problem: FitProblem, x: Array, omega: float, starts: tuple[Start, ...] = ()
) -> FitResult:
    """All tables of a fit at one point of the unknowns (optimiser's scale, shape (P,))."""
    import pandas as pd

    objective = Objective(problem, used=("fit", "report"))
    evaluation = objective.evaluate(x, omega)
    curves = objective.curves(x, dense=True)
    factors = {k: float(np.exp(b)) for k, (b, _) in evaluation.log_factors.items()}
    arms = problem.experiments
    doses = {e: _dose_mg(arm.regimen) for e, arm in arms.items()}
    predictions = _predictions(objective, x, evaluation.log_predicted, factors, doses)
    cohorts = [
        (
            term.name,
            arms[term.name].study,
            doses[term.name],
            len(term.rows),
            *np.exp(np.array([0, -_Z_975, _Z_975]) * se + b),
        )
        for term in objective.terms
        for b, se in [evaluation.log_factors[term.name]]
    ]
    lines = []
    for arm, curve in curves.items():
        keep = curve.times_h <= objective.predictor.horizon_h[arm]
        frame = pd.DataFrame({"time_h": curve.times_h[keep], "typical": curve.values[keep]})
        factor = factors.get(arm, 1.0)
        lines.append(
            frame.assign(
                experiment=arm,
                study=arms[arm].study,
                dose_mg=doses[arm],
                factor=factor,
                predicted=factor * frame["typical"],
            )
        )
    columns = ["experiment", "study", "dose_mg", "time_h", "typical", "factor", "predicted"]
    return FitResult(
        problem=problem,
        objective=evaluation.objective,
        omega=omega,
        starts=starts,
        estimates=_estimates(objective, x, omega),
        cohorts=pd.DataFrame(
            cohorts,
            columns=["experiment", "study", "dose_mg", "rows", "factor", "lower95", "upper95"],
        ),
        predictions=predictions,
        fold_errors=_fold_errors(predictions),
        _curves=pd.concat(lines, ignore_index=True)[columns],
    )


def _dose_mg(text: str) -> float:
    doses = Regimen.parse(text).doses()
    return doses[0].amount if doses else 0.0


def _estimates(objective: Objective, x: Array, omega: float) -> pd.DataFrame:
    import pandas as pd

    unknowns = objective.problem.unknowns
    lower, upper = bounds(objective.problem)
    low, high = x - lower < AT_BOUND * (upper - lower), upper - x < AT_BOUND * (upper - lower)
    free = np.flatnonzero(~(low | high))
    jacobian = objective.jacobian(x, omega, upper)[:, free]
    # The sum of squares is minus twice the log posterior: its covariance is 1 / (J'J).
    covariance = np.linalg.pinv(jacobian.T @ jacobian)
    error = np.full(len(x), np.nan)
    error[free] = np.sqrt(np.diag(covariance))
    rows = []
    for i, u in enumerate(unknowns):
        reach = np.clip(x[i] + np.array([-_Z_975, _Z_975]) * error[i], lower[i], upper[i])
        ends = [u.from_scale(float(e)) for e in reach]
        bound = "lower" if low[i] else "upper" if high[i] else ""
        value = u.from_scale(float(x[i]))
        prior = (u.prior_median, u.prior_fold if u.prior_median else None, u.prior_source)
        rows.append((u.id, value, u.unit, *ends, u.lower, u.upper, bound, *prior))
    columns = ["parameter", "value", "unit", "lower95", "upper95", "lower_bound", "upper_bound"]
    columns += ["at_bound", "prior_median", "prior_fold", "prior_source"]
    return pd.DataFrame(rows, columns=columns)


def _predictions(
    objective: Objective,
    x: Array,
    log_predicted: Array,
    factors: dict[str, float],
    doses: dict[str, float],
) -> pd.DataFrame:
    import pandas as pd

    shifts = {e: objective.values(x)[u] for e, u in objective.shifted.items()}
    rows = []
    for i, m in enumerate(objective.rows):
        factor = factors.get(m.experiment, 1.0) if objective.has_factor(m) else 1.0
        typical = float(np.exp(log_predicted[i]))
        rows.append(
            {
                "study": m.study,
                "experiment": m.experiment,
                "dose_mg": doses[m.experiment],
                "observable": m.observable,
                "unit": m.unit,
                "time_h": m.time_h,
                "time_start_h": m.time_start_h,
                "time_model_h": m.time_h - shifts.get(m.experiment, 0.0),
                "measured": m.value,
                "predicted_typical": typical,
                "factor": factor,
                "predicted": factor * typical,
                "log_residual": float(np.log(m.value / (factor * typical))),
                "log_residual_typical": float(np.log(m.value / typical)),
                "log_sd": float(objective.sd[i]),
                "weight": m.weight,
                "used": m.used,
                "statistic": m.statistic,
                "n": m.n,
                "dataset": m.dataset,
            }
        )
    return pd.DataFrame(rows)


def _fold_errors(predictions: pd.DataFrame) -> pd.DataFrame:
    import pandas as pd

    means = predictions[predictions["statistic"] != "individual"]
    rows = []
    groups = [((s, u), g) for (s, u), g in means.groupby(["study", "used"], sort=True)]
    groups.append((("all", "fit"), means[means["used"] == "fit"]))
    for (study, used), group in groups:
        folds = [
            float(np.exp(group[c].abs().mean())) for c in ("log_residual", "log_residual_typical")
        ]
        rows.append((study, used, len(group), *folds))
    return pd.DataFrame(rows, columns=["study", "used", "rows", "gmfe", "gmfe_factor_one"])
