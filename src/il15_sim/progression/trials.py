"""What was published on progression: arms with their calendar, and what was read at visits."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from il15_sim.errors import InputError, unknown
from il15_sim.files.numeric import number, real
from il15_sim.files.toml import Table, read_toml
from il15_sim.files.tsv import read_tsv
from il15_sim.fit.priors import Prior
from il15_sim.frozen import Frozen
from il15_sim.regimen import Regimen
from il15_sim.response import CRITERIA, Criterion

#: What a reading tells: a share of patients, 0 to 1.
QUANTITIES = ("progression-free", "response", "grown", "shrunk", "doubling below")
#: Those that are read at a day.
_DATED = ("progression-free", "grown", "shrunk", "doubling below")
_COLUMNS = (
    *("id", "arm", "quantity", "reported", "day", "share", "n", "weight", "used"),
    *("source", "doi", "note"),
)
_KEYS = ("title", "seed", "patients", "starts", "visit_spread_d", "most_patients")


@dataclass(frozen=True)
class TrialArm:
    """Patients of one arm: what they took, when they were read, and by which criterion."""

    name: str
    regimen: Regimen
    visits_d: tuple[float, ...]
    criterion: Criterion
    calendar: str


@dataclass(frozen=True)
class Reading:
    """One published number, as a share of patients.

    Attributes
    ----------
    id, arm : str
    quantity : str
        One of `QUANTITIES`. `grown` and `shrunk` by the criterion of the arm at one visit;
        `doubling below` of an untreated volume.
    reported : "share" or "median"
        A median says that half have progressed by its day.
    day : float
        NaN for a best response.
    share, n, weight : float
    used : "fit" or "compare"
    source, doi, note : str
    """

    id: str
    arm: str
    quantity: str
    reported: str
    day: float
    share: float
    n: float
    weight: float
    used: str
    source: str
    doi: str
    note: str


@dataclass(frozen=True)
class Estimate:
    """A parameter that is fitted, and its log SD between patients, with what is known of both."""

    id: str
    value: Prior
    spread: Prior


@dataclass(frozen=True)
class Trials:
    """Everything that a fit of progression reads."""

    title: str
    arms: Mapping[str, TrialArm]
    readings: tuple[Reading, ...]
    estimates: tuple[Estimate, ...]
    seed: int
    patients: int
    starts: int
    visit_spread_d: float
    most_patients: float


def read_trials(folder: str | Path) -> Trials:
    """Read `fit.toml` and `readings.tsv` of a folder.

    Raises
    ------
    InputError
        With file and line, for what cannot be read, unknown arms, criteria and quantities, and
        shares outside 0 to 1.
    """
    file = Path(folder) / "fit.toml"
    top = read_toml(file)
    top.allow((*_KEYS, "trials", "estimates"))
    for key in _KEYS[1:]:
        top.need(key, f"{key} = 8")
    spread, most = (real(top.data[k], k, top.at(k)) for k in _KEYS[4:])
    seed, patients, starts = (int(real(top.data[k], k, top.at(k))) for k in _KEYS[1:4])
    arms = {name: _arm(name, table) for name, table in top.named_tables("trials").items()}
    estimates = tuple(_estimate(i, t) for i, t in top.named_tables("estimates").items())
    readings = _readings(Path(folder) / "readings.tsv", arms)
    return Trials(
        top.text("title"), Frozen(arms), readings, estimates, seed, patients, starts, spread, most
    )


def _arm(name: str, table: Table) -> TrialArm:
    table.allow(("regimen", "criterion", "visits_d", "calendar"))
    criterion = table.text("criterion")
    if criterion not in CRITERIA:
        raise unknown("criterion", criterion, CRITERIA, table.at("criterion"))
    table.need("visits_d", "visits_d = [56, 112]")
    days = table.data["visits_d"]
    if not isinstance(days, list):
        raise table.fault("visits_d", "a list of days such as [56, 112]")
    visits = tuple(real(d, "visits_d", table.at("visits_d")) for d in days)
    if not visits or any(b <= a for a, b in zip((0.0, *visits), visits, strict=False)):
        why = "they are days after 0 that increase"
        raise InputError("visits_d are in no order", where=table.at("visits_d"), why=why)
    regimen = Regimen.none()
    if table.data.get("regimen") != "":
        with table.told_at("regimen"):
            for text in table.texts("regimen"):
                regimen = regimen + Regimen.parse(text)
    return TrialArm(name, regimen, visits, CRITERIA[criterion], table.text("calendar"))


def _estimate(name: str, table: Table) -> Estimate:
    def prior(what: str) -> Prior:
        keys = [f"{what}_{part}" for part in ("median", "fold", "source")]
        for key in keys[:2]:
            table.need(key, f"{key} = 2.0")
        median, fold = (real(table.data[k], k, table.at(k)) for k in keys[:2])
        with table.told_at(keys[0]):
            return Prior.of_fold(median, fold, table.text(keys[2]))

    parts = ("median", "fold", "source")
    table.allow([f"{what}_{part}" for what in ("prior", "spread") for part in parts])
    return Estimate(name, prior("prior"), prior("spread"))


def _readings(path: Path, arms: Mapping[str, TrialArm]) -> tuple[Reading, ...]:
    found = []
    for line, row in read_tsv(path, _COLUMNS, unique="id")[0]:
        where = f"{path}: line {line}"
        for what, known in (
            ("arm", tuple(arms)),
            ("quantity", QUANTITIES),
            ("reported", ("share", "median")),
            ("used", ("fit", "compare")),
        ):
            if row[what] not in known:
                raise unknown(what, row[what], known, where)
        dated = row["quantity"] in _DATED
        day = number(row["day"], "day", where) if dated else float("nan")
        share, n, weight = (number(row[c], c, where) for c in ("share", "n", "weight"))
        if not (0 <= share <= 1 and n > 0 and 0 < weight <= 1):
            told = f"share {share:g} of {n:g} patients, weight {weight:g}"
            why = "a share lies between 0 and 1, n is positive, a weight above 0 and up to 1"
            raise InputError(told, where=where, why=why)
        if row["quantity"] in ("grown", "shrunk") and day not in arms[row["arm"]].visits_d:
            why = "it is read at a visit of its arm"
            raise InputError(f"day {day:g} of '{row['id']}'", where=where, why=why)
        texts = {c: row[c] for c in ("id", "arm", "quantity", "reported", "used")}
        texts |= {c: row[c] for c in ("source", "doi", "note")}
        found.append(Reading(day=day, share=share, n=n, weight=weight, **texts))
    return tuple(found)
