"""Commands that keep table and models together: check reads, sync writes."""

from __future__ import annotations

from pathlib import Path

import click

from il15_sim.cli.group import Command
from il15_sim.errors import InputError


@click.command(
    cls=Command,
    short_help="Check table and models; changes nothing.",
    epilog="""
    \b
    Examples:
      il15-sim check
      il15-sim --models my_models check --summary
    """,
)
@click.option("--summary", is_flag=True, help="Count parameters of each kind.")
@click.pass_obj
def check(models: Path | None, summary: bool) -> None:
    """Check units, bounds, sources, formulas and values of the models; exit 2 on an error."""
    from il15_sim import check as checks
    from il15_sim.files.resources import experiments_dir, models_dir
    from il15_sim.model import Model
    from il15_sim.model.parameters import ParameterTable

    folder = models or models_dir()
    findings = checks.run_checks(folder, experiments_dir())
    for finding in findings:
        click.echo(str(finding), err=True)
    errors = [f for f in findings if f.severity == "error"]
    if summary and not any(f.check == "read" for f in errors):
        table = ParameterTable.read(folder / "parameters.tsv")
        by_model = checks.parameters_by_model(folder, table)
        upstream = checks.headline_kinds(Model.load(models_dir=folder))
        click.echo(checks.summary_text(table, by_model, upstream))
    if errors:
        raise InputError(f"{len(errors)} of the checks' findings are errors", where=folder)
    click.echo("all checks passed" + (f", {len(findings)} warnings" if findings else ""))


@click.command(
    cls=Command,
    short_help="Write the table's values into the models.",
    epilog="""
    \b
    Examples:
      il15-sim sync
      il15-sim --models my_models sync
    """,
)
@click.pass_obj
def sync(models: Path | None) -> None:
    """Write values and the untreated steady state into the models, counts into their README."""
    from il15_sim.check import sync_models
    from il15_sim.files.resources import models_dir

    changed = sync_models(models or models_dir())
    for path in changed:
        click.echo(f"written: {path}")
    if not changed:
        click.echo("nothing to write: the files follow the table")
