"""Tables in the README beside the models, between two marks: sync writes them, check compares."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path

from il15_sim.check.blocks import read_text
from il15_sim.check.finding import Finding, from_error
from il15_sim.check.problem import Problem
from il15_sim.errors import InputError
from il15_sim.files.atomic import write_atomic


def marks(name: str) -> tuple[str, str]:
    """The lines of `models/README.md` between which a table stands.

    >>> marks("headlines")
    ('<!-- headlines: written by il15-sim sync -->', '<!-- end of headlines -->')
    """
    return f"<!-- {name}: written by il15-sim sync -->", f"<!-- end of {name} -->"


def sync_readme(
    models_dir: str | Path, name: str, write: Callable[[Path], str]
) -> tuple[Path, ...]:
    """Write a table into the README beside the models, where it has its place.

    `write` gives the lines for a folder of models. Returns the README where it changed.
    """
    path, place = _place(Path(models_dir), name)
    if place is None:
        return ()
    text = read_text(path)
    new = place.sub(lambda _: write(Path(models_dir)), text)
    if new == text:
        return ()
    write_atomic(path, new)
    return (path,)


def readme_findings(
    problem: Problem, name: str, write: Callable[[Path], str], fault: str
) -> Iterator[Finding]:
    """An error, told by `fault`, where the table in the README is not what sync would write."""
    path, place = _place(problem.models_dir, name)
    if place is None:
        return
    try:
        wanted = write(problem.models_dir)
    except InputError as error:
        yield from_error(name, error)
        return
    if (found := place.search(read_text(path))) is None or found.group() != wanted:
        yield Finding(name, "error", str(path), f"{fault}; run il15-sim sync")


def _place(models_dir: Path, name: str) -> tuple[Path, re.Pattern[str] | None]:
    """The README, and what finds the lines between the marks; None where it has no such place."""
    path = models_dir / "README.md"
    begin, end = marks(name)
    if not path.is_file() or begin not in read_text(path):
        return path, None
    return path, re.compile(f"(?<={re.escape(begin)}\n).*?(?={re.escape(end)})", re.DOTALL)
