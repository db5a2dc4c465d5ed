"""The command line: what it writes and prints, how fast it starts, how it ends."""

import csv
import json
import subprocess
import sys
import tomllib

import numpy as np
import pytest
from click.testing import CliRunner

from il15_sim import Model, __version__, endpoints, simulate
from il15_sim.cli import cli
from il15_sim.files.record import digest
from il15_sim.files.resources import experiments_dir
from il15_sim.regimen import Regimen

SCENARIO = """title = "Two arms"
description = "For a test."
horizon_days = 29

[[arms]]
name = "intact, 400"
regimen = "sorafenib 400 mg q12h x 28 d"

[[arms]]
name = "no MICA"
regimen = "sorafenib 400 mg q12h x 28 d"
variant = "no_mica"
overrides = { sorafenib_volume = 50.0 }
"""


def invoke(*args):
    return CliRunner().invoke(cli, [str(a) for a in args])


def rows_of(path):
    with path.open(encoding="utf-8", newline="") as handle:
        return list(csv.DictReader(handle))


@pytest.fixture(scope="module")
def done(tmp_path_factory):
    """One scenario, run once from the command line."""
    place = tmp_path_factory.mktemp("run")
    file = place / "two_arms.toml"
    file.write_text(SCENARIO, encoding="utf-8")
    result = invoke("run", file, "--out", place / "out")
    assert result.exit_code == 0, result.output
    return place, result


# --- the surface -----------------------------------------------------------------------------


def test_the_version_is_told():
    assert invoke("--version").output == f"il15-sim, version {__version__}\n"


def test_without_a_command_the_help_is_shown():
    result = invoke()
    assert result.exit_code == 0
    for command in ("run", "fit", "check", "report", "reproduce"):
        assert f"\n  {command} " in result.output
    assert "Research only" in result.output


def test_the_version_needs_no_heavy_library():
    code = (
        "import sys\nfrom il15_sim.cli import cli\n"
        "try:\n    cli(['--version'])\nexcept SystemExit:\n    pass\n"
        "heavy = {'numpy', 'scipy', 'pandas', 'matplotlib', 'roadrunner', 'antimony', 'tqdm'}\n"
        "assert not heavy & set(sys.modules), heavy & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True, stdout=subprocess.DEVNULL)


# --- run -------------------------------------------------------------------------------------


def test_a_run_prints_its_folder_and_nothing_else(done):
    place, result = done
    assert result.stdout == f"{place / 'out'}\n"
    assert result.stderr == ""


def test_a_run_writes_tables_figures_and_a_manifest(done):
    out = done[0] / "out"
    files = {p.relative_to(out).as_posix() for p in out.rglob("*") if p.is_file()}
    assert {
        *("manifest.json", "about.json", "scenario.toml", "figures/captions.json"),
        *("data/trajectories.csv", "data/endpoints.csv", "data/parameters.csv", "data/arms.csv"),
        *("figures/trajectories.png", "figures/trajectories.svg", "figures/chain.png"),
    } <= files
    manifest = json.loads((out / "manifest.json").read_text(encoding="utf-8"))
    assert set(manifest["files"]) == files - {"manifest.json"}
    for name, expected in manifest["files"].items():
        assert digest((out / name).read_bytes()) == expected
    assert set(manifest["inputs"]) == {"scenario", "model", "variant no_mica"}


def test_the_trajectories_are_those_of_a_simulation(done):
    table = rows_of(done[0] / "out" / "data" / "trajectories.csv")
    assert list(table[0]) == ["run", "time_h", "sample", "observable", "value", "unit"]
    model = Model.load().with_variant("no_mica").with_values({"sorafenib_volume": 50.0})
    regimen = Regimen.parse("sorafenib 400 mg q12h x 28 d")
    runs = simulate(model, regimen, until_days=29, names=["no MICA"])
    expected = runs.to_frame()
    mine = [row for row in table if row["run"] == "no MICA"]
    assert [row["observable"] for row in mine] == list(expected["observable"])
    assert [row["unit"] for row in mine] == list(expected["unit"])
    times = [float(row["time_h"]) for row in mine]
    np.testing.assert_allclose(times, expected["time_h"])
    values = [float(row["value"]) for row in mine]
    scale = np.abs(expected["value"]).groupby(expected["observable"]).transform("max")
    assert np.max(np.abs(values - expected["value"]) / scale) < 1e-5


def test_the_endpoints_are_those_of_the_runs(done):
    table = rows_of(done[0] / "out" / "data" / "endpoints.csv")
    regimen = Regimen.parse("sorafenib 400 mg q12h x 28 d")
    runs = simulate(Model.load(), regimen, until_days=29)
    total, share = "sorafenib_total_mg_per_L", "cd4_nkg2d_percent"
    asked = {
        ("AUC0-12", total): (endpoints.auc_0_12(total, day=28), "mg*h/L"),
        ("Cmax", total): (endpoints.cmax(total, hours=(672, 684)), "mg/L"),
        ("trough", total): (endpoints.trough(total, day=28), "mg/L"),
        ("change", share): (endpoints.change(share, day=29), "percentage points"),
        ("fold", share): (endpoints.fold(share, day=29), ""),
    }
    read = runs.endpoints([e for e, _ in asked.values()]).iloc[0]
    expected = {key: (read[e.name], unit) for key, (e, unit) in asked.items()}
    found = {(r["endpoint"], r["observable"]): r for r in table if r["run"] == "intact, 400"}
    for key, (value, unit) in expected.items():
        assert float(found[key]["value"]) == pytest.approx(value, rel=1e-4), key
        assert found[key]["unit"] == unit


def test_the_arms_table_tells_what_each_arm_changes(done):
    arms = rows_of(done[0] / "out" / "data" / "arms.csv")
    assert [row["run"] for row in arms] == ["intact, 400", "no MICA"]
    assert arms[0]["changed_parameters"] == ""
    assert "sorafenib_volume = 50" in arms[1]["changed_parameters"]
    assert "mica_expression = 0" in arms[1]["changed_parameters"]
    assert {row["status"] for row in arms} == {"ok"}


def test_the_parameters_are_those_of_the_model(done):
    model = Model.load()
    table = rows_of(done[0] / "out" / "data" / "parameters.csv")
    assert {row["id"]: float(row["value"]) for row in table} == dict(model.values)


def test_the_same_run_again_gives_the_same_files(done):
    place = done[0]
    first = json.loads((place / "out" / "manifest.json").read_text(encoding="utf-8"))
    assert invoke("run", place / "two_arms.toml", "--out", place / "out").exit_code == 0
    again = json.loads((place / "out" / "manifest.json").read_text(encoding="utf-8"))
    assert first["files"] == again["files"]
    assert first["hash"] == again["hash"]


def test_a_packaged_scenario_is_run_by_its_name_into_results(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    result = invoke("run", "sorafenib_alone")
    assert result.exit_code == 0, result.output
    folder = tmp_path / result.stdout.strip()
    assert folder.parent == tmp_path / "results" / "sorafenib_alone"
    assert len(folder.name) == 8
    copied = (folder / "scenario.toml").read_text(encoding="utf-8")
    packaged = experiments_dir() / "doses" / "sorafenib_alone.toml"
    assert tomllib.loads(copied) == tomllib.loads(packaged.read_text(encoding="utf-8"))


def test_observables_can_be_chosen(tmp_path):
    file = tmp_path / "few.toml"
    text = 'title = "T"\nhorizon_days = 1\nobservables = ["cd4_per_uL"]\n'
    file.write_text(text + '[[arms]]\nname = "a"\nregimen = "none"\n', encoding="utf-8")
    assert invoke("run", file, "--out", tmp_path / "out").exit_code == 0
    table = rows_of(tmp_path / "out" / "data" / "trajectories.csv")
    assert {row["observable"] for row in table} == {"cd4_per_uL"}


def test_a_report_is_written_from_a_run(done):
    out = done[0] / "out"
    result = invoke("report", out, "--title", "My report")
    assert result.stdout == f"{out / 'report.html'}\n"
    assert "<h1>My report</h1>" in (out / "report.html").read_text(encoding="utf-8")


# --- fit and check ---------------------------------------------------------------------------

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
    import shutil

    from il15_sim.files.resources import models_dir

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
    assert {"fit.json", "fit.toml", "data/predictions.csv", "data/cohorts.csv"} <= files
    assert {"figures/observed_predicted.png", "figures/goodness_of_fit.svg"} <= files
    html = invoke("report", out)
    assert html.exit_code == 0
    text = (out / "report.html").read_text(encoding="utf-8")
    assert "One clearance" in text
    assert "sorafenib_clearance" in text


def test_check_passes_on_the_packaged_models_and_counts_the_kinds():
    result = invoke("check", "--summary")
    assert result.exit_code == 0, result.output
    assert result.stdout.splitlines()[-1].startswith("all checks passed")
    assert "measured  derived  fitted  assumed  total" in result.stdout
