"""Reads a virtual trial from a TOML file; see `experiments/trials/`."""

from __future__ import annotations

from dataclasses import fields
from functools import reduce
from operator import add
from pathlib import Path
from typing import Any

from il15_sim.errors import InputError, closest, unknown
from il15_sim.files.numeric import real
from il15_sim.files.result_name import result_name
from il15_sim.files.toml import Table, read_toml
from il15_sim.regimen import Regimen
from il15_sim.response import CRITERIA
from il15_sim.trial.design import Calendar, Hypothesis, Trial, TrialArm
from il15_sim.trial.policy import EVENTS, Rule
from il15_sim.trial.taken import Adherence
from il15_sim.trial.targets import Goal

_WHOLE = ("patients", "trials", "seed", "landmark_day")
_TEXTS = ("marker", "treated", "control")
_TABLES = ("arms", "hypotheses", "calendar", "adherence", "levels", "rules", "targets")
_KEYS = (
    *("name", "title", "description", "watched", "same_patients", "riser_fold"),
    *(*_WHOLE, *_TEXTS, *_TABLES),
)
_DAYS = ("follow_up_days", "clinic_every_days", "imaging_every_days")
_RATES = ("visit_spread_days", "assay_cv", "drop_out_per_year")
_STOPS = ("treatment_stops_at_progression", "sampling_stops_at_progression")
#: The drug of a rule that acts on every drug of the arm.
_EVERY = "all"
_SHARES = ("responders", "assay_cv")
_CHANGED = ("name", "variant", "overrides")


def read_trial(path: str | Path) -> Trial:
    """Read a virtual trial.

    Names of parameters, observables, variants and drugs are checked when it is run, since only a
    model knows them.

    Raises
    ------
    InputError
        With file, line and key, and the closest valid key.

    Examples
    --------
    >>> from il15_sim.files.resources import experiments_dir
    >>> read_trial(experiments_dir() / "trials" / "romero.toml").patients
    63
    """
    file = Path(path)
    top = read_toml(file)
    top.allow(_KEYS)
    name = result_name(top, file, "trial")
    given: dict[str, Any] = {key: _whole(top, key) for key in _WHOLE if key in top.data}
    given |= {key: top.text(key) for key in _TEXTS if key in top.data}
    if "watched" in top.data:
        given["watched"] = top.texts("watched")
    if "riser_fold" in top.data:
        given["riser_fold"] = real(top.data["riser_fold"], "riser_fold", top.at("riser_fold"))
    if "same_patients" in top.data:
        given["same_patients"] = _flag(top, "same_patients")
    given["arms"] = _arms(top)
    hypotheses = _hypotheses(top)
    if hypotheses:
        given["hypotheses"] = hypotheses
    given["calendar"] = _calendar(top.table("calendar"))
    given["adherence"] = _adherence(top)
    given["levels"] = _levels(top.table("levels"))
    given["rules"] = tuple(_rule(t) for t in top.tables("rules")) if "rules" in top.data else ()
    if "targets" in top.data:
        given["targets"] = tuple(_goal(t) for t in top.tables("targets"))
    title, description = top.text("title", default=name), top.text("description", default="")
    try:
        return Trial(name, title, description, source=str(file), **given)
    except InputError as error:
        raise error.at(str(file)) from None


def _whole(table: Table, key: str) -> int:
    given = table.data[key]
    # A number of many digits is kept as it is: a float would change it.
    value = given if type(given) is int else real(given, key, table.at(key))
    if value != int(value) or value < 0:
        raise InputError(f"{key} {value:g}", where=table.at(key), why="a whole number from 0 on")
    return int(value)


def _flag(table: Table, key: str) -> bool:
    value = table.data[key]
    if not isinstance(value, bool):
        raise table.fault(key, "true or false")
    return value


def _changed(table: Table) -> dict[str, Any]:
    return {
        "name": table.text("name"),
        "variants": table.texts("variant"),
        "overrides": table.numbers("overrides"),
    }


def _label(table: Table, what: str) -> None:
    if isinstance(table.data.get("name"), str) and table.data["name"].strip():
        table.label = f"{what} '{table.data['name'].strip()}'"


def _arms(top: Table) -> tuple[TrialArm, ...]:
    found = []
    for table in top.tables("arms"):
        _label(table, "arm")
        table.allow((*_CHANGED, "regimen"))
        table.need("regimen", 'regimen = "sorafenib 400 mg q12h x 540 d", or "none"')
        with table.told_at("regimen"):
            regimen = reduce(add, map(Regimen.parse, table.texts("regimen")))
        found.append(TrialArm(regimen=regimen, **_changed(table)))
    return tuple(found)


def _hypotheses(top: Table) -> tuple[Hypothesis, ...]:
    if "hypotheses" not in top.data:
        return ()
    found = []
    for table in top.tables("hypotheses"):
        _label(table, "hypothesis")
        table.allow((*_CHANGED, *_SHARES))
        keys = [key for key in _SHARES if key in table.data]
        shares: dict[str, Any] = {key: real(table.data[key], key, table.at(key)) for key in keys}
        try:
            found.append(Hypothesis(**_changed(table), **shares))
        except InputError as error:
            raise error.at(top.file) from None
    return tuple(found)


def _calendar(table: Table | None) -> Calendar:
    if table is None:
        return Calendar()
    table.allow((*_DAYS, *_RATES, *_STOPS, "criterion", "sampling_days"))
    given: dict[str, Any] = {key: _whole(table, key) for key in _DAYS if key in table.data}
    given |= {k: real(table.data[k], k, table.at(k)) for k in _RATES if k in table.data}
    given |= {key: _flag(table, key) for key in _STOPS if key in table.data}
    if "criterion" in table.data:
        criterion = table.text("criterion")
        if criterion not in CRITERIA:
            raise unknown("criterion", criterion, CRITERIA, table.at("criterion"))
        given["criterion"] = CRITERIA[criterion]
    if "sampling_days" in table.data:
        days = table.data["sampling_days"]
        if not isinstance(days, list) or not all(type(day) is int for day in days):
            raise table.fault("sampling_days", "a list of whole days such as [0, 56]")
        given["sampling_days"] = tuple(days)
    try:
        return Calendar(**given)
    except InputError as error:
        raise error.at(table.at()) from None


def _adherence(top: Table) -> dict[str, Adherence]:
    found = {}
    if "adherence" in top.data:
        for drug, table in top.named_tables("adherence").items():
            table.allow(("missed", "spread"))
            given = {k: real(v, k, table.at(k)) for k, v in table.data.items()}
            try:
                found[drug] = Adherence(**given)
            except InputError as error:
                raise error.at(table.at()) from None
    return found


def _levels(table: Table | None) -> dict[str, tuple[float, ...]]:
    found = {}
    for drug, levels in ({} if table is None else table.data).items():
        assert table is not None
        if not isinstance(levels, list):
            raise table.fault(drug, "a list of shares such as [1.0, 0.5]")
        found[drug] = tuple(real(x, f"a level of {drug}", table.at(drug)) for x in levels)
    return found


def _rule(table: Table) -> Rule:
    table.allow([f.name for f in fields(Rule)])
    given: dict[str, Any] = {k: table.text(k) for k in ("when", "then")}
    table.need("drug", 'drug = "sorafenib", or drug = "all" for every drug of the arm')
    given["drug"] = table.text("drug")
    if given["drug"] == _EVERY:
        given["drug"] = ""
    for key in ("above", "below", "for_days", "after_days"):
        if key in table.data:
            given[key] = real(table.data[key], key, table.at(key))
    known = (*EVENTS, "no toxicity")
    near = closest(given["when"], known)
    if near and given["when"] not in known and not {"above", "below"} & given.keys():
        told, fix = f"unknown event '{given['when']}'", f"did you mean '{near}'?"
        why = "an observable acts above or below one value"
        raise InputError(told, where=table.at("when"), why=why, fix=fix)
    try:
        return Rule(**given)
    except InputError as error:
        raise error.at(table.at()) from None


def _goal(table: Table) -> Goal:
    _label(table, "target")
    table.allow([f.name for f in fields(Goal)])
    given: dict[str, Any] = {k: table.text(k) for k in ("name", "observable")}
    table.need("day", "day = 56")
    given["day"] = _whole(table, "day")
    if "fold" in table.data:
        given["fold"] = _flag(table, "fold")
    for key in ("above", "below"):
        if key in table.data:
            given[key] = real(table.data[key], key, table.at(key))
    try:
        return Goal(**given)
    except InputError as error:
        raise error.at(table.at()) from None
