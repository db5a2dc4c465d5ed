"""Regimens swept over doses, intervals and days: a template with named gaps, all in one call."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping, Sequence
from itertools import product
from typing import Any

import numpy as np
import xarray as xr

from il15_sim.errors import InputError, unknown
from il15_sim.finite import as_number
from il15_sim.model import Model
from il15_sim.regimen import Regimen
from il15_sim.regimen.dose import number_text
from il15_sim.results.endpoint import Endpoint
from il15_sim.simulation.entrance import simulate

_GAP = re.compile(r"\{(\w+)\}")
#: What may stand behind a gap and is the unit of its values.
_UNIT = re.compile(r"\}\s*([mu\u00b5]?g(?:/(?:m2|kg))?|h|d|w|min|hours?|days?|weeks?)\b")
#: Arguments of `simulate` that give no endpoint, or say who is simulated.
_REFUSED = ("cross", "names", "observables", "times_h", "sample", "final_state")


def dose_sweep(
    model: Model,
    template: str,
    axes: Mapping[str, Iterable[float]],
    endpoints: Endpoint | Sequence[Endpoint],
    parameters: Mapping[str, float] | None = None,
    **asked: Any,
) -> xr.Dataset:
    """Endpoints of one patient over doses and schedules.

    All regimens are simulated over the same time: to the end of the longest, or `until_days`.

    Parameters
    ----------
    model : Model
        As in `simulate`.
    template : str
        A regimen whose numbers may be gaps with names: `"sorafenib {dose} mg q{every}h x 56 d"`.
    axes : mapping of name to values
        Two or more numbers for each gap; every combination is simulated.
    endpoints : sequence of Endpoint
        From `il15_sim.endpoints`.
    parameters : mapping of id to value, optional
        Of the patient. Default: the model's own.
    **asked
        Further arguments of `simulate`: `until_days`, `rtol`, `threads`, `folder`, ...

    Returns
    -------
    Dataset
        One variable per endpoint, with its unit, and one dimension per axis; `regimen` and `status`
        of each run (values of a failed one are NaN). `.to_dataframe()` makes it a table.

    Raises
    ------
    InputError
        For gaps without values and values without a gap, values that stand twice or are no finite
        numbers, and combinations that are no regimen.

    Examples
    --------
    >>> from il15_sim import Model, dose_sweep
    >>> from il15_sim.endpoints import cmax
    >>> found = dose_sweep(
    ...     Model.load("sorafenib_pk"),
    ...     "sorafenib {dose} mg q{every}h x 7 d",
    ...     {"dose": [200, 400, 800], "every": [12, 24]},
    ...     cmax("sorafenib_total_mg_per_L"),
    ... )
    >>> dict(found.sizes), found["dose"].attrs["units"]
    ({'dose': 3, 'every': 2}, 'mg')
    """
    ours = next((name for name in _REFUSED if name in asked), None)
    if ours is not None:
        raise InputError(f"argument '{ours}'", why="a sweep reports endpoints of one patient")
    if not isinstance(parameters, Mapping | None):
        raise InputError(f"parameters {type(parameters).__name__}", why="a sweep is of one patient")
    wanted = [endpoints] if isinstance(endpoints, Endpoint) else list(endpoints)
    if not wanted:
        raise InputError("no endpoint", fix="give some of il15_sim.endpoints")
    if not isinstance(axes, Mapping):
        raise InputError(f"axes {axes!r:.40}", fix='give e.g. {"dose": [200, 400, 800]}')
    gaps = _gaps(template, axes)
    _check_names(list(gaps), [e.name for e in wanted])
    values = {name: axis_values(name, axes[name]) for name in axes}
    shape = tuple(len(found) for found in values.values())
    regimens = combinations(template, values)
    runs = simulate(model, regimens, parameters, endpoints=wanted, **asked)
    dims = tuple(values)

    def variable(found: Any, unit: str | None = None) -> xr.Variable:
        array = np.asarray(found).reshape(shape)
        return xr.Variable(dims, array, {} if unit is None else {"units": unit})

    return xr.Dataset(
        {
            **{e.name: variable(runs[e.name].values, runs.units[e.name]) for e in wanted},
            "regimen": variable([str(regimen) for regimen in runs.regimens]),
            "status": variable(runs.status),
        },
        {n: (n, np.array(v), {"units": gaps[n]} if gaps[n] else {}) for n, v in values.items()},
        {"template": template, "model": model.name, "model_hash": runs.model_hash},
    )


def _check_names(axes: Sequence[str], endpoints: Sequence[str]) -> None:
    """Refuse axes that would be called like another variable of the result."""
    for name in axes:
        if name in ("regimen", "status", *endpoints):
            raise InputError(
                f"an axis is called '{name}'",
                why="the result has another variable of that name",
                fix="choose another name for the gap",
            )


def combinations(template: str, values: Mapping[str, Sequence[float]]) -> dict[str, Regimen]:
    """The regimen of each combination of values, the last axis fastest, by the values in words.

    Raises InputError for a combination that is no regimen.
    """
    regimens = {}
    for combination in product(*values.values()):
        chosen = {n: number_text(v) for n, v in zip(values, combination, strict=True)}
        text = template
        for name, number in chosen.items():
            text = text.replace(f"{{{name}}}", number)
        told = ", ".join(f"{name} = {number}" for name, number in chosen.items())
        try:
            regimens[told] = Regimen.parse(text)
        except InputError as error:
            raise error.at(told) from None
    return regimens


def gap_names(template: str) -> list[str]:
    """Names of the gaps of a template, each once.

    >>> gap_names("sorafenib {dose} mg q{every}h x 56 d")
    ['dose', 'every']
    """
    return list(dict.fromkeys(gap[1] for gap in _GAP.finditer(template)))


def _gaps(template: str, axes: Mapping[str, object]) -> dict[str, str]:
    """The gaps of a template, each with the unit that stands behind it."""
    if not isinstance(template, str):
        raise InputError(f"template {template!r:.60}", fix="give the text of a regimen with gaps")
    units: dict[str, str] = {}
    for gap in _GAP.finditer(template):
        unit = _UNIT.match(template, gap.end() - 1)
        units.setdefault(gap[1], unit[1] if unit else "")
    if not units:
        raise InputError(
            f"template '{template:.80}' has no gap", fix="write e.g. sorafenib {dose} mg bid x 28 d"
        )
    for name in units:
        if name not in axes:
            raise unknown("axis", name, axes, f"template '{template:.80}'")
    for name in axes:
        if name not in units:
            raise InputError(
                f"axis '{name}' is not in the template",
                fix=f"write {{{name}}} where its values belong, or leave it out",
            )
    return units


def axis_values(name: str, given: Iterable[float]) -> list[float]:
    """The numbers of an axis, as they were given.

    Raises InputError for fewer than two, and for what is no finite number or stands twice.
    """
    if isinstance(given, str) or not isinstance(given, Iterable):
        raise InputError(f"axis '{name}' is {given!r:.40}", fix="give a list of numbers")
    values: list[float] = []
    for one in given:
        number = as_number(one)
        if number is None or not math.isfinite(number):
            raise InputError(f"{one!r:.40} on axis '{name}'", why="it is no finite number")
        if number in values:
            raise InputError(f"axis '{name}' has {number:g} twice", fix="give each value once")
        values.append(number)
    if len(values) < 2:
        raise InputError(
            f"axis '{name}' has {len(values)} value{'s' * (len(values) != 1)}",
            why="a sweep needs two or more",
            fix="write a single one into the template",
        )
    return values
