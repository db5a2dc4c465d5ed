"""How a factor is spread between its bounds: from the unit interval to its own unit."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from il15_sim.errors import InputError, unknown

Array = NDArray[np.float64]

#: Distributions, those of PEtab v2 priors, and what their parameters are called. `uniform` and
#: `log-uniform` may go without: they then fill the bounds.
PARAMETERS = {
    "uniform": ("low", "high"),
    "log-uniform": ("low", "high"),
    "normal": ("mean", "sd"),
    "log-normal": ("mean of ln", "sd of ln"),
    "laplace": ("location", "scale"),
    "log-laplace": ("location of ln", "scale of ln"),
    "cauchy": ("location", "scale"),
    "gamma": ("shape", "scale"),
    "chisquare": ("degrees of freedom",),
    "exponential": ("scale",),
    "rayleigh": ("scale",),
}
_LOGARITHMIC = ("log-uniform", "log-normal", "log-laplace")
#: Those whose first parameter may have any sign.
_LOCATED = ("uniform", "normal", "log-normal", "laplace", "log-laplace", "cauchy")


def check_distribution(
    name: str, distribution: str, parameters: tuple[float, ...], low: float, high: float
) -> None:
    """Refuse a distribution that does not exist or has nothing between the bounds.

    Raises
    ------
    InputError
        For an unknown name, a wrong number or sign of parameters, a logarithmic one from zero,
        and one without mass between `low` and `high`.
    """
    if distribution not in PARAMETERS:
        raise unknown("distribution", str(distribution), PARAMETERS, f"factor '{name}'")
    told, filled = PARAMETERS[distribution], distribution in ("uniform", "log-uniform")
    if not (len(parameters) == len(told) or (filled and not parameters)):
        raise InputError(
            f"distribution '{distribution}' of '{name}' has {len(parameters)} parameters",
            why=f"it takes {len(told)}: {', '.join(told)}",
        )
    if distribution == "log-uniform" and low <= 0:
        raise InputError(
            f"distribution 'log-uniform' of '{name}' from {low:g}",
            why="zero has no logarithm",
            fix="give a positive lower bound or a uniform distribution",
        )
    if not parameters:
        return
    scales = parameters[1:] if distribution in _LOCATED else parameters
    ordered = not filled or parameters[0] < parameters[1]
    if not ((all(map(math.isfinite, parameters)) and min(scales, default=1) > 0) or filled):
        raise InputError(
            f"parameters {parameters} of distribution '{distribution}' of '{name}'",
            why=f"{told[-1]} is positive, and all are finite",
        )
    if not ordered:
        raise InputError(
            f"distribution '{distribution}' of '{name}' from {parameters[0]:g} to "
            f"{parameters[1]:g}",
            why="the lower end comes first",
        )
    below, above = _share(distribution, parameters, low, high)
    if not above > below:
        raise InputError(
            f"distribution '{distribution}' of '{name}' has nothing between its bounds "
            f"{low:g} and {high:g}"
        )


def quantiles(
    distribution: str, parameters: tuple[float, ...], low: float, high: float, unit: Array
) -> Array:
    """Values at the shares `unit` (0 to 1) of a distribution that is cut off at its bounds."""
    if not parameters and distribution == "uniform":
        values = low + unit * (high - low)
    elif not parameters:
        values = low * np.exp(unit * math.log(high / low))
    else:
        below, above = _share(distribution, parameters, low, high)
        values = _law(distribution, parameters).ppf(below + unit * (above - below))
    return np.asarray(np.clip(values, low, high), np.float64)


def _share(
    distribution: str, parameters: tuple[float, ...], low: float, high: float
) -> tuple[float, float]:
    """The share of the whole distribution below each of the bounds."""
    law = _law(distribution, parameters)
    if distribution in _LOGARITHMIC:
        low = max(low, 0.0)
    return float(law.cdf(low)), float(law.cdf(high))


def _law(distribution: str, parameters: tuple[float, ...]) -> Any:
    from scipy import stats

    a, b = (*parameters, 1.0)[:2]
    made = {
        "uniform": lambda: stats.uniform(a, b - a),
        "log-uniform": lambda: stats.loguniform(a, b),
        "normal": lambda: stats.norm(a, b),
        "log-normal": lambda: stats.lognorm(b, scale=math.exp(a)),
        "laplace": lambda: stats.laplace(a, b),
        "log-laplace": lambda: stats.loglaplace(1.0 / b, scale=math.exp(a)),
        "cauchy": lambda: stats.cauchy(a, b),
        "gamma": lambda: stats.gamma(a, scale=b),
        "chisquare": lambda: stats.chi2(a),
        "exponential": lambda: stats.expon(scale=a),
        "rayleigh": lambda: stats.rayleigh(scale=a),
    }
    return made[distribution]()
