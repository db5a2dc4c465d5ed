"""The doses that patients really take in a window: the plan, their dose level, what they forget."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from il15_sim.errors import InputError
from il15_sim.population.draws import uniforms
from il15_sim.regimen import Dose, Regimen
from il15_sim.regimen.expand import Listed

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Adherence:
    """How many doses patients miss.

    Each patient misses a share of its own, beta-distributed with this mean and SD, each dose
    independently of the others.

    Attributes
    ----------
    missed : float
        Mean share of doses missed, 0 to below 1.
    spread : float
        SD of the share between patients.

    Raises
    ------
    InputError
        For a share outside 0 to 1, and a spread that no distribution of shares with that mean has.
    """

    missed: float = 0.0
    spread: float = 0.0

    def __post_init__(self) -> None:
        """Check both."""
        if not 0 <= self.missed < 1:
            raise InputError(f"missed {self.missed:g}", why="a share from 0 to below 1")
        most = np.sqrt(self.missed * (1 - self.missed))
        if not (self.spread == 0 or 0 < self.spread < most):
            why = f"shares with a mean of {self.missed:g} have an SD below {most:.2g}"
            raise InputError(f"spread {self.spread:g}", why=why)

    def shares(self, seed: int, drug: str, first: int, n: int) -> Array:
        """Share of doses of a drug that each patient misses, shape (n,)."""
        if self.spread == 0:
            return np.full(n, self.missed)
        from scipy.stats import beta

        both = self.missed * (1 - self.missed) / self.spread**2 - 1
        luck = uniforms(seed, f"adherence to {drug}", first, n)[:, 0]
        return np.asarray(beta.ppf(luck, self.missed * both, (1 - self.missed) * both))


def planned_doses(regimen: Regimen, begin_day: float, end_day: float) -> dict[str, list[Dose]]:
    """Doses of a regimen by drug, from one day up to, not including, another one."""
    found: dict[str, list[Dose]] = {drug: [] for drug in regimen.drugs}
    for dose in regimen.doses():
        if 24 * begin_day <= dose.time_h < 24 * end_day:
            found[dose.drug].append(dose)
    return found


def taken_regimens(
    planned: Mapping[str, Sequence[Dose]],
    share: Mapping[str, Array],
    missed: Mapping[str, NDArray[np.bool_]],
) -> list[Regimen]:
    """What each patient takes.

    Parameters
    ----------
    planned : mapping of drug to doses
    share : mapping of drug to array, shape (N,)
        Of the planned amount; 0 where nothing is taken.
    missed : mapping of drug to array of bool, shape (N, doses)

    Returns
    -------
    list of Regimen, length N
        Patients with the same doses share one.

    Examples
    --------
    >>> plan = planned_doses(Regimen.parse("sorafenib 400 mg q12h x 2 d"), 0, 1)
    >>> one = {"sorafenib": np.array([0.5])}, {"sorafenib": np.array([[False, True]])}
    >>> print(taken_regimens(plan, *one)[0])
    sorafenib 200 mg at 0 h
    """
    n = len(next(iter(share.values()))) if share else 0
    tracks: list[list[Listed]] = [[] for _ in range(n)]
    for drug, doses in planned.items():
        if not doses:
            continue
        kinds = {(d.route, d.unit, d.duration_h) for d in doses}
        if len(kinds) > 1:
            raise InputError(f"doses of {drug} by several routes or units", fix="use one")
        (route, unit, duration_h) = kinds.pop()
        known: dict[bytes, Listed | None] = {}
        for i in range(n):
            own, left_out = float(share[drug][i]), missed[drug][i]
            key = own.hex().encode() + left_out.tobytes()
            if key not in known:
                points = tuple(
                    (d.time_h, own * d.amount)
                    for d, gone in zip(doses, left_out, strict=True)
                    if own > 0 and not gone
                )
                known[key] = Listed(drug, route, unit, points, duration_h) if points else None
            track = known[key]
            if track is not None:
                tracks[i].append(track)
    made = {own: Regimen(own) for own in {tuple(own) for own in tracks}}
    return [made[tuple(own)] for own in tracks]
