"""Published measurements: one folder per study with a PEtab measurement table and its context."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

from il15_sim.errors import InputError, unknown
from il15_sim.files.resources import experiments_dir
from il15_sim.measurement_table import (
    MeasuredQuantity,
    Measurement,
    Window,
    read_measurements,
    read_quantities,
)

if TYPE_CHECKING:
    import pandas as pd

__all__ = [
    "Experiment",
    "MeasuredQuantity",
    "Measurement",
    "Study",
    "Window",
    "data_dir",
    "read_measurements",
    "read_quantities",
    "read_study",
    "study_names",
]


@dataclass(frozen=True)
class Experiment:
    """One arm of a study: its regimen as text and what differs from the packaged model."""

    id: str
    study: str
    regimen: str
    overrides: Mapping[str, float]


@dataclass(frozen=True)
class Study:
    """A published study: citation, known defects, arms and measurements."""

    name: str
    title: str
    citation: str
    doi: str
    population: str
    credit: str
    defects: tuple[str, ...]
    experiments: Mapping[str, Experiment]
    measurements: tuple[Measurement, ...]

    def to_frame(self) -> pd.DataFrame:
        """The measurements as a table, one column per field of `Measurement`."""
        import pandas as pd

        names = [f.name for f in fields(Measurement)]
        return pd.DataFrame(
            [[getattr(m, n) for n in names] for m in self.measurements], None, names
        )


def data_dir(folder: str | Path | None = None) -> Path:
    """The data folder given, or the packaged one."""
    return experiments_dir() / "data" if folder is None else Path(folder)


def study_names(folder: str | Path | None = None) -> tuple[str, ...]:
    """Names of the studies in a data folder (default: the packaged one).

    >>> "flaherty2011" in study_names()
    True
    """
    root = data_dir(folder)
    return tuple(sorted(p.parent.name for p in root.glob("*/study.toml")))


def read_study(name: str, folder: str | Path | None = None) -> Study:
    """Read one study by the name of its folder.

    Parameters
    ----------
    name : str
        Folder with `study.toml` and `measurements.tsv`.
    folder : path, optional
        Data folder; default: the packaged `experiments/data`.

    Raises
    ------
    InputError
        For every fault in either file, with the file and the line.

    Examples
    --------
    >>> study = read_study("flaherty2011")
    >>> study.measurements[0].value, study.measurements[0].unit
    (38.1, 'mg*h/L')
    """
    root = data_dir(folder)
    if name not in study_names(root):
        raise unknown("study", name, study_names(root), root)
    path = root / name / "study.toml"
    try:
        facts = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise InputError(f"not a TOML file: {error}", where=path) from None
    texts = ("title", "citation", "doi", "population", "credit")
    for key in (*texts, "defects", "experiments"):
        if key not in facts:
            raise InputError(f"missing key '{key}'", where=path)
    experiments = _experiments(name, facts["experiments"], path)
    title, citation, doi, population, credit = (str(facts[key]) for key in texts)
    return Study(
        name,
        title,
        citation,
        doi,
        population,
        credit,
        defects=tuple(str(d) for d in facts["defects"]),
        experiments=experiments,
        measurements=read_measurements(
            root / name / "measurements.tsv", read_quantities(root), experiments, name
        ),
    )


def _experiments(study: str, entries: Any, path: Path) -> dict[str, Experiment]:
    experiments = {}
    if not isinstance(entries, dict) or not entries:
        raise InputError("no experiment", where=path, fix="add a table [experiments.<id>]")
    for name, entry in entries.items():
        where = f"{path}: experiments.{name}"
        if not isinstance(entry, dict) or not isinstance(entry.get("regimen"), str):
            raise InputError("missing key 'regimen'", where=where)
        overrides = entry.get("overrides", {})
        if not isinstance(overrides, dict) or not all(
            isinstance(v, int | float) and not isinstance(v, bool) for v in overrides.values()
        ):
            raise InputError("overrides must map parameter ids to numbers", where=where)
        values = {k: float(v) for k, v in overrides.items()}
        experiments[name] = Experiment(name, study, entry["regimen"], values)
    return experiments
