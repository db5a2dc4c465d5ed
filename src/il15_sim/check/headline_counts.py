"""How many parameters of each kind lie upstream of each headline of the patient."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from il15_sim.check.blocks import read_text
from il15_sim.check.finding import Finding, from_error
from il15_sim.check.problem import PATIENT, Problem
from il15_sim.errors import InputError
from il15_sim.files.atomic import write_atomic
from il15_sim.model import Model
from il15_sim.model.observables import read_observables
from il15_sim.model.parameters import KINDS

#: The lines of `models/README.md` between which the table stands.
BEGIN, END = "<!-- headlines: written by il15-sim sync -->", "<!-- end of headlines -->"
_BLOCK = re.compile(f"(?<={re.escape(BEGIN)}\n).*?(?={re.escape(END)})", re.DOTALL)


def headline_kinds(model: Model) -> dict[str, dict[str, int]]:
    """Counts of each kind upstream of the observables whose role is `headline`.

    Empty for a module without one.

    Examples
    --------
    >>> list(headline_kinds(Model.load("sorafenib_pk")))
    ['sorafenib_total_mg_per_L']
    """
    asked = read_observables(model.models_dir).of_role("headline")
    return {name: model.upstream_kinds(name) for name in asked if name in model.observables}


def headline_block(models_dir: str | Path) -> str:
    """The counts of the patient as the lines of a table for `models/README.md`."""
    lines = [
        "| upstream of | " + " | ".join((*KINDS, "total")) + " |",
        "|---|" + "---|" * (len(KINDS) + 1),
    ]
    for name, counts in headline_kinds(Model.load(PATIENT, models_dir=models_dir)).items():
        cells = [str(n) for n in (*counts.values(), sum(counts.values()))]
        lines.append(f"| `{name}` | " + " | ".join(cells) + " |")
    return "\n".join(lines) + "\n"


def sync_headlines(models_dir: str | Path) -> tuple[Path, ...]:
    """Write the counts into the README beside the models, where it has their place."""
    path = Path(models_dir) / "README.md"
    if not path.is_file() or BEGIN not in (text := read_text(path)):
        return ()
    new = _BLOCK.sub(lambda _: headline_block(models_dir), text)
    if new == text:
        return ()
    write_atomic(path, new)
    return (path,)


def headlines(problem: Problem) -> Iterator[Finding]:
    """The counts in the README beside the models are those of the table."""
    path = problem.models_dir / "README.md"
    if not path.is_file() or BEGIN not in (text := read_text(path)):
        return
    try:
        wanted = headline_block(problem.models_dir)
    except InputError as error:
        yield from_error("headlines", error)
        return
    if (found := _BLOCK.search(text)) is None or found.group() != wanted:
        message = "the counts upstream of the headlines are not those of the table"
        yield Finding("headlines", "error", str(path), f"{message}; run il15-sim sync")
