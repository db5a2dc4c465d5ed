"""The unit in which an SBML model counts time, and the way from hours to it and back."""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from il15_sim.errors import InputError, unknown

Times = TypeVar("Times", float, NDArray[np.float64])

_SECONDS = {"s": 1, "min": 60, "h": 3600, "d": 86_400, "wk": 604_800}
_SPELLINGS = {
    "s": ("sec", "second", "seconds"),
    "min": ("minute", "minutes"),
    "h": ("hr", "hour", "hours"),
    "d": ("day", "days"),
    "wk": ("week", "weeks"),
}
_NAMES = {name: short for short, names in _SPELLINGS.items() for name in (short, *names)}

# Whole numbers up to here are floats.
_EXACT = 2**53
# Scales beyond these are slips, and their powers leave the range of floats.
_LARGEST_SCALE = 30


@dataclass(frozen=True)
class TimeUnit:
    """A unit of time by its length in hours, as a fraction: `hours` of a minute is 1/60.

    Equal hours become equal times, later hours later ones, and hours stay themselves to the bit.

    Examples
    --------
    >>> minute = TimeUnit.named("min")
    >>> minute.from_hours(0.1), minute.to_hours(6.0), str(minute)
    (6.0, 0.1, 'min')
    """

    hours: Fraction

    @classmethod
    def named(cls, name: str) -> TimeUnit:
        """The unit of a name: s, min, h, d, wk, or a usual spelling of one of them.

        Raises
        ------
        InputError
            For another name.
        """
        if name not in _NAMES:
            raise unknown("unit of time", str(name), _NAMES)
        return cls(Fraction(_SECONDS[_NAMES[name]], 3600))

    def from_hours(self, hours: Times) -> Times:
        """Times in this unit, of hours."""
        above, below = self._factor
        return hours * below / above

    def to_hours(self, times: Times) -> Times:
        """Hours, of times in this unit."""
        above, below = self._factor
        return times * above / below

    def agrees_with(self, other: TimeUnit) -> bool:
        """Whether both are one unit: a text may have written its length to some digits only."""
        return math.isclose(self.hours, other.hours, rel_tol=1e-9)

    def __str__(self) -> str:
        """Its short name, or its length in seconds."""
        named = (short for short, s in _SECONDS.items() if Fraction(s, 3600) == self.hours)
        return next(named, f"{float(3600 * self.hours):g} s")

    @property
    def _factor(self) -> tuple[float, float]:
        """The hours as a quotient of floats, which are whole wherever these are exact."""
        above, below = self.hours.numerator, self.hours.denominator
        if max(above, below) < _EXACT:
            return float(above), float(below)
        return (float(self.hours), 1.0) if above > below else (1.0, float(1 / self.hours))


#: The unit of all times of the public interface.
HOUR = TimeUnit(Fraction(1))


def time_unit_of(model: Any) -> TimeUnit | None:
    """The unit of time of a libSBML model; None where it counts no time, or does not say.

    Level 3 names it in `timeUnits`; in Level 2 it is the second where `time` is not redefined.
    """
    if model.getLevel() == 3:
        name = model.getTimeUnits()
        if name == "second":
            return TimeUnit(Fraction(1, 3600))
        return _of_definition(model.getUnitDefinition(name)) if name else None
    redefined = model.getUnitDefinition("time")
    return TimeUnit(Fraction(1, 3600)) if redefined is None else _of_definition(redefined)


def chosen_unit(own: TimeUnit | None, name: str | None, model: str) -> TimeUnit | None:
    """The unit that a model has itself or, where it has none, is given by name.

    Raises
    ------
    InputError
        For a name that is no unit of time, or another one than the model's own.
    """
    if name is None:
        return own
    given = TimeUnit.named(name)
    if own is None or own.agrees_with(given):
        return given
    raise InputError(
        f"time_unit '{name}' of '{model}'",
        why=f"its SBML says that time is in {own}",
        fix="leave time_unit out, or correct the SBML",
    )


def _of_definition(definition: Any) -> TimeUnit | None:
    """A unit definition that is some seconds long; None for one that is anything else."""
    import libsbml

    if definition is None or definition.getNumUnits() != 1:
        return None
    unit = definition.getUnit(0)
    multiplier, scale = unit.getMultiplier(), unit.getScale()
    is_time = unit.getKind() == libsbml.UNIT_KIND_SECOND and unit.getExponentAsDouble() == 1.0
    if not (is_time and unit.getOffset() == 0.0 and 0.0 < multiplier < math.inf):
        return None
    if abs(scale) > _LARGEST_SCALE:
        return None
    # By its digits: 3.6 with a scale of 3 is 3600 and not a hair more.
    return TimeUnit(Fraction(repr(multiplier)) * Fraction(10) ** scale / 3600)
