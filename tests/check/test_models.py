"""Checks of models against the table: each breaks a healthy problem in one place."""

import pytest

from il15_sim.check.problem import read_model_file
from il15_sim.model.composition import read_wiring
from tests.check.test_problem import (
    BEGIN,
    END,
    ROWS,
    change,
    change_row,
    healthy,
    told,
    write_table,
)


@pytest.fixture
def folder(tmp_path):
    return healthy(tmp_path)


def test_a_constant_without_a_row(folder):
    write_table(folder / "parameters.tsv", ROWS[:-1])
    assert told(folder, "rows") == [
        f"error [rows] {folder / file}: constant 'density' has no row in parameters.tsv"
        for file in ("modules/cell.ant", "patient.ant")
    ]


def test_the_closest_row_is_named(folder):
    change_row(folder, "density", parameterId="densitie")
    assert any(
        "has no row in parameters.tsv (the closest is 'densitie')" in t for t in told(folder)
    )


def test_a_row_that_no_model_uses(folder):
    extra = ROWS[3].replace("base_left", "base_middle")
    write_table(folder / "parameters.tsv", [*ROWS, extra])
    (line,) = told(folder, "rows")
    assert line.endswith(f"line {len(ROWS) + 3}: no model uses 'base_middle'")


def test_the_input_of_a_module_needs_no_row_while_the_patient_computes_it(folder):
    assert told(folder, "rows") == []
    change(folder / "patient.ant", "drive := depot / (1 mg)", "drive = 1")
    assert told(folder, "rows") == [
        f"error [rows] {folder / file}: constant 'drive' has no row in parameters.tsv"
        for file in ("modules/cell.ant", "patient.ant")
    ]


@pytest.mark.parametrize("unit", ["1/min", "h", "mg", "dimensionless"])
def test_the_unit_of_a_row_agrees_with_the_model(folder, unit):
    change_row(folder, "ka", unit=unit)
    assert told(folder, "units") == [
        f"error [units] {folder / file}: 'ka' is in per_hour (1/h) in the model, "
        f"but 'ka' is in {unit} in parameters.tsv"
        for file in ("modules/absorption.ant", "patient.ant")
    ]


def test_the_rows_of_all_instances_are_compared(folder):
    change_row(folder, "base_right", unit="mg")
    lines = told(folder, "units")
    assert [line.split(" in the model")[0].rpartition(": ")[2] for line in lines] == [
        "'base' is in molecules_per_cell (dimensionless)",
        "'base_right' is in molecules_per_cell (dimensionless)",
    ]


def test_a_unit_of_the_table_that_does_not_parse(folder):
    change_row(folder, "life", unit="hours long")
    assert all("unit 'hours long' does not parse ('life')" in t for t in told(folder, "units"))


def test_a_constant_without_a_unit(folder):
    change(folder / "modules" / "absorption.ant", "  life has hour;\n", "")
    assert any("'life' has no unit; write 'life has ...;'" in t for t in told(folder, "units"))


def test_a_unit_that_the_model_does_not_define(folder):
    # What Antimony makes of `has dimensionless` in a module, once it is an instance.
    change(folder / "modules" / "cell.ant", "base has molecules_per_cell", "base has dimensionless")
    change(folder / "patient.ant", "  left.base is base_left;\n", "")
    change(folder / "patient.ant", "  right.base is base_right;\n", "")
    for side in ("left", "right"):
        change_row(folder, f"base_{side}", parameterId=f"{side}_base")
    lines = told(folder, "units")
    assert any("unit 'left_dimensionles' of 'left_base' is not defined" in line for line in lines)


def test_a_value_in_a_model_that_is_not_the_tables(folder):
    change(folder / "modules" / "absorption.ant", "life = 2;", "life = 3;")
    (line,) = told(folder, "values")
    assert line == (
        f"error [values] {folder / 'modules' / 'absorption.ant'}: life = 3.0, "
        "but the table has 2.0; run il15-sim sync"
    )


def test_the_values_are_those_of_the_shipped_variants(folder):
    text = (folder / "patient.ant").read_text("utf-8")
    assert "turnover = 0.12;" in text  # the table has 0.1, the fit wrote 0.12
    change(folder / "patient.ant", "turnover = 0.12;", "turnover = 0.1;")
    (line,) = told(folder, "values")
    assert "turnover = 0.1, but the table has 0.12" in line


def test_a_value_outside_of_the_block_is_found(folder):
    change(folder / "modules" / "absorption.ant", END, f"{END}\n  ka = 0.7;")
    (line,) = told(folder, "values")
    assert "ka = 0.7, but the table has 0.5" in line


def test_a_constant_without_a_value(folder):
    change(folder / "modules" / "absorption.ant", "  life = 2;\n", "")
    lines = told(folder, "values", "error")
    assert any("'life' has no value; run il15-sim sync" in line for line in lines)


def test_a_module_alone_has_the_values_of_its_first_instance(folder):
    assert "base = 100;" in (folder / "modules" / "cell.ant").read_text("utf-8")


def test_hours_added_to_rates_are_an_error(folder):
    change(folder / "modules" / "absorption.ant", "1 ratio / life", "life")
    lines = told(folder, "sbml")
    assert lines
    assert all(line.startswith("error [sbml]") and "libSBML 105" in line for line in lines)


def test_other_warnings_of_libsbml_are_warnings_told_once(folder):
    name = folder / "modules" / "absorption.ant"
    change(name, "depot = 1;", "var other, third; other has mg; third has mg;")
    (line,) = [t for t in told(folder, "sbml") if str(name) in t]
    assert line.startswith("warning [sbml]")
    assert "libSBML 80702" in line
    assert line.endswith("(and 2 more like it)")


def test_a_model_that_does_not_parse_is_told_and_the_rest_still_checked(folder):
    change(folder / "modules" / "cell.ant", "base has molecules_per_cell;", "base has has;")
    change_row(folder, "ka", fact="no number")
    lines = told(folder)
    assert sum("[read]" in t and "the model does not parse" in t for t in lines) == 2
    assert sum("[measured]" in t for t in lines) == 1
    assert not any("no model uses" in t for t in lines)


def test_a_missing_patient(folder):
    (folder / "patient.ant").unlink()
    assert f"error [read] {folder / 'patient.ant'}: the patient model is missing" in told(folder)


def test_a_file_with_constants_and_no_block_is_a_warning(folder):
    path = folder / "modules" / "absorption.ant"
    path.write_text(path.read_text("utf-8").replace(BEGIN, "").replace(END, ""), "utf-8")
    (line,) = told(folder)
    assert line.startswith("warning [value_blocks]")
    assert "no block of values; write the lines '// values: written by" in line


def test_wiring_in_both_directions():
    wiring = read_wiring("a: m(); b: m(); c: n(); // d: m();\n a.k is k1; k2 is b.k; c.k is a.k;")
    assert dict(wiring.instances) == {"a": "m", "b": "m", "c": "n"}
    assert wiring.outer_ids("m", "k") == ("k1", "k2")
    assert wiring.outer_ids("n", "r") == ("c_r",)
    assert wiring.outer_ids("other", "k") == ()


def test_two_folders_of_models_are_kept_apart(tmp_path):
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        healthy(tmp_path / name)
    assert told(tmp_path / "one") == []
    change(tmp_path / "two" / "modules" / "cell.ant", "base * drive", "base * drive * drive")
    both = [read_model_file(tmp_path / n / "patient.ant").sbml for n in ("one", "two")]
    assert both[0] != both[1]
