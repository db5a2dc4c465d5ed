"""Checks of the rows by themselves: each breaks a healthy table in one place."""

from dataclasses import replace

import pytest

from il15_sim.check.problem import Problem
from il15_sim.check.table_checks import identifiers, kinds
from il15_sim.model.parameters import Parameter, ParameterTable
from tests.check.test_problem import change_row, healthy, told

ROW = Parameter("ka", 0.5, 0.1, 2.0, "1/h", "assumed")


@pytest.fixture
def folder(tmp_path):
    return healthy(tmp_path)


def problem_of(tmp_path, *rows):
    return Problem(tmp_path, ParameterTable(rows))


@pytest.mark.parametrize(
    ("id_", "message"),
    [
        ("2ka", "bad identifier '2ka'"),
        ("k a", "bad identifier 'k a'"),
        ("time", "identifier 'time' is a reserved word"),
        ("lambda", "identifier 'lambda' is a reserved word"),
        ("log10", "identifier 'log10' is a reserved word"),
        ("KA", "identifiers 'ka' and 'KA' differ only by case"),
    ],
)
def test_identifiers(tmp_path, id_, message):
    (finding,) = identifiers(problem_of(tmp_path, ROW, replace(ROW, id=id_)))
    assert (finding.severity, finding.message) == ("error", message)


def test_kinds(tmp_path):
    (finding,) = kinds(problem_of(tmp_path, ROW, replace(ROW, id="kb", kind="guessed")))
    assert finding.message.startswith("kind 'guessed' of 'kb' is not one of measured, derived")


def test_units_parse(folder):
    n = change_row(folder, "ka", unit="per hour")
    (line,) = told(folder, "units_parse")
    where = f"{folder / 'parameters.tsv'}: line {n}"
    assert line.startswith(f"error [units_parse] {where}: unit 'per hour' does not parse")
    assert "('ka'); write it like 1/h" in line


def test_bounds_bracket_the_value(folder):
    n = change_row(folder, "base_left", nominalValue="5")
    (line,) = told(folder, "bounds")
    assert line == (
        f"error [bounds] {folder / 'parameters.tsv'}: line {n}: "
        "base_left = 5 lies outside its bounds 10 to 1000"
    )


def test_a_fitted_value_on_its_bound_is_a_warning(folder):
    change_row(folder, "turnover", upperBound="0.12")  # what the variant of the fit carries
    (line,) = told(folder, "bounds")
    assert line.startswith("warning [bounds]")
    assert line.endswith("the fitted turnover = 0.12 lies on its bound")


@pytest.mark.parametrize(
    ("prior", "numbers", "lower", "fault"),
    [
        ("normal", "1;0", "0.1", "0 must be above zero"),
        ("log-normal", "1;-2", "0.1", "-2 must be above zero"),
        ("log-normal", "1;2", "-1", "the lower bound must not be negative"),
        ("gamma", "0;2", "0.1", "0 must be above zero"),
        ("rayleigh", "0", "0.1", "0 must be above zero"),
        ("uniform", "2;1", "0.1", "its ends are reversed: 2, 1"),
        ("uniform", "5;9", "0.1", "5 to 9 does not reach into the bounds"),
        ("log-uniform", "0;1", "0.1", "its lower end and the lower bound must be above zero"),
        ("log-uniform", "0.1;1", "0", "its lower end and the lower bound must be above zero"),
    ],
)
def test_priors(folder, prior, numbers, lower, fault):
    change_row(folder, "ka", priorDistribution=prior, priorParameters=numbers, lowerBound=lower)
    (line,) = told(folder, "priors")
    assert line.endswith(f"prior '{prior}' of 'ka': {fault}")


def test_a_table_that_cannot_be_read_is_the_only_finding(folder):
    n = change_row(folder, "ka", kind="guess")
    (line,) = told(folder)
    where = f"{folder / 'parameters.tsv'}: line {n}"
    assert line.startswith(f"error [read] {where}: unknown kind 'guess'")
