"""The command line: `il15-sim list | run | fit | profile | sample | compare | sweep | trial ...`.

One module per group of commands; each imports what it needs only when it is run.
"""

from __future__ import annotations

from pathlib import Path

import click

from il15_sim._version import __version__
from il15_sim.cli.checking import check, sync
from il15_sim.cli.exchanging import petab
from il15_sim.cli.fitting import compare, fit, profile, sample
from il15_sim.cli.group import Commands
from il15_sim.cli.listing import list_
from il15_sim.cli.running import report, reproduce, run, sweep, trial
from il15_sim.errors import InputError

__all__ = ["cli", "main"]


@click.group(
    cls=Commands,
    invoke_without_command=True,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="""
    \b
    Examples:
      il15-sim list
      il15-sim run sorafenib_tmz
      il15-sim run sorafenib_tmz --set sorafenib_clearance=6.0
      il15-sim reproduce --quick

    Research only, not for treatment decisions.
    """,
)
@click.version_option(__version__, prog_name="il15-sim")
@click.option(
    "--models",
    type=click.Path(path_type=Path),
    help="Folder laid out like models/, instead of the packaged one.",
)
@click.pass_context
def cli(ctx: click.Context, models: Path | None) -> None:
    """Simulate sorafenib, IL-15 trans-presentation and CD4+NKG2D+ Th1 cells."""
    if models is not None and not models.is_dir():
        what = "is no folder" if models.exists() else "there is no such folder"
        raise InputError(what, where=models, fix="give a copy of models/")
    ctx.obj = models
    if ctx.invoked_subcommand is None:
        click.echo(ctx.get_help())


for command in (
    list_,
    run,
    fit,
    profile,
    sample,
    compare,
    petab,
    sweep,
    trial,
    check,
    sync,
    report,
    reproduce,
):
    cli.add_command(command)


def main() -> None:
    """Entry point of the `il15-sim` command."""
    cli(prog_name="il15-sim")
