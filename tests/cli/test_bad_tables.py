"""Faulty models, tables and measurements through the command line: told with file and line."""

import re
import shutil

import pytest

from il15_sim.files.resources import experiments_dir, models_dir
from tests.cli.refused import refused, scenario_text


@pytest.fixture
def good(tmp_path):
    file = tmp_path / "good.toml"
    file.write_text(scenario_text(), encoding="utf-8")
    return file


# --- models and tables -----------------------------------------------------------------------


@pytest.fixture
def models(tmp_path):
    """A copy of the models folder, and a way to spoil one of its files."""
    copy = tmp_path / "models"
    shutil.copytree(models_dir(), copy)

    def spoil(name, change):
        file = copy / name
        text = file.read_text(encoding="utf-8")
        spoiled = change(text)
        assert spoiled != text
        file.write_text(spoiled, encoding="utf-8")
        return copy

    return spoil


def cell(line, column, value):
    """Change one cell of a table; the header is line 1."""

    def change(text):
        lines = text.split("\n")
        cells = lines[line - 1].split("\t")
        cells[column] = value
        lines[line - 1] = "\t".join(cells)
        return "\n".join(lines)

    return change


TABLES = {
    "wrong unit": (cell(2, 8, "mg/hx"), r"line 2: .*'mg/hx'"),
    "missing unit": (cell(2, 8, ""), r"line 2: .*unit is empty"),
    "no number": (cell(2, 2, "many"), r"line 2: nominalValue of '\w+' is not a number: 'many'"),
    "not finite": (cell(2, 2, "nan"), r"line 2: nominalValue of '\w+' is not a finite number"),
    "reversed bounds": (cell(2, 3, "1e9"), r"line 2: reversed bounds"),
    "unknown kind": (cell(2, 9, "measurd"), r"line 2: unknown kind 'measurd'; did you mean"),
    "missing column": (cell(1, 8, "units"), r"line 1: unknown column 'units'; did you mean 'unit'"),
    "short line": (lambda t: t.replace("\t1/h\t", "\t", 1), r"line 2: 13 columns instead of 14"),
    "duplicated id": (
        lambda t: t + t.split("\n")[1] + "\n",
        r"line \d+: duplicated id '\w+', first on line 2",
    ),
    "empty table": (lambda t: t.split("\n")[0] + "\n", r"parameters\.tsv: the table is empty"),
    "missing row": (
        lambda t: "\n".join(x for x in t.split("\n") if not x.startswith("sorafenib_volume\t")),
        r"sorafenib_volume",
    ),
}


@pytest.mark.parametrize("fault", TABLES)
def test_parameter_tables_that_do_not_read(models, tmp_path, fault):
    change, line = TABLES[fault]
    folder = models("parameters.tsv", change)
    told = refused("--models", folder, "check")
    assert re.search(line, told), told


@pytest.mark.parametrize(
    "fault", ["no number", "missing column", "short line", "duplicated id", "empty table"]
)
def test_a_run_stops_at_the_same_tables(models, good, tmp_path, fault):
    change, line = TABLES[fault]
    folder = models("parameters.tsv", change)
    told = refused("--models", folder, "run", good, "--out", tmp_path / "out")
    assert re.search(line, told), told
    assert not (tmp_path / "out").exists()


def test_antimony_that_does_not_parse(models, good, tmp_path):
    folder = models("modules/sorafenib_pk.ant", lambda t: t.replace("second;", "second; = ", 1))
    told = refused("--models", folder, "run", good, "--out", tmp_path / "out")
    assert "sorafenib_pk.ant" in told
    assert re.search(r"line \d+", told), told
    assert not (tmp_path / "out").exists()


def test_a_folder_of_models_that_is_not_there(tmp_path, good):
    line = refused("--models", tmp_path / "nowhere", "run", good)
    assert "there is no such folder; give a copy of models/" in line


def test_a_variant_of_an_unknown_parameter(models, tmp_path):
    folder = models(
        "variants/no_mica.tsv", lambda text: text.replace("\nmica_expression", "\nmica_expresion")
    )
    file = tmp_path / "v.toml"
    file.write_text(scenario_text(arm='variant = "no_mica"'), encoding="utf-8")
    told = refused("--models", folder, "run", file, "--out", tmp_path / "out")
    assert re.search(r"line \d+: unknown parameter 'mica_expresion'; did you mean", told), told


# --- measurements ----------------------------------------------------------------------------


@pytest.fixture
def refuse_fit(tmp_path):
    """Spoil the measurements of one study and give back the line of the fit."""

    def run(change):
        data = tmp_path / "data"
        shutil.copytree(experiments_dir() / "data", data)
        file = data / "fukudo2014" / "measurements.tsv"
        text = file.read_text(encoding="utf-8")
        assert change(text) != text
        file.write_text(change(text), encoding="utf-8")
        out = tmp_path / "out"
        told = refused("fit", "sorafenib_pk", "--data", data, "--out", out, "--starts", 1)
        assert not out.exists()
        return told

    return run


def column_of(text, name):
    header = next(x for x in text.split("\n") if x and not x.startswith("#"))
    return header.split("\t").index(name)


def with_cell(name, value):
    def change(text):
        lines = text.split("\n")
        first = next(i for i, x in enumerate(lines) if x and not x.startswith("#")) + 2
        return cell(first, column_of(text, name), value)(text)

    return change


@pytest.mark.parametrize(
    ("change", "line"),
    [
        (with_cell("observableId", "sorafenib_totl"), r"unknown observable 'sorafenib_totl'"),
        (with_cell("time", "-3"), r"time.*-3"),
        (with_cell("time", "noon"), r"time.*noon"),
        (with_cell("measurement", "-1"), r"measurement.*-1"),
        (with_cell("unit", "ug/mL"), r"ug/mL"),
        (lambda t: t.replace("measurement\t", "measured\t", 1), r"measurement"),
        (lambda t: t.split("\n")[0] + "\n", r"empty|no "),
    ],
)
def test_measurement_tables_that_do_not_read(refuse_fit, change, line):
    told = refuse_fit(change)
    assert re.search(line, told), told
    assert "fukudo2014" in told


def test_a_fit_that_is_not_there():
    assert "unknown fit 'sorafenib'; did you mean 'sorafenib_pk'?" in refused("fit", "sorafenib")


def test_a_fit_file_that_does_not_parse(tmp_path):
    file = tmp_path / "bad.toml"
    file.write_text("title = \n", encoding="utf-8")
    assert re.search(r"bad\.toml:1: no valid TOML", refused("fit", file))
