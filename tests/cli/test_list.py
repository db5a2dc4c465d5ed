"""`il15-sim list`: what it tells is what the files and the model say."""

import csv
import io

import pytest
from click.testing import CliRunner

from il15_sim import Model
from il15_sim.cli import cli
from il15_sim.cli.catalogue import KINDS
from il15_sim.files.resources import experiments_dir, models_dir, shipped
from il15_sim.model import SHIPPED_VARIANTS, model_names, variant_names
from il15_sim.model.parameters import ParameterTable
from tests.cli.refused import refused


def listed(*args):
    done = CliRunner().invoke(cli, ["list", *args])
    assert done.exit_code == 0, done.output
    return done.stdout


def rows_of(*args):
    return list(csv.DictReader(io.StringIO(listed(*args, "--csv"))))


@pytest.fixture(scope="module")
def model():
    return Model.load()


def test_parameters_have_the_values_that_are_simulated(model):
    rows = rows_of("parameters")
    assert [row["parameter"] for row in rows] == list(ParameterTable.read(_table()))
    for row in rows:
        if row["parameter"] in model.values:
            assert float(row["value"]) == pytest.approx(model.values[row["parameter"]], rel=1e-9)


def test_parameters_have_unit_kind_and_source():
    table = ParameterTable.read(_table())
    rows = {row["parameter"]: row for row in rows_of("parameters")}
    for p in table.parameters:
        assert (rows[p.id]["unit"], rows[p.id]["kind"]) == (p.unit, p.kind)
    assert rows["sorafenib_volume"]["source"] == "fit sorafenib_pk"
    measured = next(p for p in table.parameters if p.kind == "measured")
    assert rows[measured.id]["source"] == measured.source


def test_observables_and_drugs_are_those_of_the_model(model):
    rows = rows_of("observables")
    assert [row["observable"] for row in rows] == list(model.observables)
    assert all(row["unit"] == model.units[row["observable"]] for row in rows)
    drugs = [(row["drug"], row["route"], row["target"], row["unit"]) for row in rows_of("drugs")]
    assert drugs == [(d.drug, d.route, d.target, d.unit) for d in model.drugs]


def test_files_are_listed_by_the_names_that_commands_take():
    assert [row["scenario"] for row in rows_of("scenarios")] == list(shipped("doses"))
    assert [row["fit"] for row in rows_of("fits")] == list(shipped("fits"))
    assert [row["sweep"] for row in rows_of("sweeps")] == list(shipped("sweeps"))
    assert [row["trial"] for row in rows_of("trials")] == list(shipped("trials"))
    assert [row["model"] for row in rows_of("models")] == list(model_names())
    assert [row["variant"] for row in rows_of("variants")] == list(variant_names())


def test_variants_tell_what_they_change():
    rows = {row["variant"]: row for row in rows_of("variants")}
    assert rows["no_mica"]["changes"] == "mica_expression = 0"
    assert rows["no_mica"]["about"] == "Knock-out: a tumour without MICA/B."
    assert {name for name, row in rows.items() if row["always"] == "yes"} == {*SHIPPED_VARIANTS}


def test_without_a_kind_all_kinds_are_counted():
    lines = listed().splitlines()
    assert [line.split()[0] for line in lines[1:]] == list(KINDS)
    counts = {line.split()[0]: int(line.split()[1]) for line in lines[1:]}
    assert counts["scenarios"] == len(list((experiments_dir() / "doses").glob("*.toml")))
    assert counts["drugs"] == 3


def test_columns_are_aligned():
    head, *lines = listed("scenarios").splitlines()
    at = head.index("title")
    titles = {row["title"] for row in rows_of("scenarios")}
    assert {line[at:] for line in lines} == titles
    assert all(line[at - 2 : at] == "  " for line in lines)


def test_a_search_finds_any_cell_whatever_the_case():
    found = {row["parameter"] for row in rows_of("parameters", "--search", "CLEARANCE")}
    assert {"sorafenib_clearance", "ifng_clearance"} <= found
    everywhere = rows_of("--search", "no_mica")
    assert [(row["kind"], row["id"]) for row in everywhere] == [("variants", "no_mica")]


def test_another_folder_of_models_is_listed(tmp_path):
    (tmp_path / "variants").mkdir()
    text = "# Mine.\nparameterId\tvalue\tsource\tnote\nmica_expression\t0.5\t-\t\n"
    (tmp_path / "variants" / "mine.tsv").write_text(text, encoding="utf-8")
    done = CliRunner().invoke(cli, ["--models", str(tmp_path), "list", "variants", "--csv"])
    assert done.stdout == "variant,always,changes,about\nmine,no,mica_expression = 0.5,Mine.\n"


def test_what_is_not_there():
    line = refused("list", "scenario")
    assert line == "error: il15-sim list: unknown kind 'scenario'; did you mean 'scenarios'?"
    line = refused("list", "parameters", "--search", "sorafenib_volme")
    assert line == (
        "error: il15-sim list parameters: nothing has 'sorafenib_volme' in it; "
        "did you mean 'sorafenib_volume'?"
    )
    assert refused("list", "--search", "§§") == "error: il15-sim list: nothing has '§§' in it"


def _table():
    return models_dir() / "parameters.tsv"
