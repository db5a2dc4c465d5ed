"""What a trial reads of burdens at its visits: progression, response, best response."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from il15_sim.errors import InputError
from il15_sim.response.criterion import Criterion

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Course:
    """What was read of N patients.

    Attributes
    ----------
    visits_d : array, shape (V,)
        Days of the visits.
    at : array of int, shape (N,)
        The visit that showed progression, counted from zero; V where none did.
    day : array, shape (N,)
        Its day; infinite where none did: such a patient is censored at the last visit.
    deepest : array, shape (N,)
        Smallest burden over baseline at a visit before progression; 1 where there was none.
    responded : array of bool, shape (N,)
        Whether it met the criterion of a partial response, not confirmed by a second visit.
    best : array of str, shape (N,)
        `"CR"`, `"PR"`, `"SD"`, or `"PD"` where the first visit showed progression.
    """

    visits_d: Array
    at: NDArray[np.int64]
    day: Array
    deepest: Array
    responded: NDArray[np.bool_]
    best: NDArray[np.str_]


def read_course(burden_mm: ArrayLike, visits_d: ArrayLike, criterion: Criterion) -> Course:
    """Read patients at their visits.

    Parameters
    ----------
    burden_mm : array-like, shape (N, V + 1)
        Sum of diameters at baseline and at every visit. Only ratios count, unless the criterion
        has sizes in mm.
    visits_d : array-like, shape (V,)
        Days of the visits, increasing.
    criterion : Criterion

    Returns
    -------
    Course
        Nothing is read after progression: the patient has left the trial.

    Raises
    ------
    InputError
        For visits that do not increase, shapes that do not fit, and burdens that are no numbers
        or not positive at baseline.

    Examples
    --------
    >>> from il15_sim.response import RECIST
    >>> read_course([[100.0, 95.0, 114.0, 115.0]], [56, 112, 168], RECIST).day
    array([112.])
    """
    visits, burden = np.asarray(visits_d, float), np.asarray(burden_mm, float)
    if visits.ndim != 1 or not len(visits) or not (np.diff(visits, prepend=0.0) > 0).all():
        raise InputError(f"visits {visits_d!r:.60}", why="days after 0 that increase")
    if burden.ndim != 2 or burden.shape[1] != len(visits) + 1:
        shape = f"(N, {len(visits) + 1})"
        raise InputError(f"burdens of shape {burden.shape}", fix=f"give {shape}: baseline, visits")
    bad = ~(np.isfinite(burden) & (burden >= 0)).all(axis=1) | ~(burden[:, 0] > 0)
    if bad.any():
        patient = int(np.argmax(bad))
        why = "burdens are numbers, and positive at baseline"
        raise InputError(f"burden of patient {patient}", why=why)
    before = np.minimum.accumulate(burden[:, :-1], axis=1)
    least = before if criterion.over_nadir else np.broadcast_to(burden[:, :1], before.shape)
    grown = (burden[:, 1:] >= least * (1 + criterion.rise)) & (
        burden[:, 1:] - least >= criterion.rise_mm
    )
    at = np.where(grown.any(axis=1), grown.argmax(axis=1), len(visits))
    seen = np.arange(len(visits)) < at[:, None]
    shown = np.where(seen, burden[:, 1:], np.inf).min(axis=1, initial=np.inf)
    deepest = np.where(np.isfinite(shown), shown, burden[:, 0]) / burden[:, 0]
    # In the burdens themselves: 0.7 * 100 over 100 need not be 0.7.
    responded = shown <= burden[:, 0] * (1 - criterion.fall)
    best = np.where(at == 0, "PD", np.where(responded, "PR", "SD"))
    best = np.where((at > 0) & (shown <= criterion.gone_mm), "CR", best)
    day = np.append(visits, np.inf)[at]
    return Course(visits, at, day, deepest, responded, best)


def progression_free(course: Course, day: float, spread_d: float = 0.0) -> float:
    """Share of the patients without progression by a day, 0 to 1.

    Parameters
    ----------
    course : Course
    day : float
        Progression on the day itself counts.
    spread_d : float
        SD of the day on which a visit really takes place: visits are not kept to the day.

    Examples
    --------
    >>> from il15_sim.response import RECIST
    >>> two = read_course([[100.0, 130.0], [100.0, 90.0]], [56], RECIST)
    >>> progression_free(two, 60.0)
    0.5
    """
    from scipy.special import ndtr

    shares = np.bincount(course.at, minlength=len(course.visits_d) + 1)[:-1] / len(course.at)
    late = day - course.visits_d
    seen = ndtr(late / spread_d) if spread_d > 0 else (late >= 0).astype(float)
    return float(1 - shares @ seen)
