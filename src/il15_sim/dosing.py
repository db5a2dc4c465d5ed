"""From the doses of a regimen to changes of a model's states at given times."""

from __future__ import annotations

from dataclasses import dataclass

from il15_sim.errors import InputError, unknown
from il15_sim.model import Model
from il15_sim.regimen import Regimen
from il15_sim.regimen.dose import round_h
from il15_sim.unusual import warn_of_doses

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
    """

    time_h: float
    target: str
    amount: float
    per: str = ""
    sets: bool = False


def dose_changes(model: Model, regimen: Regimen) -> tuple[Change, ...]:
    """All changes that a regimen makes to a model, sorted by time.

    Doses at the same time and into the same target add up. An infusion adds its rate to the rate
    parameter at its start and takes it away at its end; where one ends as the next starts, nothing
    changes. Amounts per body surface or weight are those of the model's own values.

    Raises
    ------
    InputError
        For a drug or route that the model does not have.
    """
    total: dict[tuple[float, str], float] = {}
    for change in scaled_changes(model, regimen):
        key = change.time_h, change.target
        per = model.values[change.per] if change.per else 1.0
        total[key] = total.get(key, 0.0) + change.amount * per
    return tuple(Change(t, target, x) for (t, target), x in sorted(total.items()) if x != 0)


def scaled_changes(model: Model, regimen: Regimen) -> tuple[Change, ...]:
    """The same for any patient: amounts per body surface or weight name the parameter."""
    total: dict[tuple[float, str, str], float] = {}
    amounts: dict[tuple[str, str, str], list[float]] = {}
    for dose in regimen.doses():
        a_day = dose.amount / max(1.0, dose.duration_h / 24)
        amounts.setdefault((dose.drug, dose.route, dose.unit), []).append(a_day)
        entry = entry_of(model, dose.drug, dose.route, dose.unit)
        target, per = entry.target, entry.per
        amount = dose.amount * entry.times / entry.over
        if dose.route == "infusion":
            rate = amount / dose.duration_h
            _add(total, (dose.time_h, target, per), rate)
            # Rounded as dose times are: 4.8 + 2.4 h is the 7.2 h at which the next one starts.
            _add(total, (round_h(dose.time_h + dose.duration_h), target, per), -rate)
        else:
            _add(total, (dose.time_h, target, per), amount)
    for kind, some in amounts.items():
        warn_of_unusual(model, kind, min(some), max(some))
    return tuple(Change(t, target, x, per) for (t, target, per), x in sorted(total.items()) if x)


def warn_of_unusual(model: Model, kind: tuple[str, str, str], low: float, high: float) -> None:
    """Warn where doses of a drug by a route, told in a unit, are far from those given to patients.

    `low` and `high` are the lowest and the highest; infusions of more than a day count by the day.
    """
    drug, route, unit = kind
    target = next(d for d in model.drugs if (d.drug, d.route) == (drug, route))
    warn_of_doses(target, unit, low, high, model.values)


def dose_times(regimen: Regimen) -> tuple[float, ...]:
    """Times at which doses (or infusions) start, each once, in hours."""
    return tuple(sorted({dose.time_h for dose in regimen.doses()}))


def _add(
    total: dict[tuple[float, str, str], float], key: tuple[float, str, str], amount: float
) -> None:
    total[key] = total.get(key, 0.0) + amount


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
