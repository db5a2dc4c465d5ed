"""Factors: the parameters that are varied, within which bounds, spread how."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from il15_sim.batch.kernel import Kernel
from il15_sim.errors import InputError, unknown
from il15_sim.finite import as_number
from il15_sim.model import Model
from il15_sim.model.parameters import ORIGINS
from il15_sim.sensitivity.distribution import check_distribution, quantiles
from il15_sim.simulation.subject import subject_of

Array = NDArray[np.float64]

#: Bounds that span more than this are swept on a logarithmic scale (the bit more is rounding).
DECADE = 10.0 * (1 + 1e-9)


@dataclass(frozen=True)
class Factor:
    """One parameter that is varied.

    Attributes
    ----------
    name : str
        Id of the parameter.
    low, high : float
        Its bounds, in its unit.
    distribution : str
        "uniform", "log-uniform", or another prior distribution of PEtab v2; cut off at the bounds.
    parameters : tuple of float
        Those of the distribution; none for a uniform or log-uniform one that fills the bounds.
    group : str
        Factors of a group are varied together and share one index; empty: on its own.

    Raises
    ------
    InputError
        For bounds that are no finite numbers, equal or reversed, and distributions that do not fit.

    Examples
    --------
    >>> import numpy as np
    >>> Factor("sorafenib_volume", 30, 300, "log-uniform").values(np.array([0.0, 0.5, 1.0]))
    array([ 30.        ,  94.86832981, 300.        ])
    """

    name: str
    low: float
    high: float
    distribution: str = "uniform"
    parameters: tuple[float, ...] = ()
    group: str = ""

    def __post_init__(self) -> None:
        """Check bounds and distribution."""
        low, high = as_number(self.low), as_number(self.high)
        if low is None or high is None or not (math.isfinite(low) and math.isfinite(high)):
            raise InputError(
                f"bounds {self.low!r} and {self.high!r} of '{self.name}'",
                why="they must be finite numbers",
            )
        if low == high:
            raise InputError(f"bounds of '{self.name}' are both {low:g}", why="nothing varies")
        if low > high:
            raise InputError(f"reversed bounds of '{self.name}': {low:g} > {high:g}")
        object.__setattr__(self, "low", low)
        object.__setattr__(self, "high", high)
        check_distribution(self.name, self.distribution, self.parameters, low, high)

    def values(self, unit: Array) -> Array:
        """Values at the shares `unit` (0 to 1) of its distribution, in the parameter's unit."""
        return quantiles(self.distribution, self.parameters, self.low, self.high, unit)


def check_factors(factors: object) -> None:
    """Refuse what is no sequence of factors.

    Raises
    ------
    InputError
        With the way to make them.
    """
    several = isinstance(factors, (list, tuple))
    told = type(factors).__name__
    if several:
        odd = next((f for f in factors if not isinstance(f, Factor)), None)  # type: ignore[attr-defined]
        if odd is None:
            return
        told = f"{odd!r:.60}"
    raise InputError(
        f"{told} where factors stand",
        why="a list of independent factors is taken, no names, samples or correlations",
        fix="make them by factors(model, [...]), or analyse a sample by `given_data`",
    )


def factors(
    model: Model | Kernel,
    names: Sequence[str] | str | None = None,
    *,
    kinds: Sequence[str] | str | None = None,
    groups: Mapping[str, Sequence[str]] | None = None,
    bounds: Mapping[str, tuple[float, float]] | None = None,
    distributions: Mapping[str, str | tuple[str | float, ...]] | None = None,
) -> tuple[Factor, ...]:
    """The parameters of a model as factors.

    Bounds are those of the parameter table, or given. A distribution is the prior of the table,
    cut at its bounds; without one, or between bounds that are given, it is log-uniform where
    positive bounds span more than a decade, else uniform. The variability between patients
    (`iivCvPercent`) is not used.

    Parameters
    ----------
    model : Model or Kernel
        A Kernel has no table: give bounds.
    names : sequence of str, optional
        Default: every parameter whose bounds leave it room, but for settings, which say what is
        given, who the patient is or which link is on (rates of infusions, body size, switches):
        these are varied only where they are named. Of a Kernel, and where only they are wanted:
        those that have `bounds`.
    kinds : sequence of str, optional
        Of all these parameters only those of some kinds of the table: "measured", "derived",
        "fitted", "assumed"; beside those that are named.
    groups : mapping of group to names, optional
        Groups that are varied together. What is in none stands alone.
    bounds : mapping of name to (low, high), optional
        Instead of those of the table.
    distributions : mapping of name to distribution, optional
        "uniform", "log-uniform", or a name with its parameters: `("normal", 4.0, 0.5)`.

    Raises
    ------
    InputError
        For unknown, doubled and fixed parameters, and for bounds and distributions that do not fit.

    Examples
    --------
    >>> from il15_sim import Model
    >>> volume, fraction = factors(
    ...     Model.load("sorafenib_pk"),
    ...     ["sorafenib_volume", "sorafenib_biliary_share"],
    ...     bounds={"sorafenib_biliary_share": (0.3, 0.7)},
    ... )
    >>> volume.distribution, fraction.distribution, fraction.low
    ('log-normal', 'uniform', 0.3)
    """
    known = subject_of(model).constants
    given, spread = dict(bounds or {}), dict(distributions or {})
    chosen = _chosen(model, names, kinds, given)
    for place, ids in (("bounds", given), ("distributions", spread), ("names", chosen)):
        for id_ in ids:
            if id_ not in known:
                raise unknown("parameter", str(id_), known, place)
            if id_ not in chosen:
                raise InputError(f"{place} of '{id_}'", why="it is not among the factors")
    twice = next((id_ for i, id_ in enumerate(chosen) if id_ in chosen[:i]), None)
    if twice is not None:
        raise InputError(f"factor '{twice}' is named twice")
    if not chosen:
        raise InputError("no factor", fix="name parameters, with bounds where there is no table")
    of = _groups(groups or {}, chosen)
    return tuple(_factor(model, id_, given, spread, of.get(id_, "")) for id_ in chosen)


def _chosen(
    model: Model | Kernel,
    names: Sequence[str] | str | None,
    kinds: Sequence[str] | str | None,
    bounds: Mapping[str, object],
) -> list[str]:
    named = [names] if isinstance(names, str) else list(names or ())
    if kinds is None and names is not None:
        return named
    if isinstance(model, Kernel):
        if kinds is not None:
            raise InputError("kinds of a Kernel", why="it has no table", fix="name parameters")
        return list(bounds)
    asked = (kinds,) if isinstance(kinds, str) else tuple(kinds or ORIGINS)
    for kind in asked:
        if kind not in ORIGINS:
            raise _no_kind(kind)
    chosen = [p.id for p in model.parameters.parameters if p.upper > p.lower and p.kind in asked]
    return list(dict.fromkeys((*chosen, *named, *(bounds if kinds is None else ()))))


def _no_kind(kind: str) -> InputError:
    """Why settings cannot be asked for as a kind, or that there is no such kind."""
    if str(kind).rstrip("s") in ("setting", "input", "switch", "switche"):
        return InputError(
            f"kind '{kind}'",
            why="settings say what is given, who the patient is and which link is on: they are "
            "varied only where they are named",
            fix="name their ids",
        )
    return unknown("kind", str(kind), ORIGINS)


def _groups(groups: Mapping[str, Iterable[str]], chosen: Sequence[str]) -> dict[str, str]:
    """The group of each factor that is in one."""
    of: dict[str, str] = {}
    if not isinstance(groups, Mapping):
        raise InputError(f"groups {groups!r:.60}", fix='give {"group": ["name", "name"]}')
    for group, members in groups.items():
        if not group or group in chosen:
            raise InputError(f"group '{group}'", why="a group needs a name of its own")
        for id_ in [members] if isinstance(members, str) else members:
            if id_ not in chosen:
                raise unknown("factor", str(id_), chosen, f"group '{group}'")
            if id_ in of:
                raise InputError(f"factor '{id_}' is in the groups '{of[id_]}' and '{group}'")
            of[id_] = group
    return of


def _factor(
    model: Model | Kernel,
    id_: str,
    bounds: Mapping[str, tuple[float, float]],
    distributions: Mapping[str, str | tuple[str | float, ...]],
    group: str,
) -> Factor:
    row = model.parameters[id_] if isinstance(model, Model) and id_ in model.parameters else None
    if id_ in bounds:
        try:
            low, high = bounds[id_]
        except (TypeError, ValueError):
            raise InputError(f"bounds {bounds[id_]!r} of '{id_}'", fix="give (low, high)") from None
        if isinstance(model, Model):
            model.check_values({id_: low}, "bounds")
    elif row is None:
        raise InputError(f"parameter '{id_}' has no bounds", fix=f"give bounds={{'{id_}': ...}}")
    elif row.lower == row.upper:
        raise InputError(
            f"parameter '{id_}' is fixed",
            why=f"its bounds in the table are both {row.lower:g} {row.unit}",
            fix=f"give bounds={{'{id_}': (low, high)}} to vary it",
        )
    else:
        low, high = row.lower, row.upper
    kind: str
    if id_ in distributions:
        asked = distributions[id_]
        if not (isinstance(asked, (str, list, tuple)) and len(asked)):
            raise InputError(
                f"distribution {asked!r} of '{id_}'",
                fix='give a name, or a name with its parameters: ("normal", 4.0, 0.5)',
            )
        kind, *numbers = (asked,) if isinstance(asked, str) else asked  # type: ignore[assignment]
    elif row is not None and row.prior and id_ not in bounds:
        kind, numbers = row.prior, list(row.prior_parameters)
    else:
        a, b = as_number(low), as_number(high)
        wide = a is not None and b is not None and a > 0 and b / a > DECADE
        kind, numbers = ("log-uniform" if wide else "uniform"), []
    parameters = tuple(as_number(number) for number in numbers)
    if None in parameters:
        raise InputError(f"distribution {distributions[id_]!r} of '{id_}'", fix="give numbers")
    return Factor(id_, low, high, kind, tuple(p for p in parameters if p is not None), group)
