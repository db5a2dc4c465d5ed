"""Variants: overrides of the parameter table, each value with its source."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from il15_sim.errors import unknown
from il15_sim.files.numeric import number
from il15_sim.files.tsv import read_tsv, write_tsv
from il15_sim.model.parameters import ParameterTable

VARIANT_COLUMNS = ("parameterId", "value", "source", "note")


@dataclass(frozen=True)
class Override:
    """One row of a variant: the value it gives to a parameter, and where that came from."""

    id: str
    value: float
    source: str = "-"
    note: str = ""
    row: int = field(default=0, compare=False)


@dataclass(frozen=True)
class Variant:
    """Overrides of parameter values: what a fit wrote, a hypothesis, a type of patient.

    `comments` are the leading `#` lines of the file without the mark: its provenance.
    """

    name: str
    overrides: tuple[Override, ...]
    comments: tuple[str, ...] = ()
    path: Path | None = field(default=None, compare=False)

    @classmethod
    def read(cls, path: str | Path, table: ParameterTable | None = None) -> Variant:
        """Read a file of `models/variants`; ids are held against the table when one is given.

        Raises
        ------
        InputError
            As for the table, and for an id the table does not have.
        """
        file = Path(path)
        rows, comments = read_tsv(file, VARIANT_COLUMNS, unique="parameterId")
        overrides: dict[str, Override] = {}
        for n, row in rows:
            where, id_ = f"{file}: line {n}", row["parameterId"]
            if table is not None and id_ not in table:
                raise unknown("parameter", id_, table, where)
            value = number(row["value"], f"value of '{id_}'", where)
            overrides[id_] = Override(id_, value, row["source"], row["note"], n)
        return cls(file.stem, tuple(overrides.values()), comments, file)

    def values(self) -> dict[str, float]:
        """The overriding values by id, in the units of the table."""
        return {o.id: o.value for o in self.overrides}

    def write(self, path: str | Path) -> None:
        """Write the variant, its comments first, so that `read` gives an equal one."""
        rows = ((o.id, repr(o.value), o.source, o.note) for o in self.overrides)
        write_tsv(Path(path), VARIANT_COLUMNS, rows, self.comments)
