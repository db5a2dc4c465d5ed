"""Maps of doses and schedules, read from sweep files whose regimen has gaps.

At the top stand `title`, `description`, `model`, `regimen`, `against` and `horizon_days` as in
every sweep (`il15_sim.sensitivity.sweep_file`); the regimen has gaps, as in
`"sorafenib {dose} mg q{every}h x 56 d"`.

- `[axes]`: the numbers of each gap, `dose = [200, 400, 800]`; one axis or two.
- `[approved]`: one number of each axis, to be marked.
- `[[endpoints]]`: as in every sweep. The numbers are shown themselves: there is no `scale`, and
  `compare = "log_ratio"` shows the ratio.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from il15_sim.errors import InputError, unknown
from il15_sim.files.result_name import result_name
from il15_sim.files.toml import Table, read_toml
from il15_sim.model import Model
from il15_sim.regimen import Regimen
from il15_sim.sensitivity.sweep import Sweep, check_ids
from il15_sim.sensitivity.sweep_endpoints import Asked
from il15_sim.sensitivity.sweep_file import (
    read_endpoints,
    read_horizon,
    read_regimen,
    read_sweep,
)
from il15_sim.simulation.dose_axes import axis_values, combinations, gap_names

_KEYS = (
    *("name", "title", "description", "model", "regimen", "against", "horizon_days"),
    *("axes", "approved", "endpoints"),
)
#: What belongs to sweeps over parameters.
_OTHERS = ("factors", "screen", "quantify", "courses")


@dataclass(frozen=True)
class DoseMap:
    """A sweep over doses and schedules as its file tells it.

    Attributes
    ----------
    name, title, description, model, against, horizon_days, endpoints, source
        As in `Sweep`.
    template : str
        The regimen with its gaps.
    axes : mapping of gap to numbers
    approved : mapping of gap to number
        Empty where nothing is marked.
    """

    name: str
    title: str
    description: str
    model: str
    template: str
    axes: Mapping[str, list[float]] = field(hash=False)
    approved: Mapping[str, float] = field(hash=False)
    against: Regimen | None
    horizon_days: float
    endpoints: tuple[Asked, ...]
    source: str = field(default="", compare=False)

    def check(self, model: Model) -> None:
        """Raise InputError for the first drug or observable that is not the model's, with file."""
        regimens = (*combinations(self.template, self.axes).values(), self.against)
        check_ids(self.source, (r for r in regimens if r is not None), self.endpoints, model)


def read_any(path: str | Path) -> Sweep | DoseMap:
    """The sweep or, where there are `[axes]`, the map that a file tells."""
    file = Path(path)
    return read_map(file) if "axes" in read_toml(file).data else read_sweep(file)


def read_map(path: str | Path) -> DoseMap:
    """The map that a TOML file tells.

    Raises
    ------
    InputError
        With file, line and key.
    """
    file = Path(path)
    table = read_toml(file)
    other = next((key for key in _OTHERS if key in table.data), None)
    if other is not None:
        raise InputError(
            f"[{other}] together with [axes]",
            where=table.at(other),
            why="a map varies doses and schedules of one patient, no parameters",
            fix="leave one of them out, or make two files",
        )
    table.allow(_KEYS)
    name = result_name(table, file, "sweep")
    against = read_regimen(table, "against") if "against" in table.data else None
    template, axes = _axes(table)
    horizon_days = read_horizon(table)
    endpoints = read_endpoints(table, against, horizon_days)
    for row, asked in zip(table.tables("endpoints"), endpoints, strict=True):
        if asked.scale != "linear":
            raise InputError(
                f'scale "{asked.scale}"',
                where=row.at("scale"),
                why="a map shows the numbers themselves",
                fix="leave scale out",
            )
    return DoseMap(
        name=name,
        title=table.text("title", default=name),
        description=table.text("description", default=""),
        model=table.text("model", default="patient"),
        template=template,
        axes=axes,
        approved=_approved(table, axes),
        against=against,
        horizon_days=horizon_days,
        endpoints=endpoints,
        source=str(file),
    )


def shown_name(asked: Asked) -> str:
    """The column of an endpoint in a map: what is shown of a log ratio is the ratio."""
    name = asked.endpoint.name
    return f"{name}_{asked.compare.removeprefix('log_')}" if asked.compare else name


def shown_title(asked: Asked) -> str:
    """The title of an endpoint in a map, and how it is compared."""
    return asked.words.replace(", log ratio to ", ", ratio to ") if asked.compare else asked.title


def _axes(table: Table) -> tuple[str, dict[str, list[float]]]:
    """The regimen with its gaps, and the numbers of each."""
    template = table.text("regimen")
    part = table.table("axes")
    assert part is not None
    gaps = gap_names(template)
    for name in part.data:
        if name not in gaps:
            raise InputError(
                f"axis '{name}' is not in the regimen",
                where=part.at(name),
                fix=f"write {{{name}}} where its numbers belong, or leave it out",
            )
    if not gaps:
        raise InputError(
            "[axes] is empty", where=part.at(), fix="write e.g. dose = [200, 400, 800], or leave it"
        )
    for name in gaps:
        part.need(name, f"{name} = [200, 400, 800]")
    if len(gaps) > 2:
        raise InputError(
            f"{len(gaps)} axes ({', '.join(gaps)})",
            where=table.at("axes"),
            why="a figure has room for two",
            fix="write a number in the place of one gap, and make one file for each",
        )
    values = {}
    for name in part.data:
        with part.told_at(name):
            values[name] = axis_values(name, part.data[name])
    with table.told_at("regimen"):
        combinations(template, values)
    return template, values


def _approved(table: Table, axes: Mapping[str, list[float]]) -> dict[str, float]:
    part = table.table("approved")
    if part is None:
        return {}
    for name in part.data:
        if name not in axes:
            raise unknown("axis", name, axes, part.at(name))
    numbers = table.numbers("approved")
    for name, values in axes.items():
        part.need(name, f"{name} = {values[0]:g}")
        if numbers[name] not in values:
            raise InputError(
                f"approved {name} {numbers[name]:g}",
                where=part.at(name),
                why=f"it is none of the numbers of the axis: {', '.join(f'{v:g}' for v in values)}",
                fix="add it there",
            )
    return numbers
