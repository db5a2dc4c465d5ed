"""How many events a trial needs to see that a covariate counts."""

from __future__ import annotations

import math

from il15_sim.errors import InputError


def events_needed(log_hazard_ratio_per_sd: float, power: float = 0.8, alpha: float = 0.05) -> int:
    """Events until a Cox regression finds a covariate's effect with that power.

    ((z(1 - alpha / 2) + z(power)) / ln HR)², for the hazard ratio of one SD of the covariate
    (Schoenfeld 1981, doi:10.1093/biomet/68.1.316; for continuous covariates Hsieh and Lavori 2000,
    doi:10.1016/S0197-2456(00)00104-5). It holds for effects that are not large, and for a covariate
    that goes along with no other one of the regression.

    Parameters
    ----------
    log_hazard_ratio_per_sd : float
        ln of the hazard ratio per SD; either sign. Two arms with a share p of the patients in one
        have the SD sqrt(p (1 - p)).
    power : float
        Probability to find the effect, 0 to 1.
    alpha : float
        Level of the test from both sides.

    Raises
    ------
    InputError
        For an effect of 0 or that is no number, an alpha outside 0 to 1, and a power that is not
        between alpha and 1.

    Examples
    --------
    >>> import math
    >>> events_needed(math.log(2) / 2)  # two arms of the same size, a hazard ratio of 2
    66
    """
    effect = _effect(log_hazard_ratio_per_sd)
    if effect == 0:
        why = "no number of events shows an effect that is not there"
        raise InputError("log hazard ratio 0", why=why)
    level = _quantile(alpha)
    if not alpha < power < 1:
        raise InputError(f"power {power!r:.40}", why=f"it lies between alpha ({alpha:g}) and 1")
    from scipy.special import ndtri

    return math.ceil(((level + float(ndtri(power))) / effect) ** 2)


def power_of(log_hazard_ratio_per_sd: float, events: float, alpha: float = 0.05) -> float:
    """Power of a Cox regression after so many events: the inverse of `events_needed`.

    Parameters
    ----------
    log_hazard_ratio_per_sd : float
        As in `events_needed`; 0 gives `alpha`.
    events : float
    alpha : float
        Level of the test from both sides.

    Raises
    ------
    InputError
        For an effect that is no number, an alpha outside 0 to 1, and events that are negative.

    Examples
    --------
    >>> round(power_of(0.35, events=66), 2)
    0.81
    """
    from scipy.special import ndtr

    shift = _effect(log_hazard_ratio_per_sd)
    if not (math.isfinite(events) and events >= 0):
        raise InputError(f"events {events!r:.40}", why="their number is 0 or more")
    level, shift = _quantile(alpha), shift * math.sqrt(events)
    return float(ndtr(shift - level) + ndtr(-shift - level))


def _effect(log_hazard_ratio_per_sd: float) -> float:
    if not math.isfinite(log_hazard_ratio_per_sd):
        raise InputError(f"log hazard ratio {log_hazard_ratio_per_sd!r:.40}", why="it is a number")
    return abs(log_hazard_ratio_per_sd)


def _quantile(alpha: float) -> float:
    """Quantile of the normal distribution that a test from both sides compares with."""
    if not 0 < alpha < 1:
        raise InputError(f"alpha {alpha!r:.40}", why="it lies between 0 and 1")
    from scipy.special import ndtri

    return float(ndtri(1 - alpha / 2))
