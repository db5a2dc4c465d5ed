"""The parameter table and its variants as frozen values, read with the line of every fault.

The table is a PEtab v2 parameter table with the columns `unit, kind, source, fact, iivCvPercent,
note` beside it. Lines starting with `#` are comments. Cells are plain text between tabs: no
quoting, so that a cell is read alike here, by pandas and by eye.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, fields, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from il15_sim.errors import InputError, unknown
from il15_sim.files.numeric import number, real
from il15_sim.files.tsv import read_tsv, write_tsv

if TYPE_CHECKING:
    import pandas as pd

#: Where a value comes from: read, computed from others, written by a fit, or a guess.
ORIGINS = ("measured", "derived", "fitted", "assumed")
#: A setting says what is given, who the patient is, or which link or hypothesis is on: it is
#: chosen, not known, so nothing varies or estimates it unless it is asked for by name.
KINDS = (*ORIGINS, "setting")
COLUMNS = (
    *("parameterId", "parameterName", "nominalValue", "lowerBound", "upperBound", "estimate"),
    *("priorDistribution", "priorParameters"),
    *("unit", "kind", "source", "fact", "iivCvPercent", "note"),
)
#: Prior distributions of PEtab v2 and how many parameters each takes.
PRIORS = {
    **dict.fromkeys(("cauchy", "gamma", "laplace", "log-laplace", "log-normal", "log-uniform"), 2),
    **dict.fromkeys(("normal", "uniform"), 2),
    **dict.fromkeys(("chisquare", "exponential", "rayleigh"), 1),
}
_PETAB1_PRIORS = {
    **{"log-normal": "logNormal", "log-laplace": "logLaplace"},
    **{"uniform": "uniform", "normal": "normal", "laplace": "laplace"},
    "log-uniform": "parameterScaleUniform",
}
_PETAB1_COLUMNS = (
    *("parameterId", "parameterName", "parameterScale", "lowerBound", "upperBound"),
    *("nominalValue", "estimate", "objectivePriorType", "objectivePriorParameters"),
)
_IDENTIFIER = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


@dataclass(frozen=True)
class Parameter:
    """One row of the table: a constant of the model with its unit, bounds and origin.

    `value`, `lower` and `upper` are in `unit`; `prior_parameters` are those of PEtab v2 (for
    log-normal: mean and standard deviation of the natural logarithm). `iiv_cv_percent` is the
    between-patient variability; `row` is the line in the file (0 when made in memory).
    """

    id: str
    value: float
    lower: float
    upper: float
    unit: str
    kind: str
    name: str = ""
    estimate: bool = False
    prior: str = ""
    prior_parameters: tuple[float, ...] = ()
    source: str = "-"
    fact: str = ""
    iiv_cv_percent: float | None = None
    note: str = ""
    row: int = field(default=0, compare=False)


@dataclass(frozen=True)
class ParameterTable:
    """The parameters by id, in the order of the file.

    Examples
    --------
    >>> table = ParameterTable((Parameter("ka", 0.5, 0.1, 2.0, "1/h", "assumed"),))
    >>> table["ka"].unit, "kb" in table, table.with_values({"ka": 1}).values()
    ('1/h', False, {'ka': 1.0})
    """

    parameters: tuple[Parameter, ...]
    path: Path | None = field(default=None, compare=False)

    def __post_init__(self) -> None:
        """Refuse two rows of one id."""
        seen: dict[str, int] = {}
        for p in self.parameters:
            if p.id in seen:
                where = f"{self.path}: line {p.row}" if self.path else None
                raise InputError(f"duplicated id '{p.id}', first on line {seen[p.id]}", where=where)
            seen[p.id] = p.row

    @classmethod
    def read(cls, path: str | Path) -> ParameterTable:
        """Read a table such as `models/parameters.tsv`.

        Raises
        ------
        InputError
            With file and line, for a missing file or column, a line with the wrong number of
            columns, a duplicated or malformed id, an empty table, a value or bound that is not a
            finite number, reversed bounds, an unknown kind or prior.
        """
        file = Path(path)
        rows, _ = read_tsv(file, COLUMNS)
        return cls(tuple(_parameter(row, f"{file}: line {n}", n) for n, row in rows), file)

    @cached_property
    def _by_id(self) -> dict[str, Parameter]:
        return {p.id: p for p in self.parameters}

    def __getitem__(self, id_: str) -> Parameter:
        """The row of a parameter; an unknown id is refused with the closest one."""
        if id_ not in self._by_id:
            raise unknown("parameter", id_, self._by_id, self.path)
        return self._by_id[id_]

    def _ipython_key_completions_(self) -> list[str]:
        return list(self)

    def __contains__(self, id_: object) -> bool:
        """Whether a parameter has a row."""
        return id_ in self._by_id

    def __iter__(self) -> Iterator[str]:
        """The ids, in the order of the table."""
        return iter(self._by_id)

    def __len__(self) -> int:
        """Number of rows."""
        return len(self.parameters)

    def values(self) -> dict[str, float]:
        """Value of every parameter by id, in the unit of its row."""
        return {p.id: p.value for p in self.parameters}

    def with_values(
        self, values: Mapping[str, float], where: str | Path | None = None
    ) -> ParameterTable:
        """The same table with some values replaced.

        Values may lie outside the bounds (a knock-out is a zero); they must be finite numbers.
        """
        rows = dict(self._by_id)
        for id_, value in values.items():
            if id_ not in rows:
                raise unknown("parameter", id_, rows, where)
            rows[id_] = replace(rows[id_], value=real(value, f"value of '{id_}'", where))
        return replace(self, parameters=tuple(rows.values()))

    def subset(self, ids: Iterable[str]) -> ParameterTable:
        """The rows of some parameters, in the order of the table."""
        wanted = {self[id_].id for id_ in ids}
        return replace(self, parameters=tuple(p for p in self.parameters if p.id in wanted))

    def write(self, path: str | Path) -> None:
        """Write the table so that `read` gives an equal one (comments are not kept)."""
        write_tsv(Path(path), COLUMNS, (_cells(p) for p in self.parameters))

    def to_frame(self) -> pd.DataFrame:
        """One row per parameter, indexed by id: value, unit, bounds, kind, name, source, ...

        Examples
        --------
        >>> from il15_sim import Model
        >>> Model.load("sorafenib_pk").parameters.to_frame().loc["sorafenib_volume", "unit"]
        'L'
        """
        import pandas as pd

        names = [f.name for f in fields(Parameter) if f.name != "row"]
        rows = [[getattr(p, name) for name in names] for p in self.parameters]
        return pd.DataFrame(rows, columns=names).set_index("id")

    def __repr__(self) -> str:
        """How many there are, and the first."""
        shown = ", ".join(f"{p.id} = {p.value:g} {p.unit}" for p in self.parameters[:3])
        return f"{len(self)} parameters: {shown}{', ...' if len(self) > 3 else ''}"

    def _repr_html_(self) -> str:
        """A table for a notebook."""
        columns = ["value", "unit", "lower", "upper", "kind", "name", "source"]
        html: str = self.to_frame()[columns].to_html(max_rows=20, float_format="{:.4g}".format)
        return html

    def to_petab2(self) -> pd.DataFrame:
        """The table as PEtab v2 has it, indexed by `parameterId`, without the own columns."""
        import pandas as pd

        frame = pd.DataFrame([_cells(p)[:8] for p in self.parameters], columns=list(COLUMNS[:8]))
        return frame.astype(dict.fromkeys(COLUMNS[2:5], float)).set_index("parameterId")

    def to_petab1(self) -> pd.DataFrame:
        """The table as PEtab v1 has it, indexed by `parameterId`.

        A parameter with a log prior and a positive lower bound is on the log10 scale. PEtab v1 has
        no log-uniform prior: it is a uniform one on that scale. Other priors that PEtab v1 lacks
        are refused.
        """
        import pandas as pd

        rows = []
        for p in self.parameters:
            prior, numbers = _PETAB1_PRIORS.get(p.prior), p.prior_parameters
            if p.prior and not prior:
                raise InputError(f"PEtab v1 has no '{p.prior}' prior for '{p.id}'", where=self.path)
            if p.prior == "log-uniform":
                if min(p.lower, *numbers) <= 0:
                    what = f"log-uniform prior of '{p.id}' without a positive lower bound"
                    raise InputError(what, where=self.path)
                numbers = tuple(math.log10(x) for x in numbers)
            scale = "log10" if p.prior.startswith("log-") and p.lower > 0 else "lin"
            text = ";".join(map(repr, numbers)) or None  # a missing prior, not an empty text
            cells = (p.id, p.name, scale, p.lower, p.upper, p.value, int(p.estimate), prior, text)
            rows.append(cells)
        return pd.DataFrame(rows, columns=list(_PETAB1_COLUMNS)).set_index("parameterId")


def _parameter(row: Mapping[str, str], where: str, n: int) -> Parameter:
    id_, kind, prior = row["parameterId"], row["kind"], row["priorDistribution"]
    if not _IDENTIFIER.fullmatch(id_):
        why = "an id is made of letters, digits and _, and starts with no digit"
        raise InputError(f"bad identifier '{id_}'", where=where, why=why)
    value, lower, upper = (number(row[c], f"{c} of '{id_}'", where) for c in COLUMNS[2:5])
    if lower > upper:
        raise InputError(f"reversed bounds of '{id_}': {lower:g} > {upper:g}", where=where)
    if row["estimate"] not in ("true", "false"):
        fix = "write true or false"
        raise InputError(f"estimate of '{id_}' is '{row['estimate']}'", where=where, fix=fix)
    if kind not in KINDS:
        raise unknown("kind", kind, KINDS, where)
    if prior and prior not in PRIORS:
        raise unknown("prior", prior, PRIORS, where)
    texts = [t.strip() for t in row["priorParameters"].split(";") if t.strip()]
    numbers = tuple(number(t, f"priorParameters of '{id_}'", where) for t in texts)
    wanted = PRIORS.get(prior, 0)
    if len(numbers) != wanted:
        what = f"prior '{prior}' of '{id_}'" if prior else f"'{id_}' without a prior"
        raise InputError(f"{what} takes {wanted} parameters, not {len(numbers)}", where=where)
    cv_text = row["iivCvPercent"]
    cv = number(cv_text, f"iivCvPercent of '{id_}'", where) if cv_text else None
    if cv is not None and cv < 0:
        raise InputError(f"iivCvPercent of '{id_}' is negative: {cv:g}", where=where)
    names, origin = (row["unit"], kind, row["parameterName"]), (row["source"], row["fact"])
    estimate = row["estimate"] == "true"
    return Parameter(
        id_, value, lower, upper, *names, estimate, prior, numbers, *origin, cv, row["note"], n
    )


def _cells(p: Parameter) -> tuple[str, ...]:
    """The cells of a row; floats by `repr`, so that reading gives back the same bits."""
    cv = "" if p.iiv_cv_percent is None else repr(p.iiv_cv_percent)
    numbers = (repr(p.value), repr(p.lower), repr(p.upper), str(p.estimate).lower())
    prior = (p.prior, ";".join(map(repr, p.prior_parameters)))
    return (p.id, p.name, *numbers, *prior, p.unit, p.kind, p.source, p.fact, cv, p.note)
