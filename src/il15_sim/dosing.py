"""From the doses of a regimen to changes of a model's states at given times."""

from __future__ import annotations

from dataclasses import dataclass

from il15_sim.errors import InputError, unknown
from il15_sim.model import Model
from il15_sim.regimen import Dose, Regimen
from il15_sim.regimen.dose import round_h

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
    """Something added to a state, or to the rate of an infusion, at one moment."""

    time_h: float
    target: str
    amount: float


def dose_changes(model: Model, regimen: Regimen) -> tuple[Change, ...]:
    """All changes that a regimen makes to a model, sorted by time.

    Doses at the same time and into the same target add up. An infusion adds its rate to the rate
    parameter at its start and takes it away at its end; where one ends as the next starts, nothing
    changes.

    Raises
    ------
    InputError
        For a drug or route that the model does not have.
    """
    total: dict[tuple[float, str], float] = {}
    for dose in regimen.doses():
        target, amount = _resolve(model, dose)
        if dose.route == "infusion":
            rate = amount / dose.duration_h
            _add(total, dose.time_h, target, rate)
            # Rounded as dose times are: 4.8 + 2.4 h is the 7.2 h at which the next one starts.
            _add(total, round_h(dose.time_h + dose.duration_h), target, -rate)
        else:
            _add(total, dose.time_h, target, amount)
    return tuple(Change(t, target, x) for (t, target), x in sorted(total.items()) if x != 0)


def dose_times(regimen: Regimen) -> tuple[float, ...]:
    """Times at which doses (or infusions) start, each once, in hours."""
    return tuple(sorted({dose.time_h for dose in regimen.doses()}))


def _add(total: dict[tuple[float, str], float], time_h: float, target: str, amount: float) -> None:
    total[time_h, target] = total.get((time_h, target), 0.0) + amount


def _resolve(model: Model, dose: Dose) -> tuple[str, float]:
    """Target state (or rate parameter) of a dose, and its amount in the unit of the target."""
    drugs = {d.drug for d in model.drugs}
    if dose.drug not in drugs:
        raise unknown("drug", dose.drug, drugs)
    routes = {d.route: d for d in model.drugs if d.drug == dose.drug}
    if dose.route not in routes:
        raise unknown(f"route of {dose.drug}", dose.route, routes)
    if dose.unit not in _UNITS:
        raise unknown("dose unit", dose.unit, _UNITS)
    entry = routes[dose.route]
    mass_unit, per = _UNITS[dose.unit]
    amount = dose.amount * _UG[mass_unit] / _UG[entry.unit]
    if per is not None:
        if per not in model.values:
            raise InputError(
                f"dose of {dose.drug} in {dose.unit}",
                why=f"model '{model.name}' has no parameter '{per}'",
                fix=f"give the dose in {mass_unit}",
            )
        amount *= model.values[per]
    return entry.target, amount
