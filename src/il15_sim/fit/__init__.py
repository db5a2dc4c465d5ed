"""Fits: from measurements and a model to estimates with intervals, and to a variant file.

`fit_table` fits any observables of any model to a table of your own. `read_fit` and `run_fit` do
what a fit file says: published studies, or tables of one's own. A parameter may be estimated for
each group of arms (`Estimate`), such as types of cells or species.

Of published cohorts a row i of cohort c reads ln(measured) = ln(typical) + b_c + e_i, where
`typical` is one simulated patient. The error e_i is normal; its variance is that of the model's
shape and of reading a figure, plus ln(1 + CV^2) / n for a mean of n patients. The log factor b_c
of a cohort (study and dose arm) is normal around 0 with the SD omega; it is integrated out, and
cancels in ratios and half-lives. Unknowns and omega are found in turn: the former by least
squares, the latter by maximising the likelihood.

What that cannot do: rows of one cohort are taken as independent given its factor, an arithmetic
mean is compared with a typical patient, and intervals (Laplace) hold omega fixed and do not see a
second optimum.

Examples
--------
>>> from il15_sim.fit import read_fit
>>> from il15_sim.files.resources import experiments_dir
>>> problem = read_fit(experiments_dir() / "fits" / "sorafenib_pk.toml")
>>> problem.subject.name, len(problem.studies)
('sorafenib_pk', 10)
"""

from il15_sim.fit.estimates import Estimate
from il15_sim.fit.file import read_fit
from il15_sim.fit.likelihood_profile import ParameterProfile
from il15_sim.fit.patients import Patients
from il15_sim.fit.priors import Prior
from il15_sim.fit.problem import Problem
from il15_sim.fit.result import Fit
from il15_sim.fit.run import run_fit
from il15_sim.fit.tables.entrance import fit_table
from il15_sim.fit.variants import write_variants

__all__ = [
    "Estimate",
    "Fit",
    "ParameterProfile",
    "Patients",
    "Prior",
    "Problem",
    "fit_table",
    "read_fit",
    "run_fit",
    "write_variants",
]
