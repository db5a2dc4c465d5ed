"""Fits: from measurements and a model to estimates with intervals, and to a variant file.

`fit_table` fits any observables of any model to a table of your own. `FitProblem` and `run_fit` are
the fit of sorafenib in plasma to published studies, which ships with the model:

The statistical model. A row i of cohort c reads ln(measured) = ln(typical) + b_c + e_i, where
`typical` is one simulated patient. The error e_i is normal; its variance is that of the model's
shape and of reading a figure, plus ln(1 + CV^2) / n for a mean of n patients. The log factor b_c
of a cohort (study and dose arm) is normal around 0 with the SD omega and is solved in closed form;
it cancels in ratios and half-lives. Priors are log-normal. Unknowns and omega are found in turn:
the former by least squares, the latter by maximising the likelihood with all b_c integrated out.

What it cannot do: rows of one cohort are taken as independent given its factor, an arithmetic mean
is compared with a typical patient, and intervals (Laplace) hold omega fixed and do not see a
second optimum.

Examples
--------
>>> from il15_sim.fit import FitProblem
>>> from il15_sim.files.resources import experiments_dir
>>> problem = FitProblem.read(experiments_dir() / "fits" / "sorafenib_pk.toml")
>>> problem.model, len(problem.studies)
('sorafenib_pk', 10)
"""

from il15_sim.fit.noise import NoiseModel
from il15_sim.fit.optimise import Start
from il15_sim.fit.own.entrance import fit_table
from il15_sim.fit.own.likelihood_profile import ParameterProfile
from il15_sim.fit.own.table_fit import TableFit
from il15_sim.fit.problem import FitProblem
from il15_sim.fit.result import FitResult
from il15_sim.fit.run import collect, run_fit
from il15_sim.fit.unknowns import Unknown

__all__ = [
    "FitProblem",
    "FitResult",
    "NoiseModel",
    "ParameterProfile",
    "Start",
    "TableFit",
    "Unknown",
    "collect",
    "fit_table",
    "run_fit",
]
