"""Virtual patients: covariates, parameters, baselines, and weights that match published groups.

Examples
--------
>>> from il15_sim import Model, Population
>>> population = Population(Model.load(), n=50, seed=1)
>>> len(population), population[:10].numbers[-1] == 9
(50, True)
"""

from il15_sim.population.matching import Summary, match, read_summaries
from il15_sim.population.targets import Target
from il15_sim.population.variability import cv_percent, log_sd
from il15_sim.population.virtual import Population

__all__ = ["Population", "Summary", "Target", "cv_percent", "log_sd", "match", "read_summaries"]
