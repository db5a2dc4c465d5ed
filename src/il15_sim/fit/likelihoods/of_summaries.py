"""The table's part on what papers print: summaries of patients, and observations in words."""

from __future__ import annotations

from il15_sim.fit.likelihoods import summaries as s
from il15_sim.fit.likelihoods.directions import check_margin, direction, signs
from il15_sim.fit.likelihoods.rules import Known
from il15_sim.fit.likelihoods.value import Likelihood

_SD = Known("sd", "SD between patients, in the unit of the measurement")
_N = Known("n", "number of patients", "one or more")
_TWO = Known("n", "number of patients", "two or more")
_GELMAN = "Gelman et al. 2013, Bayesian Data Analysis, doi:10.1201/b16018"

SUMMARIES = (
    Likelihood(
        kind="mean-sd",
        formula="mean ~ N(predicted, sd^2 / n)",
        reference=_GELMAN,
        use="a mean with SD and n; takes the SD as exact, so n of about 10 or more",
        predicted="mean over patients",
        measured="mean of n patients",
        predicted_rule="finite",
        measured_rule="finite",
        known=(_SD, _N),
        rows=s.MEAN_SD.log_density,
        scale=s.MEAN_SD,
    ),
    Likelihood(
        kind="mean-sd-student",
        formula="(mean - predicted) / (sd / sqrt(n)) ~ Student's t with n - 1 degrees of freedom",
        reference="Gelman et al. 2013, Bayesian Data Analysis, section 3.2, doi:10.1201/b16018",
        use="a mean with SD and n of a small cohort, whose SD is itself uncertain",
        predicted="mean over patients",
        measured="mean of n patients",
        predicted_rule="finite",
        measured_rule="finite",
        known=(_SD, _TWO),
        rows=s.student,
    ),
    Likelihood(
        kind="mean-se",
        formula="mean ~ N(predicted, se^2)",
        reference=_GELMAN,
        use="a mean with its standard error (SEM), which has n in it already",
        predicted="mean over patients",
        measured="mean of n patients",
        predicted_rule="finite",
        measured_rule="finite",
        known=(Known("se", "standard error of the mean"),),
        rows=s.MEAN_SE.log_density,
        scale=s.MEAN_SE,
    ),
    Likelihood(
        kind="geometric-mean",
        formula="ln geometric mean ~ N(ln predicted, ln(1 + (cv_percent / 100)^2) / n)",
        reference="Julious and Debarnot 2000, doi:10.1081/BIP-100101013",
        use="a geometric mean with CV% and n, as of exposures; predicted is the median patient",
        predicted="median over patients",
        measured="geometric mean of n patients",
        predicted_rule="logarithm",
        measured_rule="logarithm",
        known=(Known("cv_percent", "CV between patients in percent"), _N),
        rows=s.GEOMETRIC.log_density,
        scale=s.GEOMETRIC,
    ),
    Likelihood(
        kind="mean-range",
        formula="mean ~ N(predicted, sd^2 / n), "
        "sd = (highest - lowest) / (2 z), z = normal quantile at (n - 0.375) / (n + 0.25)",
        reference="Wan et al. 2014 (scenario C1), doi:10.1186/1471-2288-14-135",
        use="a mean with the range of the patients' values and n",
        predicted="mean over patients",
        measured="mean of n patients",
        predicted_rule="finite",
        measured_rule="finite",
        known=(
            Known("lowest", "lowest value of a patient", "finite"),
            Known("highest", "highest value of a patient", "finite"),
            _TWO,
        ),
        rows=s.MEAN_RANGE.log_density,
        scale=s.MEAN_RANGE,
        together=s.check_range,
    ),
    Likelihood(
        kind="max-fold",
        formula="ln fold ~ N(ln predicted, log_sd^2 / n)",
        reference="Limpert et al. 2001, doi:10.1641/0006-3568(2001)051[0341:LNDATS]2.0.CO;2",
        use="the highest fold of the start over a course; predict it at the times of the samples. "
        "A maximum of noisy samples reads high: log_sd has to cover that. From a range of folds "
        "log_sd is sd_of_range of their logarithms",
        predicted="highest fold, median over patients",
        measured="highest fold, typical of n patients",
        predicted_rule="logarithm",
        measured_rule="logarithm",
        known=(
            Known("log_sd", "SD between patients of the natural logarithm"),
            Known("n", "number of patients", "one or more", 1.0),
        ),
        rows=s.FOLD.log_density,
        scale=s.FOLD,
    ),
    Likelihood(
        kind="median-time",
        formula="ln median ~ N(ln predicted, (ln(upper / lower) / (2 z))^2), "
        "z = normal quantile at (1 + level) / 2",
        reference="interval: Brookmeyer and Crowley 1982, doi:10.2307/2530286",
        use="the median time to an event with its confidence interval, or a hazard ratio; "
        "a median not reached is censored-log-normal with its upper limit",
        predicted="median time (or ratio)",
        measured="median time (or ratio)",
        predicted_rule="logarithm",
        measured_rule="logarithm",
        known=(
            Known("lower", "lower end of the confidence interval"),
            Known("upper", "upper end of the confidence interval"),
            Known("level", "level of the interval, 0.95 where none is printed", "level", 0.95),
        ),
        rows=s.MEDIAN_TIME.log_density,
        scale=s.MEDIAN_TIME,
        together=s.check_interval,
    ),
    Likelihood(
        kind="direction",
        formula="P(rise) = Phi((predicted - margin) / scale), "
        "P(fall) = Phi((-predicted - margin) / scale), P(no change) = the rest",
        reference="McKelvey and Zavoina 1975, doi:10.1080/0022250X.1975.9989847; "
        "Mitra and Hlavacek 2020, doi:10.1093/bioinformatics/btaa084",
        use="what is told in words: rise, fall, no change, A above B, B above A",
        predicted="difference: after minus before, or A minus B",
        measured="one of the words",
        predicted_rule="finite",
        measured_rule="finite",
        known=(
            Known("scale", "SD of the difference as it was seen, in the unit of the prediction"),
            Known("margin", "smallest difference that counts as a change", "non-negative", 0.0),
        ),
        rows=direction,
        together=check_margin,
        read=signs,
    ),
)
