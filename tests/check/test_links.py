"""The table of what each link rests on: its faults, its rows, and its place in the README."""

import csv
import re
import shutil

import pytest

from il15_sim import Model
from il15_sim.check import run_checks
from il15_sim.check.kind_counts import summary
from il15_sim.check.link_table import links_block, sync_links
from il15_sim.errors import InputError
from il15_sim.files.resources import experiments_dir, models_dir, shipped
from il15_sim.fit import read_fit
from il15_sim.jobs.run_tables import links_csv
from il15_sim.model.links import LINK_COLUMNS, read_links
from il15_sim.model.packaged import model_names
from il15_sim.model.parameters import ParameterTable
from il15_sim.trial.published import read_readings

LINKS = read_links(models_dir())
PROGRESSION = experiments_dir() / "data" / "progression" / "readings.tsv"


@pytest.fixture
def folder(tmp_path):
    return shutil.copytree(models_dir(), tmp_path / "models")


def change(path, old, new):
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


def findings(folder):
    return [str(f) for f in run_checks(folder, experiments_dir()) if f.check == "links"]


def line_of(path, start):
    lines = path.read_text(encoding="utf-8").split("\n")
    return 1 + next(i for i, line in enumerate(lines) if line.startswith(start))


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        (
            "sorafenib kinetics\tsorafenib_pk\t",
            "sorafenib kinetics\tsorafenib_kp\t",
            "unknown module 'sorafenib_kp'; did you mean 'sorafenib_pk'?",
        ),
        (
            "\tsorafenib_pk\t180",
            "\tsorafenib_kp\t180",
            "unknown fit 'sorafenib_kp'; did you mean 'sorafenib_pk'?",
        ),
    ],
)
def test_a_name_that_there_is_not_is_told_with_the_closest(folder, old, new, told):
    path = folder / "links.tsv"
    change(path, old, new)
    line = line_of(path, "sorafenib kinetics")
    assert findings(folder) == [f"error [links] {path}: line {line}: {told}"]


def test_a_missing_column_is_told(folder):
    path = folder / "links.tsv"
    kept = [
        line if line.startswith("#") else line.rpartition("\t")[0]
        for line in path.read_text(encoding="utf-8").splitlines()
    ]
    path.write_text("\n".join(kept) + "\n", encoding="utf-8")
    line = line_of(path, "link\t")
    assert findings(folder) == [f"error [links] {path}: line {line}: missing column 'falsify'"]
    with pytest.raises(InputError, match="missing column 'falsify'"):
        sync_links(folder)


def test_a_link_stands_once(folder):
    path = folder / "links.tsv"
    change(path, "\nIL-15 signalling\t", "\nsorafenib kinetics\t")
    first = line_of(path, "sorafenib kinetics")
    told = f"line {first + 2}: duplicated id 'sorafenib kinetics', first on line {first}"
    assert findings(folder) == [f"error [links] {path}: {told}"]


def test_a_place_in_the_readme_without_the_table_is_told(folder):
    path = folder / "links.tsv"
    path.unlink()
    assert findings(folder) == [f"error [links] {path}: cannot be read: No such file or directory"]


def test_the_readme_holds_the_table_and_sync_writes_it(folder):
    readme = folder / "README.md"
    whole = readme.read_text(encoding="utf-8")
    assert links_block(folder) in whole
    assert sync_links(folder) == ()
    change(folder / "links.tsv", "\t180 rows of ten studies\t", "\t180 | 181 rows\t")
    told = "the table of the links is not that of links.tsv; run il15-sim sync"
    assert findings(folder) == [f"error [links] {readme}: {told}"]
    assert sync_links(folder) == (readme,)
    new = readme.read_text(encoding="utf-8")
    # A bar of a cell is no column.
    assert new == whole.replace("| 180 rows of ten studies |", "| 180 \\| 181 rows |")


def test_the_assumed_rows_are_those_of_the_table():
    with (models_dir() / "parameters.tsv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))
    assumed = sum(row["kind"] == "assumed" for row in rows)
    assert links_block(models_dir()).startswith(
        f"{assumed} of {len(rows)} parameters are assumed, and "
    )
    table = ParameterTable.read(models_dir() / "parameters.tsv")
    assert summary(table)["assumed"] == assumed


def test_every_module_has_a_link_and_every_link_says_what_would_falsify_it():
    assert {name for link in LINKS for name in link.modules} == set(model_names()) - {"patient"}
    assert all(link.data and link.assumed and link.falsify for link in LINKS)


def fitted_rows(fit):
    if fit == "progression":
        with PROGRESSION.open(encoding="utf-8") as file:
            lines = csv.DictReader((x for x in file if not x.startswith("#")), delimiter="\t")
            return sum(row["used"] == "fit" for row in lines)
    if fit == "survival":
        readings = read_readings(experiments_dir() / "data" / "outcomes" / "readings.tsv")
        told = ("survival", "hazard ratio by burden")
        return sum(r.used == "fit" and r.quantity in told for r in readings)
    problem = read_fit(shipped("fits")[fit])
    return sum(row.used for row in problem.rows.rows)


@pytest.mark.parametrize("link", LINKS, ids=lambda link: link.link)
def test_the_number_of_rows_is_that_of_the_fit(link):
    told = re.match(r"(\d+) rows", link.data)
    if told is None:
        assert not link.fit or link.fit == "progression"
    else:
        assert int(told[1]) == fitted_rows(link.fit)


def test_a_results_folder_holds_the_links_of_its_model():
    header, *rows = csv.reader(links_csv(Model.load()).splitlines())
    assert header == list(LINK_COLUMNS)
    assert [row[0] for row in rows] == [link.link for link in LINKS]
    _, *own = csv.reader(links_csv(Model.load("sorafenib_pk")).splitlines())
    assert [row[0] for row in own] == ["sorafenib kinetics"]


def test_models_without_a_table_of_links_are_simulated_and_checked(folder):
    (folder / "links.tsv").unlink()
    readme = folder / "README.md"
    readme.unlink()
    assert sync_links(folder) == ()
    assert findings(folder) == []
    model = Model.load("sorafenib_pk", models_dir=folder)
    assert links_csv(model).splitlines() == [",".join(LINK_COLUMNS)]
