"""What is written passes PEtab's own checks."""

import pytest

from il15_sim.exchange import write_petab
from il15_sim.exchange.petab_extension import NAME
from tests.made import petab_problems as made

STUDIES = made.shipped().studies


def issues(path):
    """What the linter of version 2 says, without its word that extensions are not looked at."""
    from petab.v2 import Problem, lint

    found = Problem.from_yaml(path).validate(lint.default_validation_tasks)
    return [str(i) for i in found if not str(i).endswith(f"extensions: {NAME}")]


def test_the_ten_studies_together(tmp_path):
    written = write_petab(made.shipped(), tmp_path / "petab")
    (unused,) = issues(written.path)
    assert unused.startswith("WARNING: Experiments")  # of rows in the extension


@pytest.mark.parametrize("study", STUDIES)
def test_each_study_alone(tmp_path, study):
    problem = made.shipped().without([s for s in STUDIES if s != study])
    written = write_petab(problem, tmp_path / "petab")
    assert written.measurements or written.apart
    for issue in issues(written.path):
        assert issue.startswith("WARNING: Experiments"), issue
        assert written.apart


@pytest.mark.parametrize("make", [made.dish, made.dosed, made.cells])
def test_own_tables(tmp_path, make):
    assert issues(write_petab(make(tmp_path), tmp_path / "petab").path) == []


def test_version_1(tmp_path):
    from petab.v1 import Problem, lint_problem

    written = write_petab(made.dish(tmp_path), tmp_path / "petab", version=1)
    problem = Problem.from_yaml(written.path)
    assert lint_problem(problem) is False
    assert len(problem.measurement_df) == 8
