"""The table's part on single measurements: concentrations, folds, counts and incidences."""

from __future__ import annotations

from il15_sim.fit.likelihoods.continuous import COMBINED, LOG_NORMAL, NORMAL
from il15_sim.fit.likelihoods.counts import (
    binomial,
    check_incidence,
    negative_binomial,
    poisson,
)
from il15_sim.fit.likelihoods.rules import Known
from il15_sim.fit.likelihoods.value import Likelihood

_SD = Known("sd", "SD of the error, in the unit of the measurement")
_LOG_SD = Known("log_sd", "SD of the error of the natural logarithm")
_CV = Known("cv", "proportional error as a share of the prediction (0.2 is 20 %)", "non-negative")
_LIMITS = (
    Known("lower", "lower limit of quantification", "lower limit", float("-inf")),
    Known("upper", "upper limit of quantification", "upper limit", float("inf")),
)
_BEAL = "Beal 2001 (method M3), doi:10.1023/A:1012299115260"
_CENSORED = (
    "inside the limits the density of '{}'; at or below lower ln P(below lower), "
    "at or above upper ln P(above upper)"
)

MEASUREMENTS = (
    Likelihood(
        kind="normal",
        formula="measured ~ N(predicted, sd^2)",
        reference="Gelman et al. 2013, Bayesian Data Analysis, doi:10.1201/b16018",
        use="errors of one size at all levels, which may make a measurement negative",
        predicted="mean",
        measured="measurement",
        predicted_rule="finite",
        measured_rule="finite",
        known=(_SD,),
        rows=NORMAL.log_density,
        scale=NORMAL,
    ),
    Likelihood(
        kind="log-normal",
        formula="ln measured ~ N(ln predicted, log_sd^2); a density of measured itself",
        reference="Limpert et al. 2001, doi:10.1641/0006-3568(2001)051[0341:LNDATS]2.0.CO;2",
        use="concentrations, folds and other positive numbers whose errors grow with them; "
        "predicted is the median, the mean is larger by exp(log_sd^2 / 2)",
        predicted="median",
        measured="measurement",
        predicted_rule="logarithm",
        measured_rule="logarithm",
        known=(_LOG_SD,),
        rows=LOG_NORMAL.log_density,
        scale=LOG_NORMAL,
    ),
    Likelihood(
        kind="proportional-additive",
        formula="measured ~ N(predicted, sd^2 + (cv * predicted)^2)",
        reference="Proost 2017, doi:10.1016/j.ejps.2017.05.021",
        use="assays with a constant error near zero and a proportional one above",
        predicted="mean",
        measured="measurement",
        predicted_rule="finite",
        measured_rule="finite",
        known=(_SD, _CV),
        rows=COMBINED.log_density,
    ),
    Likelihood(
        kind="censored-normal",
        formula=_CENSORED.format("normal"),
        reference=_BEAL,
        use="normal errors with measurements reported as below or above a limit",
        predicted="mean",
        measured="measurement, or any number at or beyond the limit",
        predicted_rule="finite",
        measured_rule="finite",
        known=(_SD, *_LIMITS),
        rows=NORMAL.censored,
        together=NORMAL.check_limits,
    ),
    Likelihood(
        kind="censored-log-normal",
        formula=_CENSORED.format("log-normal"),
        reference=_BEAL,
        use="log-normal errors with measurements reported as below or above a limit; "
        "a median not reached by the end of a study",
        predicted="median",
        measured="measurement, or any number at or beyond the limit",
        predicted_rule="logarithm",
        measured_rule="non-negative",
        known=(_LOG_SD, *_LIMITS),
        rows=LOG_NORMAL.censored,
        together=LOG_NORMAL.check_limits,
    ),
    Likelihood(
        kind="censored-proportional-additive",
        formula=_CENSORED.format("proportional-additive"),
        reference=_BEAL,
        use="proportional and additive errors with measurements below or above a limit",
        predicted="mean",
        measured="measurement, or any number at or beyond the limit",
        predicted_rule="finite",
        measured_rule="finite",
        known=(_SD, _CV, *_LIMITS),
        rows=COMBINED.censored,
        together=COMBINED.check_limits,
    ),
    Likelihood(
        kind="poisson",
        formula="P(k) = predicted^k exp(-predicted) / k!",
        reference="McCullagh and Nelder 1989, doi:10.1201/9780203753736; digits: Loader 2000",
        use="cells or events counted in a fixed volume, area or time, with no other spread",
        predicted="mean count",
        measured="count",
        predicted_rule="non-negative",
        measured_rule="count",
        known=(),
        rows=poisson,
    ),
    Likelihood(
        kind="negative-binomial",
        formula="mean predicted, variance predicted + dispersion * predicted^2",
        reference="Lloyd-Smith 2007, doi:10.1371/journal.pone.0000180; digits: Loader 2000",
        use="counts that spread more than a Poisson count, as between patients",
        predicted="mean count",
        measured="count",
        predicted_rule="non-negative",
        measured_rule="count",
        known=(Known("dispersion", "squared CV that is left at large counts"),),
        rows=negative_binomial,
    ),
    Likelihood(
        kind="binomial",
        formula="P(k) = n! / (k! (n - k)!) predicted^k (1 - predicted)^(n - k)",
        reference="McCullagh and Nelder 1989, doi:10.1201/9780203753736; digits: Loader 2000",
        use="incidences: k of n patients with an event or a response",
        predicted="probability",
        measured="number of patients with the event, k",
        predicted_rule="probability",
        measured_rule="count",
        known=(Known("n", "number of patients", "one or more"),),
        rows=binomial,
        together=check_incidence,
    ),
)
