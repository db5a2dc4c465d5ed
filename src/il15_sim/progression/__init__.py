"""Progression and response of tumours, fitted to trials by their own visits and criteria.

>>> from il15_sim.files.resources import experiments_dir
>>> trials = read_trials(experiments_dir() / "data" / "progression")
>>> trials.arms["eisen2006"].visits_d
(84.0, 168.0)
"""

from il15_sim.progression.search import ProgressionFit, fit_progression
from il15_sim.progression.told import judged
from il15_sim.progression.trials import Trials, read_trials
from il15_sim.progression.virtual import virtual_shares

__all__ = ["ProgressionFit", "Trials", "fit_progression", "judged", "read_trials", "virtual_shares"]
