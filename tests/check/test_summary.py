"""The counts of kinds, what findings look like, and the packaged models."""

import csv
import inspect

import pandas as pd
import pytest

from il15_sim.check import (
    CHECKS,
    Finding,
    parameters_by_model,
    run_checks,
    summary,
    summary_text,
)
from il15_sim.check.finding import from_error
from il15_sim.errors import InputError
from il15_sim.files.resources import experiments_dir, models_dir
from il15_sim.model.parameters import ParameterTable
from tests.check.test_problem import healthy


@pytest.fixture
def folder(tmp_path):
    return healthy(tmp_path)


def test_counts_of_each_kind(folder):
    table = ParameterTable.read(folder / "parameters.tsv")
    assert summary(table) == {"measured": 2, "derived": 1, "fitted": 1, "assumed": 2, "setting": 0}
    assert summary(table, ["ka", "life"]) == {
        **{"measured": 1, "derived": 1},
        **{"fitted": 0, "assumed": 0, "setting": 0},
    }
    with pytest.raises(InputError, match="unknown parameter 'kaa'; did you mean 'ka'"):
        summary(table, ["kaa"])


def test_a_module_counts_the_rows_of_all_its_instances(folder):
    table = ParameterTable.read(folder / "parameters.tsv")
    assert parameters_by_model(folder, table) == {
        "absorption": ["ka", "life"],
        "cell": ["turnover", "base_left", "base_right", "density"],
        "patient": list(table),
    }


def test_the_text_is_a_table(folder):
    table = ParameterTable.read(folder / "parameters.tsv")
    lines = summary_text(table, parameters_by_model(folder, table)).split("\n")
    kinds = ["measured", "derived", "fitted", "assumed", "setting"]
    assert lines[0].split() == ["parameters", *kinds, "total"]
    assert [line.split() for line in lines[1:]] == [
        ["all", "2", "1", "1", "2", "0", "6"],
        ["absorption", "1", "1", "0", "0", "0", "2"],
        ["cell", "1", "0", "1", "2", "0", "4"],
        ["patient", "2", "1", "1", "2", "0", "6"],
    ]
    assert len({len(line) for line in lines}) == 1


def test_the_packaged_counts_are_those_of_the_table_read_otherwise():
    path = models_dir() / "parameters.tsv"
    frame = pd.read_csv(path, sep="\t", comment="#", quoting=csv.QUOTE_NONE)
    counts = summary(ParameterTable.read(path))
    assert {k: n for k, n in counts.items() if n} == frame["kind"].value_counts().to_dict()
    switches = frame["parameterId"].str.endswith(("_switch", "_infusion_rate"))
    assert switches.sum() == 10
    assert set(frame.loc[switches, "kind"]) == {"setting"}


def test_every_check_says_in_one_line_what_it_demands():
    for check in CHECKS:
        first = (inspect.getdoc(check) or "").split("\n")[0]
        assert first.endswith("."), check.__name__


def test_a_finding_is_one_line():
    error = InputError("a\nb", why="c", fix="d")
    assert str(from_error("x", error, "here")) == "error [x] here: a b; c; d"
    assert str(from_error("x", error.at("there"), "here")) == "error [x] there: a b; c; d"
    assert str(from_error("x", error)) == "error [x] -: a b; c; d"
    assert str(Finding("x", "warning", "w", "m\nn")) == "warning [x] w: m n"


def test_the_packaged_models_pass_every_check():
    findings = run_checks(models_dir(), experiments_dir())
    assert [str(f) for f in findings if f.severity == "error"] == []
