"""Published measurements: one folder per study with a PEtab measurement table and its context."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING

from il15_sim.data.table import Measurement, read_measurements, read_quantities
from il15_sim.errors import unknown
from il15_sim.files.resources import experiments_dir
from il15_sim.files.toml import Table, read_toml

if TYPE_CHECKING:
    import pandas as pd

_TEXTS = ("title", "citation", "doi", "population", "credit")
_KEYS = (*_TEXTS, "defects", "experiments")


@dataclass(frozen=True)
class Experiment:
    """One arm of a study: its regimen as text and what differs from the packaged model.

    Arms with one `group` share what a fit estimates for it.
    """

    id: str
    study: str
    regimen: str
    overrides: Mapping[str, float]
    group: str = ""


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
    table = read_toml(path)
    table.allow(_KEYS)
    for key in _TEXTS:
        table.need(key, f'{key} = "..."')  # it may be empty, but not forgotten
    title, citation, doi, population, credit = (table.text(key, default="") for key in _TEXTS)
    arms = table.named_tables("experiments").items()
    experiments = {key: _experiment(name, key, arm) for key, arm in arms}
    return Study(
        name,
        title,
        citation,
        doi,
        population,
        credit,
        defects=table.text_list("defects"),
        experiments=experiments,
        measurements=read_measurements(
            root / name / "measurements.tsv", read_quantities(root), experiments, name
        ),
    )


def _experiment(study: str, name: str, table: Table) -> Experiment:
    table.allow(("regimen", "overrides", "group"))
    table.need("regimen", 'regimen = "sorafenib 400 mg q12h x 56 d"')
    regimen, group = table.text("regimen"), table.text("group", "")
    return Experiment(name, study, regimen, table.numbers("overrides"), group)
