"""Changes of a model's states at given times, and where doses of drugs enter it."""

from __future__ import annotations

from dataclasses import dataclass

from il15_sim.errors import InputError, unknown
from il15_sim.model import Model
from il15_sim.model.unusual import warn_of_doses
from il15_sim.simulation.change_text import parsed

#: Dose unit -> (unit of mass, parameter that multiplies it or None).
_UNITS: dict[str, tuple[str, str | None]] = {
    "mg": ("mg", None),
    "ug": ("ug", None),
    "mg/m2": ("mg", "body_surface_area"),
    "ug/m2": ("ug", "body_surface_area"),
    "mg/kg": ("mg", "body_weight"),
    "ug/kg": ("ug", "body_weight"),
}
_UG = {"mg": 1000.0, "ug": 1.0}


@dataclass(frozen=True)
class Change:
    """Something added to a state, or to the rate of an infusion, at one moment.

    Attributes
    ----------
    time_h : float
        Hours after the first dose.
    target : str
        A state, or a parameter (which keeps the change until the next one).
    amount : float
        In the unit of the target; times the value of the parameter `per` where one is named
        (a dose per body surface).
    sets : bool
        True where the amount replaces the value instead of being added to it.
    unit : str
        Unit of the amount, where it is not that of the target.

    Examples
    --------
    >>> change = Change.parse("il15_soluble = 0.5 nM at 30 min")
    >>> change.time_h, change.amount, change.unit, str(change)
    (0.5, 0.5, 'nM', 'il15_soluble = 0.5 nM at 0.5 h')
    """

    time_h: float
    target: str
    amount: float
    per: str = ""
    sets: bool = False
    unit: str = ""

    @classmethod
    def parse(cls, text: str) -> Change:
        """The change that a text tells; its grammar stands in `simulation/change_text.py`.

        Raises
        ------
        InputError
            For what does not read, and for a time before the start.
        """
        return cls(*parsed(text))

    def __str__(self) -> str:
        """The text that `parse` reads."""
        amount = f"{float(self.amount)!r}".removesuffix(".0")
        unit = f" {self.unit}" if self.unit else ""
        times = f" times {self.per}" if self.per else ""
        at = f"{float(self.time_h)!r}".removesuffix(".0")
        return f"{self.target} {'=' if self.sets else '+'} {amount}{unit}{times} at {at} h"


def warn_of_unusual(model: Model, kind: tuple[str, str, str], low: float, high: float) -> None:
    """Warn where doses of a drug by a route, told in a unit, are far from those given to patients.

    `low` and `high` are the lowest and the highest; infusions of more than a day count by the day.
    """
    drug, route, unit = kind
    target = next(d for d in model.drugs if (d.drug, d.route) == (drug, route))
    warn_of_doses(target, unit, low, high, model.values)


@dataclass(frozen=True)
class Entry:
    """Where the doses of a drug go: an amount times `times`, over `over`, is in the target's unit.

    The parameter `per` multiplies it, where one is named.
    """

    target: str
    times: float
    over: float
    per: str


def entry_of(model: Model, drug: str, route: str, unit: str) -> Entry:
    """Where a model takes the doses of a drug by a route, told in a unit.

    Raises
    ------
    InputError
        For a drug, route or unit that the model does not have.
    """
    drugs = {d.drug for d in model.drugs}
    if drug not in drugs:
        raise unknown("drug", drug, drugs)
    routes = {d.route: d for d in model.drugs if d.drug == drug}
    if route not in routes:
        raise unknown(f"route of {drug}", route, routes)
    if unit not in _UNITS:
        raise unknown("dose unit", unit, _UNITS)
    mass_unit, per = _UNITS[unit]
    if per is not None and per not in model.values:
        raise InputError(
            f"dose of {drug} in {unit}",
            why=f"model '{model.name}' has no parameter '{per}'",
            fix=f"give the dose in {mass_unit}",
        )
    entry = routes[route]
    return Entry(entry.target, _UG[mass_unit], _UG[entry.unit], per or "")
