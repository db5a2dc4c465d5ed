"""What a regimen changes in a model, dose by dose: the oracle of its columns."""

from il15_sim import Change
from il15_sim.regimen.dose import round_h
from il15_sim.simulation.dosing import entry_of


def dose_changes(model, regimen):
    """All changes that a regimen makes to a model, sorted by time.

    Doses at the same time and into the same target add up. An infusion adds its rate to the rate
    parameter at its start and takes it away at its end; where one ends as the next starts, nothing
    changes. Amounts per body surface or weight are those of the model's own values.
    """
    total = {}
    for change in scaled_changes(model, regimen):
        key = change.time_h, change.target
        per = model.values[change.per] if change.per else 1.0
        total[key] = total.get(key, 0.0) + change.amount * per
    return tuple(Change(t, target, x) for (t, target), x in sorted(total.items()) if x != 0)


def scaled_changes(model, regimen):
    """The same for any patient: amounts per body surface or weight name the parameter."""
    total = {}
    for dose in regimen.doses():
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
    return tuple(Change(t, target, x, per) for (t, target, per), x in sorted(total.items()) if x)


def _add(total, key, amount):
    total[key] = total.get(key, 0.0) + amount
