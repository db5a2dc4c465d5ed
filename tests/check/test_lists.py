"""The two small tables: each fault that they can carry is told with its line."""

import shutil

import pytest

from il15_sim import Model
from il15_sim.check import run_checks
from il15_sim.errors import InputError
from il15_sim.files.resources import experiments_dir, models_dir


@pytest.fixture
def folder(tmp_path):
    return shutil.copytree(models_dir(), tmp_path / "models")


def told(folder, name):
    found = [f for f in run_checks(folder, experiments_dir()) if f.check == name]
    return "\n".join(map(str, found))


def change(path, old, new):
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


def test_the_packaged_tables_are_sound():
    assert told(models_dir(), "observables") == told(models_dir(), "drugs") == ""


def test_an_observable_that_is_no_quantity_of_the_patient(folder):
    change(folder / "observables.tsv", "\nil15ra_monocyte\t", "\nil15ra_monocite\t")
    line = "unknown quantity 'il15ra_monocite'; did you mean 'il15ra_monocyte'?"
    assert line in told(folder, "observables")


def test_a_formula_that_is_not_the_quantity_itself(folder):
    change(folder / "observables.tsv", "\tmica_tumour\t0.3", "\tmica_tumor\t0.3")
    assert "formula 'mica_tumor' of 'mica_tumour'" in told(folder, "observables")


def test_an_observable_in_another_unit(folder):
    change(folder / "observables.tsv", "log-normal\tmg/L", "log-normal\tug/L")
    line = "'sorafenib_total_mg_per_L' is in mg_per_L in the model, not in ug/L"
    assert line in told(folder, "observables")


def test_a_dose_in_another_unit_than_its_target(folder):
    change(folder / "drugs.tsv", "sorafenib_gut\tmg", "sorafenib_gut\tug")
    assert "'sorafenib_gut' is in mg in the model, not in ug" in told(folder, "drugs")


def test_a_rate_that_doses_set_is_a_setting(folder):
    path = folder / "parameters.tsv"
    lines = path.read_text(encoding="utf-8").split("\n")
    at = next(i for i, line in enumerate(lines) if line.startswith("agonist_infusion_rate\t"))
    lines[at] = lines[at].replace("\tsetting\t", "\tassumed\t")
    path.write_text("\n".join(lines), encoding="utf-8")
    line = f"line {at + 1}: doses set 'agonist_infusion_rate', so its kind is setting, not assumed"
    assert line in told(folder, "drugs")


def test_a_usual_dose_that_is_no_range(folder):
    change(folder / "drugs.tsv", "\t100\t800\tmg\t", "\t800\t100\tmg\t")
    line = "line 2: usual dose of sorafenib oral is '800' to '100' from"
    assert line in told(folder, "drugs")


def test_a_second_row_for_a_drug_and_route(folder):
    path = folder / "drugs.tsv"
    row = "sorafenib\tsorafenib\toral\tsorafenib_bile\tmg\t\t\t\t\ttwice\n"
    path.write_text(path.read_text() + row)
    assert "a second row for sorafenib oral" in told(folder, "drugs")
    with pytest.raises(InputError, match=r"drugs\.tsv: a second row for sorafenib oral"):
        Model.load(models_dir=folder)


def test_a_dose_that_has_nowhere_to_go(folder):
    change(folder / "drugs.tsv", "\tsorafenib_gut\t", "\tsorafenib_gutt\t")
    line = r"drugs\.tsv: unknown target of sorafenib oral 'sorafenib_gutt'; did you mean"
    with pytest.raises(InputError, match=line):
        Model.load(models_dir=folder)
    assert "unknown target 'sorafenib_gutt'; did you mean 'sorafenib_gut'?" in told(folder, "drugs")


def test_a_second_row_for_an_observable(folder):
    path = folder / "observables.tsv"
    lines = path.read_text(encoding="utf-8").splitlines()
    path.write_text("\n".join([*lines, lines[1]]), encoding="utf-8")
    line = r"observables\.tsv: line \d+: duplicated id '\w+', first on line 2"
    with pytest.raises(InputError, match=line):
        Model.load(models_dir=folder)
