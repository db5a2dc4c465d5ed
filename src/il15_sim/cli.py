"""The command line: `il15-sim run | fit | check | report | reproduce`."""

from __future__ import annotations

import sys
import traceback
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click

from il15_sim._version import __version__
from il15_sim.errors import InputError, closest
from il15_sim.interrupts import TERMINATED, sigterm_raises

RESULTS = "results"
INTERRUPTED = 130


class Commands(click.Group):
    """A group that tells every fault of the user in one line, and suggests what was meant."""

    def main(
        self,
        args: Sequence[str] | None = None,
        prog_name: str | None = None,
        complete_var: str | None = None,
        standalone_mode: bool = True,
        **extra: Any,
    ) -> Any:
        """Run and exit: 0 all well, 2 bad input, 130 interrupted, 143 ended by SIGTERM."""
        if not standalone_mode:
            return super().main(args, prog_name, complete_var, False, **extra)
        try:
            with sigterm_raises():
                code = super().main(args, prog_name, complete_var, False, **extra)
        except click.ClickException as error:
            _fail(_told(error))
            code = error.exit_code
        except click.Abort:
            _tell_interrupted()
            code = INTERRUPTED
        sys.exit(code if isinstance(code, int) else 0)

    def invoke(self, ctx: click.Context) -> Any:
        """Run a command; bad input ends with its line and exit code 2."""
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt:
            _tell_interrupted()
            ctx.exit(INTERRUPTED)
        except SystemExit as end:
            if end.code == TERMINATED:
                _tell_interrupted()
            raise
        except (InputError, OSError) as error:
            line = str(error)
            if isinstance(error, OSError):
                # Without a file name it is no fault of a place that the user named.
                if error.filename is None:
                    raise
                line = f"{error.filename}: {error.strerror or type(error).__name__}"
            if ctx.params.get("debug"):
                traceback.print_exc()
            _fail(line)
            ctx.exit(2)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """The command of that name, or an error with the closest one."""
        name = args[0] if args else ""
        if name and self.get_command(ctx, name) is None and not name.startswith("-"):
            near = closest(name, self.list_commands(ctx))
            hint = f"did you mean '{near}'?" if near else "see il15-sim --help"
            raise click.UsageError(f"no such command '{name}'; {hint}", ctx)
        return super().resolve_command(ctx, args)


def _told(error: click.ClickException) -> str:
    """A usage error in one line, the closest option included."""
    if isinstance(error, click.NoSuchOption):
        known = [o for p in error.ctx.command.params for o in p.opts] if error.ctx else []
        near = closest(error.option_name, known)
        return f"no such option {error.option_name}" + (f"; did you mean {near}?" if near else "")
    message = error.format_message()
    told = "--help" in message or "did you mean" in message
    if isinstance(error, click.UsageError) and error.ctx is not None and not told:
        message = f"{message.rstrip('.')}; see {error.ctx.command_path} --help"
    return " ".join(message.split())


def _tell_interrupted() -> None:
    click.echo("interrupted; nothing half written", err=True)


def _fail(line: str) -> None:
    click.echo(f"error: {line}", err=True)


@contextmanager
def _progress() -> Iterator[Callable[[str], None]]:
    """A line on stderr that says what is being done, only where somebody watches."""
    from tqdm import tqdm

    with tqdm(file=sys.stderr, leave=False, disable=None, bar_format="{desc} [{elapsed}]") as bar:
        yield bar.set_description_str


def _out_option(what: str) -> Callable[[Any], Any]:
    return click.option("--out", type=click.Path(path_type=Path), help=what)


@click.group(
    cls=Commands,
    invoke_without_command=True,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="Research only, not for treatment decisions.",
)
@click.version_option(__version__, prog_name="il15-sim")
@click.option("--debug", is_flag=True, help="Show the traceback of an error.")
@click.option(
    "--models",
    type=click.Path(path_type=Path),
    help="Folder laid out like models/, instead of the packaged one.",
)
@click.pass_context
def cli(ctx: click.Context, debug: bool, models: Path | None) -> None:
    """Simulate sorafenib, IL-15 trans-presentation and CD4+NKG2D+ Th1 cells."""
    if models is not None and not models.is_dir():
        raise InputError("there is no such folder", where=models, fix="give a copy of models/")
    ctx.obj = models
    if ctx.invoked_subcommand is None:
        click.echo(ctx.get_help())


@cli.command()
@click.argument("scenario")
@_out_option("Results folder; results/<name>/<hash> when left out.")
@click.pass_obj
def run(models: Path | None, scenario: str, out: Path | None) -> None:
    """Simulate SCENARIO: a TOML file or a packaged one such as sorafenib_tmz."""
    from il15_sim.files.resources import find_file
    from il15_sim.reporting.run_scenario import failed_arms, run_scenario
    from il15_sim.scenario import Scenario

    with _progress() as tell:
        path = run_scenario(
            Scenario.read(find_file(scenario, "doses")), RESULTS, tell, out=out, models_dir=models
        )
    click.echo(path)
    # The other arms' results stand; but nobody should take them for the whole.
    failed = failed_arms(path)
    for line in failed:
        _fail(line)
    if failed:
        click.get_current_context().exit(1)


@cli.command()
@click.argument("fit")
@_out_option("Results folder; results/<name>/<hash> when left out.")
@click.option(
    "--starts", type=click.IntRange(1), help="Searches; what the file says when left out."
)
@click.option("--seed", type=click.IntRange(0), help="Seed of the starts.")
@click.option(
    "--data",
    type=click.Path(path_type=Path),
    help="Folder of studies laid out like experiments/data/, instead of the packaged one.",
)
@click.option("--workers", type=click.IntRange(1), default=1, help="Processes to search with.")
@click.option("--quick", is_flag=True, help="One short search: a check, not a fit.")
@click.option(
    "--write-variant", is_flag=True, help="Write the estimates into variants/ of the models folder."
)
@click.pass_obj
def fit(
    models: Path | None,
    fit: str,
    out: Path | None,
    starts: int | None,
    seed: int | None,
    data: Path | None,
    workers: int,
    quick: bool,
    write_variant: bool,
) -> None:
    """Fit parameters as FIT says: a TOML file or a packaged one such as sorafenib_pk."""
    from il15_sim.files.resources import find_file
    from il15_sim.fit.problem import FitProblem
    from il15_sim.reporting.fit_folder import fit_to_folder

    if quick and (write_variant or starts):
        raise InputError(
            "--quick together with " + ("--write-variant" if write_variant else "--starts"),
            why="a quick search is no fit",
        )
    problem = FitProblem.read(find_file(fit, "fits"), models_dir=models, data_dir=data)
    with _progress() as tell:
        path, result = fit_to_folder(
            problem, RESULTS, tell, out=out, starts=starts, seed=seed, quick=quick, workers=workers
        )
    if write_variant:
        click.echo(result.write_variant())
    click.echo(path)


@cli.command()
@click.option("--summary", is_flag=True, help="Count measured, derived, fitted and assumed.")
@click.option("--sync", is_flag=True, help="Write the table's values into the Antimony files.")
@click.pass_obj
def check(models: Path | None, summary: bool, sync: bool) -> None:
    """Check units, bounds, sources, formulas and values of the models; exit 2 on an error."""
    from il15_sim import check as checks
    from il15_sim.files.resources import experiments_dir, models_dir
    from il15_sim.parameters import ParameterTable

    folder = models or models_dir()
    if sync:
        for path in checks.sync_models(folder):
            click.echo(f"written: {path}")
    findings = checks.run_checks(folder, experiments_dir())
    for finding in findings:
        click.echo(str(finding), err=True)
    errors = [f for f in findings if f.severity == "error"]
    if summary and not any(f.check == "read" for f in errors):
        table = ParameterTable.read(folder / "parameters.tsv")
        click.echo(checks.summary_text(table, checks.parameters_by_model(folder, table)))
    if errors:
        raise InputError(f"{len(errors)} of the checks' findings are errors", where=folder)
    click.echo(f"all checks passed{_warned(findings)}")


def _warned(findings: Sequence[object]) -> str:
    return f", {len(findings)} warnings" if findings else ""


@cli.command()
@click.argument("folder", type=click.Path(path_type=Path))
@click.option("--title", default="il15-sim report", help="Heading of the report.")
def report(folder: Path, title: str) -> None:
    """Write report.html into FOLDER from the results that lie there."""
    from il15_sim.reporting.report import write_report

    click.echo(write_report(folder, title=title))


@cli.command()
@click.option("--quick", is_flag=True, help="Short search and fewer scenarios, in under a minute.")
@_out_option("Folder of all results; results/ when left out.")
@click.pass_obj
def reproduce(models: Path | None, quick: bool, out: Path | None) -> None:
    """Check, fit, run every packaged scenario and write one report; its path is printed last."""
    from il15_sim.files.atomic import write_atomic
    from il15_sim.reporting.reproduce import reproduce_all

    with _progress() as tell:
        path = reproduce_all(out or Path(RESULTS), tell, quick=quick, models_dir=models)
    if out is not None:
        # Whoever names a folder looks for the report there, not below a hash.
        path = write_atomic(out / path.name, path.read_text(encoding="utf-8"))
    click.echo(path)


def main() -> None:
    """Entry point of the `il15-sim` command."""
    cli(prog_name="il15-sim")


if __name__ == "__main__":
    main()
