"""Virtual patients: covariates, parameters, baselines, and weights that match published groups.

What is drawn is drawn around the model's values. A derived row of the parameter table does not
follow: it holds for the typical patient (the volume of temozolomide, for one, stays where a
patient's clearance is high, so that half-lives differ too).

Examples
--------
>>> from il15_sim import Model, Population
>>> population = Population(Model.load(), n=50, seed=1)
>>> len(population), population[:3].numbers.tolist()
(50, [0, 1, 2])
"""

from il15_sim.population.matching import Summary, match, read_summaries
from il15_sim.population.targets import Target
from il15_sim.population.variability import cv_percent, log_sd
from il15_sim.population.virtual import Population

__all__ = ["Population", "Summary", "Target", "cv_percent", "log_sd", "match", "read_summaries"]
