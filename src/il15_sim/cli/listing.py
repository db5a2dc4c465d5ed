"""The command that tells what there is: ids to write into files, and what they mean."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import click

from il15_sim.cli.group import Command
from il15_sim.errors import InputError, closest, unknown
from il15_sim.files.csv_text import csv_text


@click.command(
    "list",
    cls=Command,
    short_help="Tell what there is: ids, units, values, sources.",
    epilog="""
    \b
    Examples:
      il15-sim list
      il15-sim list parameters --search clearance
      il15-sim list observables --csv > observables.csv
    """,
)
@click.argument("kind", required=False, metavar="[KIND]")
@click.option("--search", metavar="TEXT", help="Only what has this text in it.")
@click.option("--csv", "as_csv", is_flag=True, help="Comma-separated values.")
@click.pass_obj
def list_(models: Path | None, kind: str | None, search: str | None, as_csv: bool) -> None:
    """List scenarios, observables, drugs, variants, parameters, fits, sweeps, trials or models.

    Without KIND an overview of all of them.
    """
    from il15_sim.cli.catalogue import KINDS, Listing, everything, overview
    from il15_sim.files.resources import models_dir

    folder = models or models_dir()
    if kind is not None and kind not in KINDS:
        raise unknown("kind", kind, KINDS, "il15-sim list")
    if kind is not None:
        found = KINDS[kind](folder)
    elif search is not None or as_csv:
        found = everything(folder)
    else:
        found = overview(folder)
    if search is not None:
        wanted = search.casefold()
        rows = [row for row in found.rows if wanted in "\n".join(row).casefold()]
        if not rows:
            ids = [row[1 if kind is None else 0] for row in found.rows]
            near = closest(search, ids)
            where = f"il15-sim list {kind}" if kind else "il15-sim list"
            fix = f"did you mean '{near}'?" if near else None
            raise InputError(f"nothing has '{search}' in it", where=where, fix=fix)
        found = Listing(found.header, rows)
    lines = [found.header, *found.rows]
    click.echo(csv_text(lines).rstrip("\n") if as_csv else _aligned(lines))


def _aligned(lines: Sequence[Sequence[str]]) -> str:
    """Columns padded to their widest cell, the last one as long as it is."""
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()
        for line in lines
    )
