"""Virtual trials: arms of virtual patients who forget doses, get them lowered, progress and die.

>>> from il15_sim.files.resources import experiments_dir
>>> trial = read_trial(experiments_dir() / "trials" / "romero.toml")
>>> [arm.name for arm in trial.arms]
['sorafenib + TMZ', 'TMZ alone']
"""

from il15_sim.trial.arm_numbers import arm_table, between_arms
from il15_sim.trial.claim import claim_table, power, replicates
from il15_sim.trial.design import Calendar, Hypothesis, Trial, TrialArm
from il15_sim.trial.factors import survival_factors
from il15_sim.trial.followed import Followed
from il15_sim.trial.outcome import outcomes
from il15_sim.trial.policy import Doses, Rule
from il15_sim.trial.run import run_trial
from il15_sim.trial.taken import Adherence
from il15_sim.trial.targets import Goal, attainment
from il15_sim.trial.trial_file import read_trial
from il15_sim.trial.verdict import Verdict, judged
from il15_sim.trial.windows import follow

__all__ = [
    "Adherence",
    "Calendar",
    "Doses",
    "Followed",
    "Goal",
    "Hypothesis",
    "Rule",
    "Trial",
    "TrialArm",
    "Verdict",
    "arm_table",
    "attainment",
    "between_arms",
    "claim_table",
    "follow",
    "judged",
    "outcomes",
    "power",
    "read_trial",
    "replicates",
    "run_trial",
    "survival_factors",
]
