"""The command that writes a fit for other tools: petab."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from il15_sim.cli.group import Command
from il15_sim.errors import unknown

if TYPE_CHECKING:
    from il15_sim.fit import Problem

#: Ends of the names of PEtab problems.
YAML = (".yaml", ".yml")


def problem_of(fit: str, models: Path | None, data: Path | None) -> Problem:
    """The fit that a user names: a TOML file, a packaged one, or the YAML file of PEtab."""
    from il15_sim.files.resources import find_file

    path = find_file(fit, "fits")
    if path.suffix in YAML:
        from il15_sim.exchange import read_petab

        return read_petab(path)
    from il15_sim.fit import read_fit

    return read_fit(path, models_dir=models, data_dir=data)


@click.command(
    cls=Command,
    short_help="Write a fit as a PEtab problem for other tools.",
    epilog="""
    \b
    Examples:
      il15-sim petab sorafenib_pk --out my_petab
      il15-sim petab sorafenib_pk --study flaherty2011 --out flaherty
      il15-sim petab my_fit.toml --out my_petab --petab-version 1
    """,
)
@click.argument("fit")
@click.option(
    "--out", type=click.Path(path_type=Path), required=True, help="A new or empty folder."
)
@click.option(
    "--petab-version",
    "version",
    type=click.IntRange(1, 2),
    default=2,
    help="2, or 1, which has no doses and no areas.",
)
@click.option("--study", "studies", multiple=True, help="Only this study; may be repeated.")
@click.option(
    "--data",
    type=click.Path(path_type=Path),
    help="Folder of studies laid out like experiments/data/, instead of the packaged one.",
)
@click.pass_obj
def petab(
    models: Path | None,
    fit: str,
    out: Path,
    version: int,
    studies: tuple[str, ...],
    data: Path | None,
) -> None:
    """Write FIT, a TOML file or a packaged one such as sorafenib_pk, as a PEtab problem.

    The path of its YAML file is printed.
    """
    from il15_sim.exchange import write_petab

    problem = problem_of(fit, models, data)
    for name in studies:
        if name not in problem.studies:
            raise unknown("study", name, problem.studies, "--study")
    if studies:
        problem = problem.without([s for s in problem.studies if s not in studies])
    written = write_petab(problem, out, version)
    click.echo(written.path)
    click.echo(written.in_words, err=True)
