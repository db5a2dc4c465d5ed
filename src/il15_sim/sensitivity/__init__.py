"""Sensitivity: which parameters an answer of the model depends on, and how much.

`sensitivity` makes a design (Sobol, Morris, or any method of SALib), simulates it and analyses the
results; `given_data` analyses ensembles that exist already; `local` gives slopes at one point.
"""

from il15_sim.sensitivity.analysis import analyse
from il15_sim.sensitivity.ensembles import given_data
from il15_sim.sensitivity.factor import Factor, factors
from il15_sim.sensitivity.growth import convergence, recommended_n
from il15_sim.sensitivity.result import Indices
from il15_sim.sensitivity.sampling import Design, design
from il15_sim.sensitivity.slopes import local
from il15_sim.sensitivity.study import sensitivity

__all__ = [
    "Design",
    "Factor",
    "Indices",
    "analyse",
    "convergence",
    "design",
    "factors",
    "given_data",
    "local",
    "recommended_n",
    "sensitivity",
]
