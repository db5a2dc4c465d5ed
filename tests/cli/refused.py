"""Bad command lines: how a test gives one, and what must come of it."""

from click.testing import CliRunner

from il15_sim.cli import cli

GOOD = "sorafenib 400 mg q12h x 2 d"


def scenario_text(regimen=GOOD, horizon="2", top="", arm=""):
    return (
        f'title = "T"\ndescription = "D"\nhorizon_days = {horizon}\n{top}\n'
        f'[[arms]]\nname = "a"\nregimen = "{regimen}"\n{arm}\n'
    )


def refused(*args):
    """The line that tells why a command line is refused; nothing may be written by it."""
    done = CliRunner().invoke(cli, [str(a) for a in args])
    assert done.exit_code == 2, done.output
    lines = done.stderr.splitlines()
    assert lines[-1].startswith("error: ")
    assert "Traceback" not in done.output
    return lines[-1] if len(lines) == 1 else done.stderr
