"""What lies upstream of the headlines, and its table in the README beside the models."""

import csv
import re
import shutil
from collections import Counter

import libsbml
import pytest

from il15_sim import Model
from il15_sim.check import headline_kinds, run_checks
from il15_sim.check.headline_counts import BEFORE, headline_block, sync_headlines
from il15_sim.check.readme_blocks import marks
from il15_sim.files.resources import experiments_dir, models_dir
from il15_sim.jobs.run_tables import headlines_csv

HEADLINES = [
    *("sorafenib_total_mg_per_L", "il15ra_monocyte", "cd4_nkg2d_percent"),
    *("lymphocytes_per_uL", "tumour_burden_mm"),
]


@pytest.fixture
def folder(tmp_path):
    return shutil.copytree(models_dir(), tmp_path / "models")


def kinds_upstream(sbml, observable):
    """Counts by another way: words of the formulas, widened until nothing new turns up."""
    model = libsbml.readSBMLFromString(sbml).getModel()
    words = {
        rule.getVariable(): set(re.findall(r"[A-Za-z_]\w*", rule.getFormula()))
        for rule in model.getListOfRules()
    }
    reached, size = {observable}, 0
    while size < len(reached):
        size = len(reached)
        reached |= {word for name in reached for word in words.get(name, ())}
    with (models_dir() / "parameters.tsv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))
    return Counter(row["kind"] for row in rows if row["parameterId"] in reached)


def test_the_counts_are_those_of_a_walk_through_the_formulas():
    model = Model.load()
    found = headline_kinds(model)
    assert sorted(found) == sorted(HEADLINES)
    for name, counts in found.items():
        assert counts == {**dict.fromkeys(counts, 0), **kinds_upstream(model.sbml, name)}
        assert counts["assumed"] > 0
    assert list(BEFORE) == list(found)


def test_a_module_counts_the_headlines_that_it_has():
    assert list(headline_kinds(Model.load("sorafenib_pk"))) == ["sorafenib_total_mg_per_L"]
    assert headline_kinds(Model.load("cd4_signalling")) == {}


def test_a_results_folder_holds_the_counts():
    model = Model.load("sorafenib_pk")
    header, row = csv.reader(headlines_csv(model).splitlines())
    assert header == ["observable", "measured", "derived", "fitted", "assumed", "setting"]
    counts = model.upstream_kinds("sorafenib_total_mg_per_L")
    assert row == ["sorafenib_total_mg_per_L", *map(str, counts.values())]


def test_the_readme_holds_the_counts_and_sync_writes_them(folder):
    readme = folder / "README.md"
    whole = readme.read_text(encoding="utf-8")
    assert headline_block(folder) in whole
    assert sync_headlines(folder) == ()
    total = sum(Model.load().upstream_kinds("il15ra_monocyte").values())
    old, new = f" | {total} | 35 of 79 |\n", f" | {total + 1} | 35 of 79 |\n"
    assert whole.count(old) == 1
    readme.write_text(whole.replace(old, new), encoding="utf-8")
    (found,) = [f for f in run_checks(folder, experiments_dir()) if f.check == "headlines"]
    assert str(found) == (
        f"error [headlines] {readme}: the counts upstream of the headlines are not those of the "
        "table; run il15-sim sync"
    )
    assert sync_headlines(folder) == (readme,)
    assert readme.read_text(encoding="utf-8") == whole


def test_models_without_a_place_for_the_counts_are_left_alone(folder):
    readme = folder / "README.md"
    text = readme.read_text(encoding="utf-8").replace(marks("headlines")[0], "")
    readme.write_text(text, encoding="utf-8")
    assert sync_headlines(folder) == ()
    readme.unlink()
    assert sync_headlines(folder) == ()
    assert [f for f in run_checks(folder, experiments_dir()) if f.check == "headlines"] == []
