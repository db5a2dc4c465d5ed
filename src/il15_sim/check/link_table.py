"""The table of what each link of the chain rests on, in the README beside the models."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from il15_sim.check.finding import Finding, from_error
from il15_sim.check.kind_counts import assumed_text, summary
from il15_sim.check.problem import Problem
from il15_sim.check.readme_blocks import readme_findings, sync_readme
from il15_sim.errors import InputError
from il15_sim.model.links import LINKS, read_links
from il15_sim.model.parameters import ParameterTable

#: Columns of the table for readers, by those of `links.tsv`; the first tells modules and fit, too.
COLUMNS = {
    "link": "link",
    "data": "data",
    "fitted": "fitted",
    "errors": "found against seen",
    "not_identified": "not identified",
    "assumed": "stays assumed",
    "falsify": "what would falsify it",
}


def links_block(models_dir: str | Path) -> str:
    """The counts of assumed rows and the table of the links, as lines for `models/README.md`."""
    table = ParameterTable.read(Path(models_dir) / "parameters.tsv")
    lines = [assumed_text(summary(table)), ""]
    lines += ["| " + " | ".join(COLUMNS.values()) + " |", "|" + "---|" * len(COLUMNS)]
    for link in read_links(models_dir):
        cells = link.cells()
        places = ", ".join(f"`{name}`" for name in link.modules)
        told = f"; fit `{link.fit}`" if link.fit else ""
        cells["link"] = f"**{link.link}** ({places}{told})"
        lines.append(
            "| " + " | ".join((cells[c] or "–").replace("|", "\\|") for c in COLUMNS) + " |"
        )
    return "\n".join(lines) + "\n"


def sync_links(models_dir: str | Path) -> tuple[Path, ...]:
    """Write the table into the README beside the models, where it has its place."""
    return sync_readme(models_dir, "links", links_block)


def links(problem: Problem) -> Iterator[Finding]:
    """Every link names a fit and modules that there are; the README has the table of them."""
    if (problem.models_dir / LINKS).is_file():
        try:
            read_links(problem.models_dir, problem.fits)
        except InputError as error:
            yield from_error("links", error)
            return
    yield from readme_findings(
        problem, "links", links_block, "the table of the links is not that of links.tsv"
    )
