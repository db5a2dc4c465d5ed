"""Log volumes of many tumours at their visits, and the shares that a trial would report."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr

from il15_sim.progression.drivers import WEEK_H, Drivers, Population
from il15_sim.progression.trials import Reading, TrialArm

Array = NDArray[np.float64]
#: SD in log volume over which a criterion is smeared, so that shares have derivatives: 1 % of a
#: diameter.
SMEAR = 0.03


@dataclass(frozen=True)
class Effects:
    """Growth and the drugs' effects: value of the typical patient and log SD of each parameter.

    `unmoved` is the share of patients that are read as responders whatever happens; `inhibition`
    the largest share of growth that sorafenib takes away.
    """

    values: Mapping[str, float]
    spreads: Mapping[str, float]
    inhibition: float
    unmoved: float

    def of(self, name: str, z: Mapping[str, Array]) -> Array:
        """The parameter of every patient, shape (N,)."""
        return np.asarray(self.values[name] * np.exp(self.spreads[name] * z[name]))


def log_volumes(drivers: Drivers, effects: Effects, z: Mapping[str, Array]) -> Array:
    """Log of the volume over baseline on each day, shape (N, D)."""
    growth, ic50, kill = (
        effects.of(name, z)[:, None]
        for name in ("tumour_growth", "sorafenib_growth_ic50", "temozolomide_tumour_kill")
    )
    inhibited = effects.inhibition * drivers.free_nM / (ic50 + drivers.free_nM)
    hours = np.cumsum(np.pad(inhibited, ((0, 0), (1, 0))), axis=1) * WEEK_H
    spared = hours[:, np.round(drivers.days / 7).astype(int)]
    grown = growth * (24 * drivers.days - spared - drivers.killing_h)
    return np.asarray(grown - kill * drivers.temozolomide)


def shares(
    readings: tuple[Reading, ...],
    arms: Mapping[str, TrialArm],
    patients: Population,
    effects: Effects,
    visit_spread_d: float,
) -> Array:
    """The share that each reading would be, shape (R,)."""
    logs = {name: log_volumes(patients.drivers[name], effects, patients.z) for name in arms}
    found = []
    for reading in readings:
        arm, log = arms[reading.arm], logs[reading.arm]
        at = np.searchsorted(patients.days, arm.visits_d)
        seen = _Seen(log[:, at], arm)
        found.append(_share(reading, seen, patients, effects, visit_spread_d))
    return np.array(found)


def _share(
    reading: Reading, seen: _Seen, patients: Population, effects: Effects, spread_d: float
) -> float:
    unmoved = effects.unmoved
    if reading.quantity == "doubling below":
        drivers = patients.drivers[reading.arm]
        # Over the first interval of visits, as two films would tell it.
        rate = log_volumes(drivers, effects, patients.z)[:, 0] / drivers.days[0]
        return float(ndtr((rate * reading.day - np.log(2)) / SMEAR).mean())
    if reading.quantity == "progression-free":
        late = (reading.day - np.asarray(seen.arm.visits_d)) / spread_d
        return float(1 - seen.progressed @ ndtr(late))
    if reading.quantity == "response":
        return unmoved + (1 - unmoved) * seen.responded
    k = seen.arm.visits_d.index(reading.day)
    if reading.quantity == "grown":
        return float(ndtr((seen.log[:, k] - seen.rise) / SMEAR).mean())
    shrunk = float(ndtr((seen.fall - seen.log[:, k]) / SMEAR).mean())
    return unmoved + (1 - unmoved) * shrunk


class _Seen:
    """Smeared reading of log volumes (N, V) at the visits of an arm."""

    def __init__(self, log: Array, arm: TrialArm) -> None:
        self.log, self.arm = log, arm
        self.rise = 3 * np.log1p(arm.criterion.rise)
        self.fall = 3 * np.log1p(-arm.criterion.fall)
        free, least = np.ones(len(log)), np.zeros(len(log))
        not_responded = np.ones(len(log))
        progressed = []
        for x in log.T:
            base = least if arm.criterion.over_nadir else 0.0
            now = ndtr((x - base - self.rise) / SMEAR)
            progressed.append(float((free * now).mean()))
            free = free * (1 - now)
            not_responded = not_responded * (1 - free * ndtr((self.fall - x) / SMEAR))
            least = np.minimum(least, x)
        #: Share that progressed at each visit, shape (V,).
        self.progressed = np.array(progressed)
        self.responded = float(1 - not_responded.mean())
