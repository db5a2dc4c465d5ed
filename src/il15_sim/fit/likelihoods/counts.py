"""Counts and incidences, by Loader's saddle-point forms: no digits are lost at large counts."""

from __future__ import annotations

import numpy as np
from scipy.special import gammaln, xlog1py, xlogy

from il15_sim.fit.likelihoods.rules import Array, Knowns, refuse

_LOG_2_PI = np.log(2 * np.pi)


def poisson(predicted: Array, measured: Array, known: Knowns) -> Array:
    """Log probability of a count around a mean."""
    mean, k = np.broadcast_arrays(predicted, measured)
    some = (k > 0) & (mean > 0)
    k1, mean1 = np.where(some, k, 1.0), np.where(some, mean, 1.0)
    usual = -_stirling_error(k1) - _deviance(k1, mean1) - 0.5 * (_LOG_2_PI + np.log(k1))
    return np.where(some, usual, np.where(k > 0, -np.inf, -mean))


def negative_binomial(predicted: Array, measured: Array, known: Knowns) -> Array:
    """Log probability of a count around a mean, with variance mean + dispersion * mean^2."""
    mean, k, size = np.broadcast_arrays(predicted, measured, 1.0 / known["dispersion"])
    some = (k > 0) & (mean > 0)
    k1, mean1 = np.where(some, k, 1.0), np.where(some, mean, 1.0)
    share = size / (size + mean1)
    usual = np.log(size / (size + k1)) + _saddle(size, k1, share, mean1 / (size + mean1))
    return np.where(some, usual, np.where(k > 0, -np.inf, -size * np.log1p(mean / size)))


def binomial(predicted: Array, measured: Array, known: Knowns) -> Array:
    """Log probability of k of n."""
    p, k, n = np.broadcast_arrays(predicted, measured, known["n"])
    middle = (k > 0) & (k < n) & (p > 0) & (p < 1)
    k1, n1, p1 = (np.where(middle, x, y) for x, y in ((k, 1.0), (n, 2.0), (p, 0.5)))
    # xlogy: none of none is certain, even at a probability of zero.
    edge = xlogy(k, p) + xlog1py(n - k, -p)
    return np.where(middle, _saddle(k1, n1 - k1, p1, 1 - p1), edge)


def check_incidence(measured: Array, known: Knowns, where: str) -> None:
    """Refuse more events than patients."""
    refuse(~(measured <= known["n"]), measured, "measured", where, "k does not exceed n")


def _saddle(yes: Array, no: Array, p: Array, q: Array) -> Array:
    """Log of Gamma(n + 1) / Gamma(yes + 1) / Gamma(no + 1) * p^yes * q^no; both are positive."""
    n = yes + no
    rest = _stirling_error(n) - _stirling_error(yes) - _stirling_error(no)
    rest = rest - _deviance(yes, n * p) - _deviance(no, n * q)
    return np.asarray(rest - 0.5 * (_LOG_2_PI + np.log(yes) + np.log(no) - np.log(n)))


def _stirling_error(x: Array) -> Array:
    """ln Gamma(x + 1) minus Stirling's formula."""
    s = 1 / np.maximum(x, 16.0)
    series = s * (1 / 12 - s**2 * (1 / 360 - s**2 * (1 / 1260 - s**2 / 1680)))
    small = np.minimum(x, 16.0)
    direct = gammaln(small + 1) - (small + 0.5) * np.log(small) + small - 0.5 * _LOG_2_PI
    return np.asarray(np.where(x < 16, direct, series))


def _deviance(x: Array, mean: Array) -> Array:
    """x ln(x / mean) + mean - x, also where the two are close."""
    v = (x - mean) / (x + mean)
    near = np.abs(v) < 0.1
    u = np.where(near, v, 0.0)
    powers = 2 * np.arange(1, 11)
    series = np.sum(u[..., None] ** powers / (powers + 1), axis=-1)
    far = x * (np.log(x) - np.log(mean)) + mean - x
    return np.asarray(np.where(near, (x - mean) * u + 2 * x * u * series, far))
