"""How a trial reads a tumour: burden at visits, a criterion, progression and response.

>>> import numpy as np
>>> from il15_sim.response import RECIST, read_course
>>> course = read_course(np.array([[100.0, 65.0, 79.0]]), [56, 112], RECIST)
>>> course.best, course.day
(array(['PR'], dtype='<U2'), array([112.]))
"""

from il15_sim.response.course import Course, progression_free, read_course
from il15_sim.response.criterion import BIDIMENSIONAL, CRITERIA, RECIST, Criterion

__all__ = [
    "BIDIMENSIONAL",
    "CRITERIA",
    "RECIST",
    "Course",
    "Criterion",
    "progression_free",
    "read_course",
]
