"""Tumours as imaging visits read them, each patient on its own days."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from il15_sim.response import Course, read_course
from il15_sim.trial.design import Calendar
from il15_sim.trial.followed import BURDEN, Followed

Array = NDArray[np.float64]
#: Sum of diameters below which nothing is seen: lesions under 5 mm are too small to be measured
#: (Eisenhauer 2009, doi:10.1016/j.ejca.2008.10.026).
UNSEEN_MM = 5.0


def read_visits(
    found: Followed, calendar: Calendar, day: float
) -> tuple[Array, NDArray[np.int64], Course]:
    """What imaging visits up to a day have read.

    A visit that has not taken place repeats what was read before it, so that it shows nothing.

    Returns
    -------
    burden : array, shape (N, V + 1)
        At baseline and at every visit.
    days : array of int, shape (N, V)
        Of the visits.
    course : Course
        By the planned days; `at` counts the visits.
    """
    days = found.luck.visit_days
    last = np.minimum(found.end_d, day)
    daily = found.daily[BURDEN]
    # A patient whose simulation failed at once is read as one that never changes.
    read = [np.where(np.isfinite(daily[:, 0]), daily[:, 0], 100.0)]
    row = np.arange(len(daily))
    for visit in days.T:
        now = daily[row, np.minimum(visit, daily.shape[1] - 1)]
        there = (visit <= last) & np.isfinite(now)
        read.append(np.where(there, now, read[-1]))
    burden = np.stack(read, axis=1)
    criterion = calendar.criterion
    criterion = replace(criterion, gone_mm=max(criterion.gone_mm, UNSEEN_MM))
    return burden, days, read_course(burden, calendar.imaging_days, criterion)


def seen_progression(found: Followed, calendar: Calendar, day: float) -> NDArray[np.bool_]:
    """Whose tumour has progressed at a visit up to a day, shape (N,)."""
    _, days, course = read_visits(found, calendar, day)
    return np.asarray(course.at < days.shape[1])
