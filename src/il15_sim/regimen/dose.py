"""A single dose, its units and routes, and the checks that every number of a regimen passes."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from numbers import Integral

from il15_sim.errors import InputError
from il15_sim.finite import as_number
from il15_sim.regimen.spelling import UNITS as UNITS
from il15_sim.regimen.spelling import is_rate, typo, unit_hint

ROUTES = ("oral", "iv", "infusion", "sc")
MAX_DOSES = 100_000
MAX_DAYS = 36_525.0
SHORTEST_H = 1e-6
RESOLUTION_H = 1e-9


@dataclass(frozen=True, order=True)
class Dose:
    """One dose: when, what, how much, and by which route.

    Parameters
    ----------
    time_h : float
        Hours since time zero; an infusion starts then.
    drug : str
    amount : float
        In `unit`.
    unit : str
        One of mg, mg/m2, mg/kg, ug, ug/m2, ug/kg.
    route : str
        One of oral, iv, infusion, sc.
    duration_h : float
        Length of an infusion in hours; 0 for every other route.

    Raises
    ------
    InputError
        For an amount that is not positive and finite, a time before zero, an unknown unit or
        route.
    """

    time_h: float
    drug: str
    amount: float
    unit: str
    route: str
    duration_h: float = 0.0

    def __post_init__(self) -> None:
        """Check every part."""
        check_kind(self.drug, self.route, self.duration_h)
        check_unit(self.unit)
        time = quantity(f"dose time of {self.drug}", self.time_h, "h", zero=True)
        amount = quantity(f"dose of {self.drug}", self.amount, self.unit)
        numbers = (("time_h", time), ("amount", amount), ("duration_h", float(self.duration_h)))
        for name, number in numbers:
            object.__setattr__(self, name, number)


def round_h(time_h: float) -> float:
    """A time to a billionth of an hour, so that 3 x 0.1 h and 0.3 h are the same time.

    >>> 3 * 0.1 == 0.3, round_h(3 * 0.1) == 0.3
    (False, True)
    """
    return round(time_h, 9)  # digits of RESOLUTION_H


def number_text(value: float) -> str:
    """Shortest text that reads back as the same number.

    >>> number_text(56.0), number_text(0.1)
    ('56', '0.1')
    """
    return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)


def window_text(start_day: float, end_day: float) -> str:
    """A window of days in the words of the text form.

    >>> window_text(14.0, 21.0)
    'd14-d21'
    """
    return f"d{number_text(start_day)}-d{number_text(end_day)}"


def quantity(what: str, value: object, unit: str = "", *, zero: bool = False) -> float:
    """`value` as a float, if it is a finite and positive (with `zero`, non-negative) number.

    Raises
    ------
    InputError
        Naming `what`, the value and the unit.

    Examples
    --------
    >>> quantity("interval", 12, "h")
    12.0
    """
    number = as_number(value)
    if number is not None and (0 < number < math.inf or (zero and number == 0)):
        return number
    shown = f"{value!r:.40}" if number is None else number_text(number)
    rule = "non-negative" if zero else "positive"
    raise InputError(f"{what} is {shown} {unit}".rstrip(), why=f"it must be a {rule} finite number")


def span(what: str, value: object, unit: str = "h") -> float:
    """A length of time in `unit` (h or d): positive, finite, at most a hundred years.

    >>> span("duration", 56, "d")
    56.0
    """
    length = quantity(what, value, unit)
    hours = length * 24 if unit == "d" else length
    shown = f"{what} is {number_text(length)} {unit}"
    if hours < SHORTEST_H:
        raise InputError(shown, why=f"the shortest time told apart is {SHORTEST_H} h")
    if hours > 24 * MAX_DAYS:
        raise InputError(shown, why=f"the longest course is {number_text(MAX_DAYS)} days")
    return length


def whole(what: str, value: object) -> int:
    """`value` as an int, if it is a whole number.

    >>> whole("dose number", 5)
    5
    """
    if as_number(value) is None or not isinstance(value, Integral):
        raise InputError(f"{what} is {value!r:.40}", why="it must be a whole number")
    if abs(int(value)) > 10**9:
        raise InputError(f"{what} is beyond a thousand million", why="no regimen is that long")
    return int(value)


def check_unit(unit: object) -> None:
    """Raise InputError unless `unit` is a dose unit, naming one only where it is the same one."""
    if isinstance(unit, str) and unit in UNITS:
        return
    why, near = None, unit_hint(str(unit))
    fix = f"did you mean '{near}'? " if near else ""
    fix += f"units are {', '.join(UNITS)}"
    if is_rate(str(unit)):
        why = "it is an amount per time"
        fix = "give the amount of one dose and how often, or an infusion such as iv over 24 h"
    raise InputError(f"unknown unit '{unit!s:.40}'", why=why, fix=fix)


def check_route(route: object) -> None:
    """Raise InputError unless `route` is a route."""
    if not isinstance(route, str) or route not in ROUTES:
        near = typo(str(route), ROUTES)
        fix = f"did you mean '{near}'?" if near else f"routes are {', '.join(ROUTES)}"
        raise InputError(f"unknown route '{route!s:.40}'", fix=fix)


def check_kind(drug: object, route: object, duration_h: object) -> None:
    """Raise InputError unless drug name, route and infusion time are valid together.

    Whether the drug exists is a question to the model.
    """
    if not isinstance(drug, str) or not re.fullmatch(r"[A-Za-z][A-Za-z0-9_]*", drug):
        why = "a drug name is a letter followed by letters, digits or _"
        raise InputError(f"drug name {drug!r:.40}", why=why)
    if drug == "none":
        raise InputError("drug name 'none'", why="the word means no treatment")
    check_route(route)
    if route == "infusion":
        span(f"infusion time of {drug}", duration_h)
    elif as_number(duration_h) != 0:
        why = f"route {route} takes none"
        raise InputError(f"infusion time of {drug} is {duration_h!r:.40} h", why=why)


def check_count(what: str, count: int) -> None:
    """Raise InputError where a schedule has more doses than can be meant."""
    if count > MAX_DOSES:
        fix = "give doses less often or for a shorter time"
        raise InputError(f"{what} has {count} doses", why=f"at most {MAX_DOSES} fit", fix=fix)
