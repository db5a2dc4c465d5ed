"""The command line: what it writes and prints, how fast it starts, how it ends."""

import csv
import json
import shlex
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
    for command in ("list", "run", "fit", "petab", "sweep", "check", "sync", "report", "reproduce"):
        assert f"\n  {command} " in result.output
    assert "Research only" in result.output


@pytest.mark.parametrize("command", [None, *cli.commands])
def test_every_help_has_examples_that_read(command):
    text = invoke(*([command] if command else []), "--help").stdout
    assert "--debug" in text
    examples = [shlex.split(line) for line in text.splitlines() if line[:13] == "    il15-sim "]
    assert len(examples) >= 2
    for _, *words in examples:
        words = words[: words.index(">")] if ">" in words else words
        # Read to the last word, without running anything.
        top = cli.make_context("il15-sim", words, resilient_parsing=True)
        rest = [*getattr(top, "_protected_args", ()), *top.args]
        name, found, left = cli.resolve_command(top, rest)
        assert command in (None, name)
        assert found.make_context(name, left, parent=top).args == []


def test_the_package_can_be_run():
    done = subprocess.run(
        [sys.executable, "-m", "il15_sim", "--version"], capture_output=True, text=True, check=True
    )
    assert done.stdout == f"il15-sim, version {__version__}\n"


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
        *("data/headlines.csv", "data/links.csv"),
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


def test_a_setting_holds_in_all_arms_and_is_recorded(done, tmp_path):
    file, out = done[0] / "two_arms.toml", tmp_path / "out"
    options = ("--set", "sorafenib_volume=60", "--set", "sorafenib_clearance = 4.5")
    result = invoke("run", file, "--out", out, *options)
    assert result.exit_code == 0, result.output
    changed = [row["changed_parameters"] for row in rows_of(out / "data" / "arms.csv")]
    assert "sorafenib_volume = 60" in changed[0]
    assert "sorafenib_volume = 60" in changed[1]  # whatever the file says
    assert all("sorafenib_clearance = 4.5" in text for text in changed)
    assert "mica_expression = 0" in changed[1]
    manifest = json.loads((out / "manifest.json").read_text(encoding="utf-8"))
    assert {"set sorafenib_volume = 60.0", "set sorafenib_clearance = 4.5"} < set(
        manifest["inputs"]
    )
    plain = json.loads((done[0] / "out" / "manifest.json").read_text(encoding="utf-8"))
    assert manifest["hash"] != plain["hash"]
    about = json.loads((out / "about.json").read_text(encoding="utf-8"))
    assert about["set"] == {"sorafenib_volume": 60.0, "sorafenib_clearance": 4.5}
    # The numbers are those of a simulation with these values.
    model = Model.load().with_values(about["set"])
    total = "sorafenib_total_mg_per_L"
    one = endpoints.cmax(total, hours=(672, 684))
    regimen = Regimen.parse("sorafenib 400 mg q12h x 28 d")
    runs = simulate(model, regimen, until_days=29, endpoints=[one])
    (row,) = [
        row
        for row in rows_of(out / "data" / "endpoints.csv")
        if (row["run"], row["endpoint"], row["observable"]) == ("intact, 400", "Cmax", total)
    ]
    assert float(row["value"]) == pytest.approx(float(runs[one.name][0]), rel=1e-3)


def test_variants_apply_in_order_and_overrides_last(tmp_path):
    file = tmp_path / "order.toml"
    file.write_text(
        """horizon_days = 1
[[arms]]
name = "a"
regimen = "none"
variant = ["cohort_awada2005_400mg", "cohort_typical", "no_mica"]
overrides = { mica_expression = 0.25 }
""",
        encoding="utf-8",
    )
    assert invoke("run", file, "--out", tmp_path / "out").exit_code == 0
    (arm,) = rows_of(tmp_path / "out" / "data" / "arms.csv")
    wanted = {"sorafenib_exposure_factor = 1", "mica_expression = 0.25"}
    assert set(arm["changed_parameters"].split("; ")) == wanted


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
