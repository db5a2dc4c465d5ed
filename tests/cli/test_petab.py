"""`il15-sim petab` and `il15-sim fit problem.yaml`."""

import json

import pytest
from click.testing import CliRunner

from il15_sim.cli import cli
from tests.made import petab_problems as made


def invoke(*args):
    return CliRunner().invoke(cli, [str(a) for a in args])


def test_a_study_is_written(tmp_path):
    result = invoke("petab", "sorafenib_pk", "--study", "awada2005", "--out", tmp_path / "petab")
    assert result.exit_code == 0
    assert result.stdout == f"{tmp_path / 'petab' / 'problem.yaml'}\n"
    experiments = (tmp_path / "petab" / "measurements.tsv").read_text()
    assert "awada2005_100mg" in experiments
    assert "strumberg2005" not in experiments
    assert "measurements; " in result.stderr


def test_what_is_written_is_fitted(tmp_path):
    made.dish(tmp_path)
    place = tmp_path / "petab"
    assert invoke("petab", tmp_path / "dish.toml", "--out", place).exit_code == 0
    (here, there) = (tmp_path / "here", tmp_path / "there")
    asked = ("--starts", 1, "--out")
    for file, out in ((tmp_path / "dish.toml", here), (place / "problem.yaml", there)):
        assert invoke("fit", file, *asked, out).exit_code == 0
    ours, theirs = (json.loads((p / "fit.json").read_text()) for p in (here, there))
    assert ours["log_likelihood"] == pytest.approx(theirs["log_likelihood"], abs=1e-3)


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["--study", "awada2004"], "unknown study 'awada2004'; did you mean 'awada2005'?"),
        (["--petab-version", "1"], "has doses, or changes after the start; PEtab 1 has none"),
        (["--petab-version", "3"], "--petab-version"),
    ],
)
def test_what_cannot_be_written(tmp_path, words, told):
    result = invoke("petab", "sorafenib_pk", "--out", tmp_path / "petab", *words)
    assert result.exit_code == 2
    assert told in result.stderr
    assert not (tmp_path / "petab").exists()


def test_a_folder_is_needed():
    result = invoke("petab", "sorafenib_pk")
    assert result.exit_code == 2
    assert "--out" in result.stderr
