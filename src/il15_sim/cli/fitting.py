"""Commands that fit: fit, profile, sample, compare."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import click

from il15_sim.cli.group import Command
from il15_sim.cli.progress import end_with, progress
from il15_sim.cli.running import RESULTS
from il15_sim.errors import InputError

if TYPE_CHECKING:
    from il15_sim.fit import Problem

_TABLES = (".csv", ".tsv", ".txt")


def _options(*others: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """The options that tell what is fitted and how hard, and others."""
    out = click.Path(path_type=Path)
    folder = click.Path(path_type=Path, exists=True, file_okay=False)
    told = (
        click.option("--out", type=out, help="Results folder; results/<name>/<hash> otherwise."),
        click.option("--starts", type=click.IntRange(1), help="Searches from different points."),
        click.option("--seed", type=click.IntRange(0), help="Seed of the starts."),
        click.option("--threads", type=click.IntRange(1), help="Threads; all cores otherwise."),
        click.option("--data", type=folder, help="Folder of studies instead of the packaged one."),
        click.option("--model", help="Of a table of readings: the model."),
        click.option("--estimate", metavar="ID,ID", help="Of a table: what to estimate."),
        click.option("--dose-of", metavar="ID", help="Of a table: the input its doses are of."),
        click.option("--likelihood", help="Of a table: log-normal, normal or another kind."),
        click.option(
            "--scale",
            type=click.Choice(["observable", "group", "plate", "group and plate"]),
            help="Of a table: readings are relative, one factor for each.",
        ),
        click.option("--offset", is_flag=True, help="With --scale: each has a background, too."),
        *others,
    )

    def add(command: Any) -> Any:
        for option in reversed(told):
            command = option(command)
        return command

    return add


def _problem(
    fit: str,
    models: Path | None,
    *,
    data: Path | None,
    model: str | None,
    estimate: str | None,
    dose_of: str | None,
    likelihood: str | None,
    scale: str | None,
    offset: bool,
    seed: int | None,
    **_: Any,
) -> Problem:
    """What is fitted: a packaged fit, a fit file, a PEtab problem, or a table with options."""
    from dataclasses import replace

    from il15_sim.cli.exchanging import problem_of

    own: dict[str, Any] = {"--model": model, "--estimate": estimate, "--dose-of": dose_of}
    own |= {"--likelihood": likelihood, "--scale": scale, "--offset": offset or None}
    if Path(fit).suffix.lower() in _TABLES:
        problem = _of_table(Path(fit), models, own)
    else:
        for option, value in own.items():
            if value is not None:
                told = option if value is True else f"{option} {value}"
                why = "a fit file tells it itself; the option is for a table of readings"
                raise InputError(told, why=why)
        problem = problem_of(fit, models, data)
    if data is not None and not problem.studies:
        raise InputError(f"--data {data}", why=f"{fit} fits no published studies")
    return problem if seed is None else replace(problem, seed=seed)


def _of_table(file: Path, models: Path | None, own: dict[str, Any]) -> Problem:
    from il15_sim.files.result_name import plain_name
    from il15_sim.fit.tables.entrance import table_problem
    from il15_sim.model import Model

    for option, example in (("--model", "cd4_signalling"), ("--estimate", "pstat5_half_signal")):
        if own[option] is None:
            why = "a table of readings does not say it"
            raise InputError(f"no {option}", why=why, fix=f"add {option} {example}")
    names = [part.strip() for part in str(own["--estimate"]).split(",")]
    return table_problem(
        Model.load(str(own["--model"]), models_dir=models),
        file,
        names,
        dose_of=own["--dose-of"],
        noise=own["--likelihood"] or "log-normal",
        scale=own["--scale"],
        offset=bool(own["--offset"]),
        name=plain_name(file.stem),
    )


@click.command(
    cls=Command,
    short_help="Fit parameters to published measurements or to your own.",
    epilog="""
    \b
    Examples:
      il15-sim fit sorafenib_pk --starts 20
      il15-sim fit my_fit.toml --out my_results
      il15-sim fit my_petab/problem.yaml
      il15-sim fit readings.csv --model cd4_signalling --estimate pstat5_half_signal,pstat5_turnover
      il15-sim fit sorafenib_pk --leave-one-out
      il15-sim --models my_models fit sorafenib_pk --write-variant
    """,
)
@click.argument("fit")
@_options(
    click.option("--leave-one-out", is_flag=True, help="Fit without each study (or arm), too."),
    click.option(
        "--write-variant",
        is_flag=True,
        help="Write the estimates into variants/ of the models folder.",
    ),
)
@click.pass_obj
def fit(
    models: Path | None, /, fit: str, leave_one_out: bool, write_variant: bool, **told: Any
) -> None:
    """Fit parameters as FIT says: a TOML file, a packaged one, or a table of readings.

    The YAML file of a PEtab problem is a fit, too.
    """
    from il15_sim.fit import write_variants
    from il15_sim.jobs.fit import fit_to_folder
    from il15_sim.reporting.report import write_report

    problem = _problem(fit, models, **told)
    by: Literal["study", "arm"] | None = "study" if problem.studies else "arm"
    by = by if leave_one_out else None
    how = {key: told[key] for key in ("out", "starts", "threads")}
    with progress() as tell:
        done, result = fit_to_folder(problem, RESULTS, tell, left_out=by, **how)
    write_report(done.path, title=problem.title or problem.name)
    if write_variant:
        click.echo(write_variants(result))
    click.echo(str(result), err=True)
    end_with([done], done.path)


@click.command(
    cls=Command,
    short_help="How sure a fit is of each parameter.",
    epilog="""
    \b
    Examples:
      il15-sim profile sorafenib_pk --parameter sorafenib_clearance
      il15-sim profile my_fit.toml
    """,
)
@click.argument("fit")
@_options(
    click.option(
        "--parameter",
        "parameters",
        multiple=True,
        metavar="ID",
        help="Only this one; may be repeated.",
    )
)
@click.pass_obj
def profile(models: Path | None, /, fit: str, parameters: tuple[str, ...], **told: Any) -> None:
    """Fit as FIT says, and profile the likelihood of its parameters."""
    from il15_sim.jobs.fit_checks import profile_to_folder
    from il15_sim.reporting.report import write_report

    problem = _problem(fit, models, **told)
    how = {key: told[key] for key in ("out", "starts", "threads")}
    with progress() as tell:
        done = profile_to_folder(problem, RESULTS, tell, parameters=parameters, **how)
    write_report(done.path, title=f"Profiles: {problem.title or problem.name}")
    end_with([done], done.path)


@click.command(
    cls=Command,
    short_help="Draw from the posterior of a fit.",
    epilog="""
    \b
    Examples:
      il15-sim sample sorafenib_pk
      il15-sim sample my_fit.toml --draws 20000 --seed 7
    """,
)
@click.argument("fit")
@_options(
    click.option(
        "--draws", type=click.IntRange(1000), default=60_000, show_default=True, help="To keep."
    )
)
@click.pass_obj
def sample(models: Path | None, /, fit: str, draws: int, **told: Any) -> None:
    """Fit as FIT says, and draw from the posterior of its parameters.

    The chains are kept beside the results: the same command after Ctrl-C continues.
    """
    from dataclasses import replace

    from il15_sim.cli.group import warn
    from il15_sim.jobs.sample import chains_at, sample_to_folder
    from il15_sim.reporting.report import write_report

    problem = _problem(fit, models, **told)
    how = {key: told[key] for key in ("out", "starts", "threads")}
    try:
        with progress() as tell:
            done, found = sample_to_folder(problem, RESULTS, tell, draws=draws, **how)
    except (KeyboardInterrupt, SystemExit):
        place = chains_at(problem, RESULTS, told["out"])
        if place.is_dir():
            warn(f"the chains are kept in {place}: the same command continues")
        raise
    write_report(done.path, title=f"Posterior: {problem.title or problem.name}")
    click.echo(str(found), err=True)  # with what there is to say against it
    others = tuple(line for line in done.warnings if line not in found.flags)
    end_with([replace(done, warnings=others)], done.path)


@click.command(
    cls=Command,
    short_help="Which of several fits of the same data is best.",
    epilog="""
    \b
    Examples:
      il15-sim compare with_loss.toml without_loss.toml
      il15-sim compare one.toml two.toml three.toml --leave-one-out
    """,
)
@click.argument("fits", nargs=-1, required=True)
@_options(
    click.option("--leave-one-out", is_flag=True, help="Fit each without each study, too."),
)
@click.pass_obj
def compare(
    models: Path | None, /, fits: tuple[str, ...], leave_one_out: bool, **told: Any
) -> None:
    """Fit each of FITS and compare them by information criteria."""
    from il15_sim.jobs.fit_checks import compare_to_folder
    from il15_sim.reporting.report import write_report

    problems = [_problem(name, models, **told) for name in fits]
    how = {key: told[key] for key in ("out", "starts", "threads")}
    with progress() as tell:
        done, table = compare_to_folder(problems, RESULTS, tell, left_out=leave_one_out, **how)
    write_report(done.path, title="Comparison: " + ", ".join(p.name for p in problems))
    shown = ["fit", "parameters", "delta_aic", "delta_bic", "left_out_minus_2_ln_likelihood"]
    click.echo(table[[name for name in shown if name in table]].to_string(index=False), err=True)
    end_with([done], done.path)
