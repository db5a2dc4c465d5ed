"""Many starts of a bounded least-squares search, alike on one process or several."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from il15_sim.fit.objective import Objective
from il15_sim.fit.predict import PredictionFailed
from il15_sim.fit.problem import FitProblem
from il15_sim.workers import worker_pool

Array = NDArray[np.float64]
Progress = Callable[[int, int], None]

#: Value of every residual at a point that cannot be simulated: the search turns back from it.
UNREACHABLE = 1e3
#: Relative change of the spread between cohorts at which its iteration stops.
OMEGA_TOLERANCE = 0.01


@dataclass(frozen=True)
class Start:
    """One search: where it began and ended, on the optimiser's scale.

    A search that failed keeps its place: `status` says why and `objective` is infinite.
    """

    index: int
    begin: tuple[float, ...]
    end: tuple[float, ...]
    objective: float
    evaluations: int
    status: str

    @property
    def ok(self) -> bool:
        """Whether the search came to an end."""
        return math.isfinite(self.objective)


def bounds(problem: FitProblem) -> tuple[Array, Array]:
    """Lower and upper bounds of the unknowns on the optimiser's scale, shapes (P,)."""
    lower = np.array([u.to_scale(u.lower) for u in problem.unknowns])
    upper = np.array([u.to_scale(u.upper) for u in problem.unknowns])
    return lower, upper


def start_point(problem: FitProblem, index: int) -> Array:
    """Start number `index`, shape (P,): the table's values first, then points between the bounds.

    The points are an additive recurrence with the generalised golden ratio, moved by a random
    vector: evenly spread, and point 7 is the same whether 8 or 80 are asked for.
    """
    if index == 0:
        return np.array([u.to_scale(u.start) for u in problem.unknowns])
    count = len(problem.unknowns)
    ratio = 2.0
    for _ in range(64):  # root of g^(P + 1) = g + 1
        ratio = (1 + ratio) ** (1 / (count + 1))
    (child,) = np.random.SeedSequence(problem.seed).spawn(1)
    move = np.random.default_rng(child).random(count)
    unit = (move + index * ratio ** -np.arange(1.0, count + 1)) % 1.0
    lower, upper = bounds(problem)
    return np.asarray(lower + unit * (upper - lower))


def search(
    objective: Objective, begin: Array, omega: float, index: int = 0, max_steps: int = 40
) -> Start:
    """Bounded least squares from one point, with the spread between cohorts held."""
    from scipy.optimize import least_squares

    lower, upper = bounds(objective.problem)
    first = tuple(float(x) for x in begin)
    evaluations = 0
    size = 0

    def residuals(x: Array) -> Array:
        nonlocal evaluations, size
        evaluations += 1
        try:
            vector = objective.evaluate(x, omega).vector
        except PredictionFailed:
            if not size:
                raise
            return np.full(size, UNREACHABLE)
        size = len(vector)
        return vector

    def jacobian(x: Array) -> Array:
        nonlocal evaluations
        evaluations += len(x)
        return objective.jacobian(x, omega, upper)

    # A start on a bound would be moved inside by the optimiser without a word.
    inside = np.clip(begin, lower + 1e-6 * (upper - lower), upper - 1e-6 * (upper - lower))
    try:
        found = least_squares(
            residuals,
            inside,
            jac=jacobian,
            bounds=(lower, upper),
            method="trf",
            ftol=1e-5,
            xtol=1e-4,
            gtol=1e-6,
            max_nfev=max_steps,
        )
    except PredictionFailed as error:
        return Start(index, first, first, math.inf, evaluations, f"failed: {error}")
    status = "converged" if found.status > 0 else f"stopped after {max_steps} steps"
    end = tuple(float(x) for x in found.x)
    return Start(index, first, end, float(2 * found.cost), evaluations, status)


def search_all(
    problem: FitProblem,
    begins: Sequence[Array],
    workers: int = 1,
    max_steps: int = 40,
    progress: Progress | None = None,
) -> tuple[Start, ...]:
    """Search from every point; the numbers do not depend on `workers`.

    Parameters
    ----------
    problem : FitProblem
        The fit; sent to the workers instead of an engine.
    begins : sequence of array, each of shape (P,)
        Points on the optimiser's scale.
    workers : int
        Processes; one means none but this.
    max_steps : int
        Steps after which a search is stopped.
    progress : callable, optional
        Called with the number of finished searches and of all.
    """
    jobs = [(problem, i, b, max_steps) for i, b in enumerate(begins)]
    found = []
    if workers <= 1 or len(jobs) <= 1:
        for job in jobs:
            found.append(_work(job))
            _tell(progress, len(found), len(jobs))
        return tuple(found)
    with worker_pool(min(workers, len(jobs))) as pool:
        for start in pool.map(_work, jobs):
            found.append(start)
            _tell(progress, len(found), len(jobs))
    return tuple(found)


def settle_omega(
    objective: Objective, begin: Array, max_steps: int = 40, rounds: int = 8
) -> tuple[Start, float]:
    """Alternate between the unknowns and the spread between cohorts until neither moves."""
    x, omega = begin, objective.omega(objective.evaluate(begin, 1.0).residuals)
    for _ in range(rounds):
        found = search(objective, x, omega, max_steps=max_steps)
        if not found.ok:
            return found, omega
        x = np.array(found.end)
        before, omega = omega, objective.omega(objective.evaluate(x, omega).residuals)
        if abs(math.log(omega / before)) < OMEGA_TOLERANCE:
            break
    return found, omega


def _tell(progress: Progress | None, done: int, total: int) -> None:
    if progress is not None:
        progress(done, total)


#: Objectives of this process by the hash of their problem: an engine is compiled once per worker.
_objectives: dict[str, Objective] = {}


def _work(job: tuple[FitProblem, int, Array, int]) -> Start:
    problem, index, begin, max_steps = job
    if problem.hash not in _objectives:
        _objectives.clear()
        _objectives[problem.hash] = Objective(problem)
    objective = _objectives[problem.hash]
    return search(objective, begin, problem.omega_start, index, max_steps)
