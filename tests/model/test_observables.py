"""What the tables say of observables for readers, and each fault that these columns can carry."""

import shutil

import pytest

from il15_sim import Model
from il15_sim.check import run_checks
from il15_sim.errors import InputError
from il15_sim.files.resources import experiments_dir, models_dir
from il15_sim.model.observables import read_observables


@pytest.fixture
def folder(tmp_path):
    return shutil.copytree(models_dir(), tmp_path / "models")


def change(folder, old, new):
    path = folder / "observables.tsv"
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


def test_every_observable_of_the_model_has_a_row_with_a_label():
    table = read_observables()
    assert set(Model.load().observables) == set(table.observables)
    labels = [o.label for o in table.observables.values()]
    assert len(set(labels)) == len(labels)


def test_roles_lead_to_observables_and_levels_to_their_drug():
    table = read_observables()
    assert table.one_of_role("exposure:sorafenib") == "sorafenib_total_mg_per_L"
    assert table.observables["sorafenib_free_nM"].drug == "sorafenib"
    assert table.observables["cd4_per_uL"].drug == ""
    assert table.one_of_role("exposure:il15") == ""
    assert len(table.of_role("response")) == 4


def test_panels_stand_in_the_order_of_the_table_with_their_curves():
    panels = read_observables().panels()
    assert list(panels)[:3] == ["Sorafenib, free", "Temozolomide", "IL-15Rα"]
    assert [o.curve for o in panels["IL-15Rα"]] == ["monocyte", "tumour cell"]


def test_a_table_that_was_changed_is_read_again(folder):
    assert read_observables(folder).observables["nk_per_uL"].label == "NK cells"
    change(folder, "\tNK cells\t", "\tNatural killers\t")
    assert read_observables(folder).observables["nk_per_uL"].label == "Natural killers"


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("\tNK cells\t", "\t\t", r"line \d+: observable 'nk_per_uL' has no label"),
        ("\tmain\n", "\tmian\n", r"line \d+: unknown role 'mian'; did you mean 'main'"),
        ("exposure:temozolomide", "exposure:temozolamide", "unknown drug 'temozolamide'; did you"),
        ("level:sorafenib", "exposure:sorafenib", "a second observable of role 'exposure:soraf"),
        ("subset_count", "subset_share", "a second observable of role 'subset_share'"),
        ("\nnk_per_uL\t", "\ncd8_per_uL\t", "duplicated id 'cd8_per_uL'"),
        ("\tIL-15Rα\ttumour cell", "\tSoluble MICA\t", "in panel 'Soluble MICA'|in pg/mL"),
    ],
)
def test_a_fault_is_told_with_its_line(folder, old, new, told):
    change(folder, old, new)
    with pytest.raises(InputError, match=told):
        read_observables(folder)


def test_the_check_finds_a_fault_of_these_columns(folder):
    change(folder, "\tNK cells\t", "\t\t")
    found = [str(f) for f in run_checks(folder, experiments_dir()) if f.check == "observables"]
    assert any("observable 'nk_per_uL' has no label" in line for line in found)
