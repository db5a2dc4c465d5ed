"""`fit`, `profile` and `compare` on a table of one's own, from the command line."""

import json

import pandas as pd
import pytest
from click.testing import CliRunner

from il15_sim.cli import cli

TABLE = """time_min,observable,value,dose
30,pstat5_cd4,0.10,300
120,pstat5_cd4,0.16,300
30,pstat5_cd4,0.45,1000
120,pstat5_cd4,0.42,1000
30,pstat5_cd4,0.85,3000
120,pstat5_cd4,0.60,3000
"""
OWN = ("--model", "cd4_signalling", "--dose-of", "il15_soluble", "--starts", "1")
FILE = """
title = "pSTAT5"
model = "cd4_signalling"
data = "readings.csv"
dose_of = "il15_soluble"
starts = 1
estimate = [{names}]
"""


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "readings.csv").write_text(TABLE, encoding="utf-8")
    return tmp_path


def invoke(*args):
    return CliRunner().invoke(cli, [*args])


def test_one_command_fits_a_table(folder):
    found = invoke("fit", "readings.csv", "--estimate", "pstat5_half_share", *OWN, "--out", "o")
    assert found.exit_code == 0, found.output
    assert "cd4_signalling fitted to readings.csv: 6 readings, 1 parameter" in found.stderr
    assert found.stdout.splitlines()[-1] == "o"
    plain = json.loads((folder / "o" / "fit.json").read_text(encoding="utf-8"))
    assert plain["estimates"][0]["parameter"] == "pstat5_half_share"
    assert {p.stem for p in (folder / "o" / "figures").glob("*.png")} == {
        "fitted", "residuals", "waterfall",
    }  # fmt: skip
    html = (folder / "o" / "report.html").read_text(encoding="utf-8")
    assert "Readings and the fitted curves" in html
    assert "cd4_signalling fitted to readings.csv: 6 readings, 1 parameter" in html
    assert "errors of pstat5_cd4: log SD" in html
    assert "exposure factor" not in html  # there is no cohort


PLATES = """time_min,observable,value,dose,plate
30,pstat5_cd4,150,300,A
120,pstat5_cd4,170,300,A
30,pstat5_cd4,890,3000,A
120,pstat5_cd4,750,3000,A
30,pstat5_cd4,250,300,B
120,pstat5_cd4,310,300,B
30,pstat5_cd4,1600,3000,B
120,pstat5_cd4,1500,3000,B
"""


def test_the_report_of_plates_tells_their_factors_and_no_fold_of_one(folder):
    (folder / "plates.csv").write_text(PLATES, encoding="utf-8")
    told = ("--estimate", "pstat5_half_share", *OWN, "--out", "o", "--scale", "plate")
    found = invoke("fit", "plates.csv", *told)
    assert found.exit_code == 0, found.output
    html = (folder / "o" / "report.html").read_text(encoding="utf-8")
    assert "Factor of every cohort or plate" in html
    assert "without factor and background of each" in html
    assert "gmfe" not in html


def test_leaving_each_arm_out_is_an_option(folder):
    told = ("--estimate", "pstat5_half_share", *OWN, "--out", "o", "--leave-one-out")
    assert invoke("fit", "readings.csv", *told).exit_code == 0
    table = pd.read_csv(folder / "o" / "data" / "left_out.csv")
    assert table["left_out"].astype(str).tolist() == ["300", "1000", "3000"]
    assert table["rows"].tolist() == [2, 2, 2]


def test_profiles_are_written_with_their_points(folder):
    told = ("--estimate", "pstat5_half_share", *OWN, "--out", "o")
    found = invoke("profile", "readings.csv", *told)
    assert found.exit_code == 0, found.output
    points = pd.read_csv(folder / "o" / "data" / "profile_points.csv")
    table = pd.read_csv(folder / "o" / "data" / "profiles.csv")
    assert table["lower95"][0] < table["estimate"][0] < table["upper95"][0]
    assert points["rise"].min() == 0.0
    assert (folder / "o" / "figures" / "profiles.png").is_file()
    refused = invoke("profile", "readings.csv", *told, "--parameter", "pstat5_half")
    assert "did you mean 'pstat5_half_share'" in refused.stderr
    assert refused.exit_code == 2


def test_fits_of_one_table_are_compared(folder):
    for name, names in (("one", '"pstat5_half_share"'), ("two", '"stat5_use_rate"')):
        (folder / f"{name}.toml").write_text(FILE.replace("{names}", names), encoding="utf-8")
    found = invoke("compare", "one.toml", "two.toml", "--out", "o")
    assert found.exit_code == 0, found.output
    table = json.loads((folder / "o" / "comparison.json").read_text(encoding="utf-8"))
    assert {row["fit"] for row in table} == {"one", "two"}
    assert table[0]["delta_aic"] == 0.0
    assert table[1]["delta_aic"] > 0.0
    assert (folder / "o" / "figures" / "comparison.png").is_file()
    assert "left_out" not in found.stderr
    found = invoke("compare", "one.toml", "two.toml", "--out", "l", "--leave-one-out")
    assert "left_out_minus_2_ln_likelihood" in found.stderr


@pytest.mark.parametrize(
    ("args", "line"),
    [
        (("fit", "readings.csv"), "no --model; a table of readings does not say it; add --model"),
        (("fit", "readings.csv", "--model", "cd4_signalling"), "no --estimate; a table of"),
        (
            ("fit", "sorafenib_pk", "--model", "patient"),
            "--model patient; a fit file tells it itself; the option is for a table of readings",
        ),
        (
            ("fit", "readings.csv", "--estimate", "pstat5_half_share", *OWN, "--data", "."),
            "--data .; readings.csv fits no published studies",
        ),
        (
            ("fit", "pstat5_pbmc", "--data", "."),
            "--data .; pstat5_pbmc fits no published studies",
        ),
        (("compare", "sorafenib_pk"), "1 fit; two are needed to compare"),
    ],
)
def test_what_is_missing_is_told(folder, args, line):
    found = invoke(*args)
    assert found.exit_code == 2
    assert line in found.stderr


def test_a_posterior_is_drawn_with_its_bands(folder):
    told = ("--estimate", "pstat5_half_share", *OWN, "--out", "o", "--draws", "1000")
    found = invoke("sample", "readings.csv", *told)
    assert found.exit_code == 0, found.output
    warned = [line for line in found.stderr.splitlines() if "not converged" in line]
    assert warned  # 1000 draws are too few,
    assert len(warned) == len(set(warned))  # and each reason is told once
    table = pd.read_csv(folder / "o" / "data" / "posterior.csv")
    assert table["parameter"].tolist() == ["pstat5_half_share", "error of pstat5_cd4 (log-normal)"]
    assert (folder / "o.chains").is_dir()
    assert {p.stem for p in (folder / "o" / "figures").glob("*.png")} == {
        "predictive", "pairs", "traces",
    }  # fmt: skip
    bands = pd.read_csv(folder / "o" / "data" / "bands.csv")
    assert (bands["lower95"] <= bands["upper95"]).all()


def test_two_readings_are_fitted_without_a_figure_of_residuals(folder):
    two = "".join(TABLE.splitlines(keepends=True)[i] for i in (0, 2, 4)).replace(
        "dose", "dose,error"
    )
    two = two.replace(",300\n", ",300,0.05\n").replace(",1000\n", ",1000,0.05\n")
    (folder / "two.csv").write_text(two, encoding="utf-8")
    told = ("--estimate", "pstat5_half_share", *OWN, "--out", "o")
    found = invoke("fit", "two.csv", *told)
    assert found.exit_code == 0, found.output
    assert "cannot be drawn" not in found.stderr
    assert {p.stem for p in (folder / "o" / "figures").glob("*.png")} == {"fitted", "waterfall"}


def test_the_path_is_told_last_after_the_warnings(folder):
    told = ("--estimate", "pstat5_half_share", *OWN, "--out", "o")
    found = invoke("fit", "readings.csv", *told)
    assert "warning: One search only" in found.stderr
    # What somebody sees on a terminal, both streams in their order.
    assert found.output.splitlines()[-1] == "o"
