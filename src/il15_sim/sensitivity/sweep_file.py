"""Sweeps read from TOML files, with every fault told by its line.

At the top stand `title`, `description`, `model` (default: the patient), `regimen`, `against` (what
the same patients are also given), `horizon_days`, `seed` and `failures` ("refuse", "drop",
"resample").

- `[factors]`: what varies. Without it every parameter with a range in the table, but for settings
  (infusions, switches). `ids` names single ones, `kinds` takes those of a kind of the table,
  `without` leaves some out; `ranges = { id = [low, high] }`,
  `distributions = { id = ["normal", 4.0, 0.5] }` and `groups = { name = ["id", "id"] }` as in
  `il15_sim.sensitivity.factors`.
- `[screen]`: a first look at all of them by the method of Morris. `trajectories`, and `keep`: how
  many factors go on, or from which share of the largest effect on.
- `[quantify]`: shares of variance by the method of Sobol, of what the screen keeps where there is
  one. `n` base points, a power of two; `second_order = true` tells pairs, too.
- `[[endpoints]]`: `kind` is a function of `il15_sim.endpoints`, the other keys are its arguments
  (`observable`, `day`, `hours`, ...); `name` and `title`; `compare = "log_ratio"` or "difference"
  from the same patient under `against`; `scale = "log"` for what spans decades.
- `[[courses]]`: an `observable` whose indices `[quantify]` also tells at some `days`; `title`,
  `compare` and `scale` as for endpoints. All courses are told at the days of all.
"""

from __future__ import annotations

from functools import reduce
from operator import add
from pathlib import Path
from typing import Any

from il15_sim.errors import InputError, check_distinct, unknown
from il15_sim.files.result_name import result_name
from il15_sim.files.toml import Table, read_toml
from il15_sim.regimen import Regimen
from il15_sim.regimen.dose import span
from il15_sim.sensitivity.failed import check_choice
from il15_sim.sensitivity.salib import check_seed
from il15_sim.sensitivity.sampling import check_power, check_size
from il15_sim.sensitivity.sweep import Quantify, Screen, Sweep
from il15_sim.sensitivity.sweep_endpoints import Asked, Course, read_asked, read_course
from il15_sim.simulation.dose_axes import gap_names

_KEYS = (
    *("name", "title", "description", "model", "regimen", "against", "horizon_days", "failures"),
    *("seed", "factors", "screen", "quantify", "endpoints", "courses"),
)
_FACTOR_KEYS = ("ids", "kinds", "without", "ranges", "distributions", "groups")


def read_sweep(path: str | Path) -> Sweep:
    """The sweep that a TOML file tells.

    Raises
    ------
    InputError
        With file, line and key, and the closest valid key. Ids are checked by `check`, since
        only a model knows them.
    """
    file = Path(path)
    table = read_toml(file)
    table.allow(_KEYS)
    name = result_name(table, file, "sweep")
    table.need("regimen", 'regimen = "sorafenib 400 mg bid x 56 d"')
    gap = next((gap for text in table.texts("regimen") for gap in gap_names(text)), None)
    if gap is not None:
        raise InputError(
            f"regimen has the gap {{{gap}}}",
            where=table.at("regimen"),
            why="there is no [axes] with its values",
            fix=f"add [axes] and {gap} = [..., ...], or write a number",
        )
    failures = table.text("failures", default="refuse")
    with table.told_at("failures"):
        check_choice(failures)
    with table.told_at("seed"):
        seed = check_seed(table.data.get("seed", 0))
    against = read_regimen(table, "against") if "against" in table.data else None
    screen, quantify = _screen(table), _quantify(table)
    if screen is None and quantify is None:
        raise InputError("neither [screen] nor [quantify]", where=file, fix="add one of them")
    horizon_days = read_horizon(table)
    courses = _courses(table, against, horizon_days)
    if courses and quantify is None:
        raise InputError(
            "[[courses]] without [quantify]",
            where=table.at("courses"),
            why="indices over time are shares of variance",
            fix="add [quantify]",
        )
    return Sweep(
        name=name,
        title=table.text("title", default=name),
        description=table.text("description", default=""),
        model=table.text("model", default="patient"),
        regimen=read_regimen(table, "regimen"),
        against=against,
        horizon_days=horizon_days,
        endpoints=read_endpoints(table, against, horizon_days, courses),
        which=_which(table),
        screen=screen,
        quantify=quantify,
        failures=failures,
        seed=seed,
        courses=courses,
        source=str(file),
    )


def read_horizon(table: Table) -> float:
    """Days that are simulated."""
    table.need("horizon_days", "horizon_days = 56")
    with table.told_at("horizon_days"):
        return span("horizon_days", table.data["horizon_days"], "d")


def read_regimen(table: Table, key: str) -> Regimen:
    """The regimen of a key: a text, or several given together."""
    with table.told_at(key):
        return reduce(add, map(Regimen.parse, table.texts(key)))


def read_endpoints(
    table: Table,
    against: Regimen | None,
    horizon_days: float,
    courses: tuple[Course, ...] = (),
) -> tuple[Asked, ...]:
    """What is asked of each run; something is compared where there is another regimen."""
    found: dict[str, Asked] = {}
    names = [course.observable for course in courses]
    for row in table.tables("endpoints"):
        asked = read_asked(row, _other(against))
        name = asked.endpoint.name
        last_days = asked.endpoint.last_h / 24
        if last_days > horizon_days:
            raise InputError(
                f"endpoint '{name}' reads day {last_days:g}",
                where=row.at("kind"),
                why=f"the runs end on day {horizon_days:g}",
                fix=f"horizon_days = {last_days:g}, or an earlier day",
            )
        if name in names:
            raise InputError(
                f"endpoint '{name}'",
                where=row.at("name"),
                why="a time course is called so",
                fix="give the endpoint another name",
            )
        check_distinct("endpoint", [*found, name], "give each a name of its own", row.at("name"))
        _check_compared(row, name, asked.compare, against)
        found[name] = asked
    compared = [one.compare for one in found.values()] + [one.compare for one in courses]
    if against is not None and not any(compared):
        raise InputError(
            "no endpoint is compared with the regimen of against",
            where=table.at("against"),
            fix='give one of them compare = "log_ratio", or leave against out',
        )
    return tuple(found.values())


def _courses(table: Table, against: Regimen | None, horizon_days: float) -> tuple[Course, ...]:
    found: dict[str, Course] = {}
    for row in table.tables("courses") if "courses" in table.data else ():
        course = read_course(row, _other(against), horizon_days)
        name, place = course.observable, row.at("observable")
        check_distinct("course", [*found, name], "ask for each observable once", place)
        _check_compared(row, name, course.compare, against)
        found[name] = course
    return tuple(found.values())


def _other(against: Regimen | None) -> str:
    return "no treatment" if against == Regimen.none() else "the other regimen"


def _check_compared(row: Table, name: str, compare: str, against: Regimen | None) -> None:
    if compare and against is None:
        raise InputError(
            f"compare of '{name}'",
            where=row.at("compare"),
            why="there is no other regimen",
            fix='add e.g. against = "none" at the top',
        )


def _stage(table: Table, key: str, keys: tuple[str, ...], method: str) -> Table | None:
    """The table of a stage, whose method can be named but not chosen."""
    part = table.table(key)
    if part is not None:
        part.allow(("method", *keys))
        if part.text("method", default=method) != method:
            raise unknown("method", part.text("method"), [method], part.at("method"))
    return part


def _screen(table: Table) -> Screen | None:
    part = _stage(table, "screen", ("trajectories", "keep"), "morris")
    if part is None:
        return None
    found = Screen(**{key: part.data[key] for key in ("trajectories", "keep") if key in part.data})
    with part.told_at("trajectories"):
        check_size("trajectories", found.trajectories)
    number = not isinstance(found.keep, bool) and isinstance(found.keep, (int, float))
    if not number or not (0 < found.keep < 1 or (found.keep >= 1 and found.keep % 1 == 0)):
        raise InputError(
            f"keep {found.keep!r}",
            where=part.at("keep"),
            why="it is how many factors are kept, or a share of the largest effect below 1",
        )
    return found


def _quantify(table: Table) -> Quantify | None:
    part = _stage(table, "quantify", ("n", "second_order"), "sobol")
    if part is None:
        return None
    found = Quantify(**{key: part.data[key] for key in ("n", "second_order") if key in part.data})
    with part.told_at("n"):
        check_size("n", found.n)
        check_power(found.n)
    if not isinstance(found.second_order, bool):
        raise part.fault("second_order", "true or false")
    return found


def _which(table: Table) -> dict[str, Any]:
    """Arguments of `factors`."""
    part = table.table("factors")
    if part is None:
        return {}
    part.allow(_FACTOR_KEYS)
    found: dict[str, Any] = {}
    for key, argument in (("ids", "names"), ("kinds", "kinds"), ("without", "without")):
        if key in part.data:
            found[argument] = part.texts(key)
    for key, argument in (("ranges", "bounds"), ("distributions", ""), ("groups", "")):
        if key in part.data:
            value = part.data[key]
            if not isinstance(value, dict) or not all(
                isinstance(one, list) or (isinstance(one, str) and key == "distributions")
                for one in value.values()
            ):
                raise part.fault(key, "a table of lists such as { id = [0.1, 10] }")
            found[argument or key] = {
                k: v if isinstance(v, str) else tuple(v) for k, v in value.items()
            }
    return found
