"""Dose scenarios: the arms of an in-silico experiment, read from a TOML file.

A file has a `title`, a `description`, `horizon_days`, optionally a `name` (made from
the file's name otherwise) and `observables`, and one `[[arms]]` table for every arm with a `name`,
a `regimen` (a text, or a list of texts given together), and optionally a `variant` (one or a list,
applied on top of the packaged ones) and `overrides` of single parameters.

A dish has a `model`, a module such as "cd4_signalling", and `times_min`, the minutes at which it is
read, instead of `horizon_days`. Its arms have `changes`, texts such as
"il15_soluble = 0.5 nM at 0 h" (see `simulation/change_text.py`), with or without a regimen.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import reduce
from operator import add
from pathlib import Path

from il15_sim.errors import InputError, check_distinct, unknown
from il15_sim.files.numeric import real
from il15_sim.files.result_name import result_name
from il15_sim.files.toml import Table, read_toml
from il15_sim.regimen import Regimen
from il15_sim.regimen.dose import span
from il15_sim.simulation.dosing import Change

_KEYS = (
    *("name", "title", "description", "model", "horizon_days", "times_min"),
    *("observables", "arms"),
)
_ARM_KEYS = ("name", "regimen", "changes", "variant", "overrides")


@dataclass(frozen=True)
class Arm:
    """One arm: what it is called, what is given, and what differs from the packaged patient.

    Parameters
    ----------
    name : str
        Any text; unique in its scenario.
    regimen : Regimen
    variants : tuple of str
        Variants on top of the packaged ones, in this order.
    overrides : dict of str to float
        Values of single parameters, in the units of the parameter table.
    changes : tuple of Change
        What is set or added at a time, beside the regimen.
    """

    name: str
    regimen: Regimen
    variants: tuple[str, ...] = ()
    # A dict has no hash; two arms that differ here only are still unequal.
    overrides: dict[str, float] = field(default_factory=dict, hash=False)
    changes: tuple[Change, ...] = ()

    @property
    def changed(self) -> list[str]:
        """Its variants, overrides and changes as texts."""
        values = [f"{k} = {v:g}" for k, v in self.overrides.items()]
        return [*self.variants, *values, *map(str, self.changes)]


@dataclass(frozen=True)
class Scenario:
    """A named set of arms, simulated over one horizon.

    Parameters
    ----------
    name : str
        Lower-case name that results are filed under.
    title, description : str
        What a reader sees.
    horizon_days : float
        Length of the simulation in days.
    observables : tuple of str
        What to report; empty means all.
    arms : tuple of Arm
    source : str
        The file it was read from; told in errors, no part of the value.
    model : str
        `"patient"`, or a module.
    times_min : tuple of float
        Minutes at which a dish is read, the last one its end; empty for a patient.

    Examples
    --------
    >>> from il15_sim.files.resources import experiments_dir
    >>> tmz = Scenario.read(experiments_dir() / "doses" / "tmz_alone.toml")
    >>> [arm.name for arm in tmz.arms]
    ['TMZ 150 mg/m2 d1-5/28', 'TMZ 200 mg/m2 d1-5/28', 'TMZ 75 mg/m2 d1-42/56']
    """

    name: str
    title: str
    description: str
    horizon_days: float
    observables: tuple[str, ...]
    arms: tuple[Arm, ...]
    source: str = field(default="", compare=False)
    model: str = "patient"
    times_min: tuple[float, ...] = ()

    @property
    def length(self) -> str:
        """How long it lasts, as text: `84 days`, or `240 min` of a dish."""
        return f"{self.times_min[-1]:g} min" if self.times_min else f"{self.horizon_days:g} days"

    def _repr_html_(self) -> str:
        """A table of the arms, for a notebook."""
        from html import escape

        rows = "".join(
            "<tr>"
            + "".join(
                f"<td>{escape(cell)}</td>"
                for cell in (
                    arm.name,
                    str(arm.regimen),
                    ", ".join(arm.changed),
                )
            )
            + "</tr>"
            for arm in self.arms
        )
        head = "<tr><th>arm</th><th>regimen</th><th>changed</th></tr>"
        return f"<p>{escape(self.title)}, {self.length}</p><table>{head}{rows}</table>"

    @classmethod
    def read(cls, path: str | Path) -> Scenario:
        """The scenario that a TOML file tells.

        Names of drugs, observables, variants and parameters are checked by `check`, since only a
        model knows them.

        Raises
        ------
        InputError
            With file, line and key, and the closest valid key.
        """
        file = Path(path)
        table = read_toml(file)
        table.allow(_KEYS)
        name = result_name(table, file, "scenario")
        times_min = _times_min(table)
        if times_min:
            horizon_days = times_min[-1] / 1440
        else:
            table.need("horizon_days", "horizon_days = 84")
            with table.told_at("horizon_days"):
                horizon_days = span("horizon_days", table.data["horizon_days"], "d")
        arms: dict[str, Arm] = {}
        for row in table.tables("arms"):
            arm = _arm(row, horizon_days)
            check_distinct("arm", [*arms, arm.name], "give each a name of its own", row.at("name"))
            arms[arm.name] = arm
        return cls(
            name=name,
            title=table.text("title", default=name),
            description=table.text("description", default=""),
            horizon_days=horizon_days,
            observables=table.texts("observables"),
            arms=tuple(arms.values()),
            source=str(file),
            model=table.text("model", default="patient"),
            times_min=times_min,
        )

    def check(
        self,
        *,
        observables: Iterable[str] | None = None,
        parameters: Iterable[str] | None = None,
        drugs: Iterable[str] | None = None,
        variants: Iterable[str] | None = None,
    ) -> None:
        """Raise InputError for the first id that is not among the model's.

        Parameters
        ----------
        observables, parameters, drugs, variants : iterable of str, optional
            Valid ids; a kind that is left out is not checked.

        Raises
        ------
        InputError
            With the file, the arm and the closest valid id.

        Examples
        --------
        >>> arm = Arm("a", Regimen.parse("sorafenb 400 mg bid x 56 d"))
        >>> scenario = Scenario("s", "S", "", 84.0, (), (arm,), source="s.toml")
        >>> scenario.check(drugs=["sorafenib"])
        Traceback (most recent call last):
        il15_sim.errors.InputError: s.toml: arm 'a': unknown drug 'sorafenb'; ...
        """
        where = self.source or f"scenario {self.name}"
        _check_ids("observable", self.observables, observables, where)
        for arm in self.arms:
            place = f"{where}: arm '{arm.name}'"
            _check_ids("drug", arm.regimen.drugs, drugs, place)
            _check_ids("variant", arm.variants, variants, place)
            _check_ids("parameter", arm.overrides, parameters, place)


def _times_min(table: Table) -> tuple[float, ...]:
    """The minutes at which a dish is read, in order; none where the file has no such key."""
    if "times_min" not in table.data:
        return ()
    if "horizon_days" in table.data:
        why = "the last time is the end"
        raise InputError("times_min beside horizon_days", where=table.at("times_min"), why=why)
    given = table.data["times_min"]
    if not isinstance(given, list) or not given:
        raise table.fault("times_min", "a list of minutes such as [30, 120, 240]")
    minutes = tuple(real(t, "a time of times_min", table.at("times_min")) for t in given)
    with table.told_at("times_min"):
        span("the last of times_min", minutes[-1] / 60)
        if minutes[0] <= 0 or list(minutes) != sorted(set(minutes)):
            raise InputError("times_min", why="times are above zero and increase")
    return minutes


def _arm(table: Table, horizon_days: float) -> Arm:
    if isinstance(table.data.get("name"), str) and table.data["name"].strip():
        table.label = f"arm '{table.data['name'].strip()}'"
    table.allow(_ARM_KEYS)
    name = table.text("name")
    if not name.isprintable():
        raise InputError("the name has a line break in it", where=table.at("name"))
    if "changes" not in table.data:
        table.need("regimen", 'regimen = "sorafenib 400 mg q12h x 56 d", or "none"')
    texts = table.texts("regimen") or ("none",)
    with table.told_at("regimen"):
        regimen = reduce(add, map(Regimen.parse, texts))
    with table.told_at("changes"):
        changes = tuple(map(Change.parse, table.texts("changes")))
        for change in changes:
            if change.time_h > 24 * horizon_days:
                why = f"the arm ends at {24 * horizon_days:g} h"
                raise InputError(f"change '{change}'", why=why, fix="make the runs longer")
    variants, overrides = table.texts("variant"), table.numbers("overrides")
    return Arm(name, regimen, variants, overrides, changes)


def _check_ids(kind: str, names: Iterable[str], valid: Iterable[str] | None, where: str) -> None:
    if valid is None:
        return
    ids = set(valid)
    for name in names:
        if name not in ids:
            raise unknown(kind, name, ids, where)
