"""Statistics of times to events: shares without one, groups compared, hazards, what a trial needs.

A patient has a time and an event: 1 where the event came at that time, 0 where the patient was
followed until then without it (censored).

>>> from il15_sim.survival import kaplan_meier
>>> curve = kaplan_meier([6, 6, 9, 14], [1, 0, 1, 1])
>>> curve.at([5, 6, 9])
array([1.   , 0.75 , 0.375])
>>> curve.median
9.0
"""

from il15_sim.survival.curve import Curve, kaplan_meier
from il15_sim.survival.group_test import LogRank, log_rank
from il15_sim.survival.hazard_ratios import cox
from il15_sim.survival.later import Later, landmark
from il15_sim.survival.ordering import concordance
from il15_sim.survival.size import events_needed, power_of

__all__ = [
    "Curve",
    "Later",
    "LogRank",
    "concordance",
    "cox",
    "events_needed",
    "kaplan_meier",
    "landmark",
    "log_rank",
    "power_of",
]
