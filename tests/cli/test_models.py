"""The command line on models and fits: what fit writes, what check tells and sync mends."""

import csv
import json
import shutil

import pytest
from click.testing import CliRunner

from il15_sim import Model
from il15_sim.cli import cli
from il15_sim.files.resources import models_dir


def invoke(*args):
    return CliRunner().invoke(cli, [str(a) for a in args])


def rows_of(path):
    with path.open(encoding="utf-8", newline="") as handle:
        return list(csv.DictReader(handle))


FIT = """title = "One clearance"
description = "For a test."
model = "sorafenib_pk"
studies = ["fukudo2014"]
starts = 2
seed = 1

[noise]
model_sd_log = 0.2
area_sd_log = 0.1
between_cv = 0.6
within_cv = 0.5

[cohorts]
omega_start = 0.35
factor_parameter = "sorafenib_exposure_factor"
reference_experiment = "fukudo2014_400mg"

[[estimate]]
id = "sorafenib_clearance"
prior_median = 4.07
prior_fold = 2.0
prior_source = "Jain 2011: 8.13 L/h x 0.5"
"""


def test_a_fit_writes_estimates_figures_and_on_demand_a_variant(tmp_path):
    file = tmp_path / "one_clearance.toml"
    file.write_text(FIT, encoding="utf-8")
    models = tmp_path / "models"
    shutil.copytree(models_dir(), models)
    out = tmp_path / "out"
    args = ("--models", models, "fit", file, "--out", out, "--starts", 1, "--write-variant")
    result = invoke(*args)
    assert result.exit_code == 0, result.output
    variant = models / "variants" / "one_clearance_fit.tsv"
    assert result.stdout == f"{variant}\n{out}\n"
    (row,) = rows_of(out / "data" / "estimates.csv")
    told = next(x for x in variant.read_text().split("\n") if x.startswith("sorafenib_clearance"))
    assert float(told.split("\t")[1]) == pytest.approx(float(row["value"]), rel=1e-4)
    manifest = json.loads((out / "manifest.json").read_text(encoding="utf-8"))
    assert manifest["seed"] == 1
    files = set(manifest["files"])
    assert {"fit.json", "fit.toml", "data/residuals.csv", "data/cohorts.csv"} <= files
    assert {"figures/observed_predicted.png", "figures/goodness_of_fit.svg"} <= files
    html = invoke("report", out)
    assert html.exit_code == 0
    text = (out / "report.html").read_text(encoding="utf-8")
    assert "One clearance" in text
    assert "sorafenib_clearance" in text


def test_sync_writes_what_check_asks_for(tmp_path):
    models = tmp_path / "models"
    shutil.copytree(models_dir(), models)
    assert invoke("--models", models, "sync").stdout == (
        "nothing to write: the files follow the table\n"
    )
    table = models / "parameters.tsv"
    lines = table.read_text(encoding="utf-8").split("\n")
    at = next(i for i, line in enumerate(lines) if line.startswith("smica_clearance\t"))
    cells = lines[at].split("\t")
    cells[2] = "0.1"
    lines[at] = "\t".join(cells)
    table.write_text("\n".join(lines), encoding="utf-8")
    told = invoke("--models", models, "check")
    assert told.exit_code == 2
    assert "run il15-sim sync" in told.stderr
    before = (models / "modules" / "mica_nkg2d.ant").read_text(encoding="utf-8")
    assert "smica_clearance = 0.087;" in before  # check only reads
    written = invoke("--models", models, "sync").stdout.splitlines()
    assert f"written: {models / 'modules' / 'mica_nkg2d.ant'}" in written
    after = (models / "modules" / "mica_nkg2d.ant").read_text(encoding="utf-8")
    assert "smica_clearance = 0.1;" in after
    again = invoke("--models", models, "check")
    assert "run il15-sim sync" not in again.stderr


def test_check_passes_on_the_packaged_models_and_counts_the_kinds():
    result = invoke("check", "--summary")
    assert result.exit_code == 0, result.output
    assert result.stdout.splitlines()[-1].startswith("all checks passed")
    assert "measured  derived  fitted  assumed  setting  total" in result.stdout
    (line,) = [x for x in result.stdout.splitlines() if x.startswith("cd4_nkg2d_percent ")]
    counts = list(Model.load().upstream_kinds("cd4_nkg2d_percent").values())
    assert line.split()[1:] == [str(n) for n in (*counts, sum(counts))]
