"""How sure a measurement is: spread between patients, residual error and their weights.

All spreads are standard deviations of the natural logarithm. A coefficient of variation CV of a
log-normal quantity is the log SD sqrt(ln(1 + CV^2)).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from il15_sim.data import Measurement
from il15_sim.errors import InputError

# Quantiles of the standard normal: 97.5 % and 75 %.
_Z_975 = 1.959964
_Z_75 = 0.674490


@dataclass(frozen=True)
class NoiseModel:
    """What the fit assumes about errors, stated in the fit file.

    Attributes
    ----------
    model_sd_log : float
        Error of the model's shape and of reading a figure, per concentration, as a log SD.
    area_sd_log : float
        The same of an area under the curve, in which such errors average out.
    between_cv : float
        CV between patients, where a row states none; a mean of n patients carries 1/sqrt(n) of
        its log SD.
    within_cv : float
        CV within a patient from visit to visit; it is what stays in a ratio of two visits.
    """

    model_sd_log: float
    area_sd_log: float
    between_cv: float
    within_cv: float


def log_sd_of_cv(cv: float) -> float:
    """Log SD of a log-normal quantity with a coefficient of variation (0.5 is 50 %).

    >>> round(log_sd_of_cv(0.5), 4)
    0.4724
    """
    return math.sqrt(math.log1p(cv * cv))


def between_log_sd(m: Measurement) -> float | None:
    """Log SD between patients that a row states, or None where it states none it can be had from.

    A range says too little about a handful of patients and is not used.

    Raises
    ------
    InputError
        For a spread that does not read.
    """
    if not m.spread or m.spread_type in ("", "range"):
        return None
    if m.spread_type in ("95% CI", "IQR"):
        low, high = _pair(m)
        width = math.log(high / low)
        if m.spread_type == "IQR":
            return width / (2 * _Z_75)
        return width / (2 * _Z_975) * math.sqrt(m.n or 1)
    number = _single(m)
    if m.spread_type == "CV%":
        return log_sd_of_cv(number / 100)
    if m.spread_type == "SD":
        return log_sd_of_cv(number / m.value)
    if m.spread_type == "geometric SD":
        return abs(math.log(number))
    known = "CV%, SD, geometric SD, IQR, 95% CI, range"
    raise InputError(f"unknown spreadType '{m.spread_type}'", where=m.where, fix=f"use {known}")


def row_log_sd(m: Measurement, noise: NoiseModel, is_area: bool = False) -> float:
    """Log SD of a row: stated in it, or model error plus the error of a mean of n patients.

    The latter is sqrt(ln(1 + CV^2) / n) with the CV between patients, or, for a ratio of two
    visits of the same patients, sqrt(2 ln(1 + CV^2) / n) with the CV within a patient.
    """
    if m.noise_sd_log is not None:
        return m.noise_sd_log
    if m.reference is not None:
        variance = 2 * log_sd_of_cv(noise.within_cv) ** 2
    else:
        stated = between_log_sd(m)
        variance = (log_sd_of_cv(noise.between_cv) if stated is None else stated) ** 2
    shape = noise.area_sd_log if is_area or m.reference is not None else noise.model_sd_log
    return math.sqrt(shape**2 + variance / (m.n or 1))


def _single(m: Measurement) -> float:
    try:
        number = float(m.spread)
    except ValueError:
        number = -1.0
    if number <= 0:
        raise InputError(f"spread '{m.spread}' is not a positive number", where=m.where)
    return number


def _pair(m: Measurement) -> tuple[float, float]:
    parts = m.spread.split("-")
    try:
        low, high = (float(p) for p in parts)
    except ValueError:
        low = high = 0.0
    if not 0 < low < high:
        raise InputError(
            f"spread '{m.spread}' is not an interval", where=m.where, fix="write it as low-high"
        )
    return low, high
