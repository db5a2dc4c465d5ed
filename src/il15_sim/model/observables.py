"""What figures and reports say of each observable and drug: its label, its panel, its roles.

`models/observables.tsv` holds, beside formula, noise and unit, four columns for readers:

- `label`: its name on an axis.
- `panel`: its panel in the figure of the chain, whose panels stand in the order of the table; an
  observable without one is no step of the chain.
- `curve`: its name within a panel of several curves.
- `role`: words that say what it is used for: `exposure:DRUG` (AUC, Cmax and trough are told of it),
  `level:DRUG` (another level of the drug), `main` (drawn where nothing else was asked for),
  `response` (drawn against dose as a fold), `subset_share` and `subset_count` (share and count of
  the cells that the model is about), `headline` (what the kinds of the parameters upstream are
  counted for).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from il15_sim.errors import InputError, unknown
from il15_sim.files.resources import models_dir
from il15_sim.files.tsv import read_tsv
from il15_sim.model import OBSERVABLE_COLUMNS
from il15_sim.model.drugs import DRUG_COLUMNS

ROLES = ("main", "response", "subset_share", "subset_count", "headline")
_DRUG_ROLES = ("exposure", "level")


@dataclass(frozen=True)
class Observable:
    """One row of the table."""

    id: str
    name: str
    unit: str
    label: str
    panel: str
    curve: str
    roles: tuple[str, ...]

    @property
    def drug(self) -> str:
        """The drug whose level it is; empty for everything else."""
        return next((r.partition(":")[2] for r in self.roles if ":" in r), "")


@dataclass(frozen=True)
class ObservableTable:
    """All observables of a models folder by id, and the labels of its drugs, in their order."""

    observables: dict[str, Observable]
    drugs: dict[str, str]

    def of_role(self, role: str) -> tuple[str, ...]:
        """Ids of the observables that have a role, in the order of the table."""
        return tuple(o.id for o in self.observables.values() if role in o.roles)

    def one_of_role(self, role: str) -> str:
        """The observable of a role that only one has; empty where none has it."""
        return next(iter(self.of_role(role)), "")

    def panels(self) -> dict[str, list[Observable]]:
        """Panels of the chain, each with its curves."""
        found: dict[str, list[Observable]] = {}
        for one in self.observables.values():
            if one.panel:
                found.setdefault(one.panel, []).append(one)
        return found


def read_observables(folder: str | Path | None = None) -> ObservableTable:
    """Read the two tables of a models folder (default: the packaged one).

    Raises
    ------
    InputError
        For a missing label, an unknown or repeated role, and for curves that share a panel but no
        unit; with file and line.

    Examples
    --------
    >>> table = read_observables()
    >>> table.observables["cd4_per_uL"].label, table.drugs["il15"]
    ('CD4+ cells', 'IL-15 agonist')
    """
    place = Path(folder) if folder is not None else models_dir()
    paths = place / "observables.tsv", place / "drugs.tsv"
    stamps = tuple(path.stat().st_mtime_ns if path.is_file() else 0 for path in paths)
    return _read(*paths, stamps)


@lru_cache(maxsize=8)
def _read(path: Path, of_drugs: Path, stamps: tuple[int, ...]) -> ObservableTable:
    rows, _ = read_tsv(of_drugs, DRUG_COLUMNS)
    drugs = {row["drug"]: row["label"] or row["drug"] for _, row in rows}
    rows, _ = read_tsv(path, OBSERVABLE_COLUMNS, unique="observableId")
    found: dict[str, Observable] = {}
    taken: set[str] = set()
    units: dict[str, str] = {}
    for line, row in rows:
        where, id_ = f"{path}: line {line}", row["observableId"]
        if not row["label"]:
            raise InputError(f"observable '{id_}' has no label", where=where)
        roles = tuple(row["role"].split())
        for role in roles:
            _check_role(role, drugs, taken, where)
        if row["panel"] and units.setdefault(row["panel"], row["unit"]) != row["unit"]:
            why = f"its other curves are in {units[row['panel']]}"
            raise InputError(f"'{id_}' in panel '{row['panel']}'", where=where, why=why)
        texts = (row["observableName"], row["unit"], row["label"], row["panel"], row["curve"])
        found[id_] = Observable(id_, *texts, roles)
    return ObservableTable(found, drugs)


def _check_role(role: str, drugs: dict[str, str], taken: set[str], where: str) -> None:
    kind, colon, drug = role.partition(":")
    if colon and kind in _DRUG_ROLES:
        if drug not in drugs:
            raise unknown("drug", drug, drugs, where)
    elif role not in ROLES:
        known = (*ROLES, *(f"{k}:{d}" for k in _DRUG_ROLES for d in drugs))
        raise unknown("role", role, known, where)
    if kind == "exposure" or role.startswith("subset_"):
        if role in taken:
            raise InputError(f"a second observable of role '{role}'", where=where)
        taken.add(role)
