"""Every program of the benchmark runs, and tells what it measured."""

import json
import subprocess
import sys

import pytest

from tests.benchmark.programs import FOLDER, helpers, quick, read

__all__ = ["helpers"]  # pytest takes the fixture from here


@pytest.fixture(scope="module")
def measured(tmp_path_factory):
    """Results of the quick comparison of all models."""
    out = tmp_path_factory.mktemp("benchmark")
    quick("throughput.py", ["--out", str(out)])
    return out


@pytest.mark.parametrize("model", ["patient", "huang_ferrell", "kholodenko"])
def test_throughput_writes_tables_of_every_model(measured, model):
    rows = read(measured / model / "work_precision.tsv")
    assert {row["engine"] for row in rows} == {"il15-sim", "libRoadRunner"}
    for row in rows:
        assert (row["sets"], row["trusted"]) == ("2", "2")
        # Different equations, doses or parameter sets would show here.
        loose = 1e-2 if float(row["rtol"]) > 1e-5 else 1e-3
        assert row["failed"] == "0"
        assert 0 < float(row["error_max"]) < loose
        assert float(row["ms"]) > 0
    equal = {row["engine"]: row for row in read(measured / model / "at_equal_error.tsv")}
    assert set(equal) == {"il15-sim", "libRoadRunner"}


def test_throughput_tells_the_tools_and_draws_its_figure(measured):
    told = json.loads((measured / "machine.json").read_text(encoding="utf-8"))
    assert set(told["tools"]) == {"il15-sim", "libRoadRunner"}
    assert 5_000 < (measured / "work_precision.png").stat().st_size < 300_000
    # Everything is measured: an interrupted run would have left its parts.
    assert not list(measured.rglob("parts.jsonl"))


def test_an_unknown_model_is_told_with_the_closest_name(tmp_path):
    command = [sys.executable, str(FOLDER / "throughput.py"), "--quick", "--out", str(tmp_path)]
    done = subprocess.run([*command, "--models", "kolodenko"], capture_output=True, text=True)
    assert done.returncode == 1
    assert "unknown model 'kolodenko'" in done.stderr
    assert "kholodenko" in done.stderr
    done = subprocess.run([*command, "--engines", "AMICY"], capture_output=True, text=True)
    assert done.returncode == 1
    assert "AMICI" in done.stderr


def test_tolerance_tells_how_far_the_error_follows(tmp_path):
    told = quick("tolerance.py", ["--out", str(tmp_path)])
    rows = read(tmp_path / "tolerance.tsv")
    assert [float(row["rtol"]) for row in rows] == [10.0**-k for k in range(3, 9)]
    errors = [float(row["error_max"]) for row in rows]
    assert errors == sorted(errors, reverse=True)
    for row in rows:
        over = float(row["max_over_rtol"])
        assert over == pytest.approx(float(row["error_max"]) / float(row["rtol"]), rel=1e-2)
        assert row["in_band"] == str(int(0.03 <= over <= 1.0))
    assert told.count("the band") == len(rows)
    assert 5_000 < (tmp_path / "tolerance.png").stat().st_size < 300_000


def test_the_page_holds_what_was_measured_and_says_what_was_not(measured, tmp_path):
    from page import main, page

    main(["--results", str(measured), "--docs", str(tmp_path)])
    text = (tmp_path / "benchmark.md").read_text(encoding="utf-8")
    assert (tmp_path / "work_precision.png").read_bytes() == (
        measured / "work_precision.png"
    ).read_bytes()
    for row in read(measured / "huang_ferrell" / "at_equal_error.tsv"):
        assert row["ms"] == "" or f"| {row['ms']} |" in text
    assert "| libRoadRunner 2" in text
    assert "doi:10.1073/pnas.93.19.10078" in text
    for program in ("tolerance", "arithmetic", "scale", "sweeps", "latency"):
        assert f"Not measured: `{program}.py`" in text
    # Of an empty folder: nothing at all.
    assert page(tmp_path / "none").count("Not measured") == 3 + 5 + 1


def test_a_page_takes_no_figure_that_is_too_large(tmp_path):
    from page import main

    (tmp_path / "work_precision.png").write_bytes(bytes(300_001))
    with pytest.raises(SystemExit, match="larger than 300000 bytes"):
        main(["--results", str(tmp_path), "--docs", str(tmp_path / "docs")])


def test_arithmetic_accounts_for_the_whole_simulation(tmp_path):
    quick("arithmetic.py", ["--out", str(tmp_path)])
    rows = {row["part"]: row for row in read(tmp_path / "arithmetic.tsv")}
    parts = [float(row["us_per_simulation"]) for name, row in rows.items() if name != "simulation"]
    assert sum(parts) == pytest.approx(float(rows["simulation"]["us_per_simulation"]), rel=1e-2)
    assert 0 < float(rows["simulation"]["share_of_peak"]) < 1
    assert float(rows["solve"]["calls"]) == pytest.approx(8 * float(rows["factor"]["calls"]), 1e-3)


def test_scale_writes_curves_and_runs_into_shards(tmp_path):
    quick("scale.py", ["--out", str(tmp_path)])
    rows = read(tmp_path / "scale.tsv")
    assert {row["curve"] for row in rows} == {"simulations", "doses", "days"}
    assert {row["failed"] for row in rows} == {"0"}
    (many,) = read(tmp_path / "shards.tsv")
    assert (many["simulations"], many["failed"]) == ("64", "0")
    assert 50 < float(many["peak_memory_mib"]) < float(many["allowed_memory_mib"])
    assert (tmp_path / "scale.png").stat().st_size < 300_000


def test_a_sweep_is_timed_in_all_its_ways(tmp_path):
    quick("sweeps.py", ["--out", str(tmp_path)])
    rows = read(tmp_path / "sweeps.tsv")
    assert [row["way"].partition(",")[0] for row in rows] == ["threads"] * 2 + ["Dask workers"] * 2
    assert {row["simulations"] for row in rows} == {str(16 * (20 + 2))}
    for row in rows:
        over = float(row["seconds"]) / float(rows[0]["seconds"])
        assert float(row["relative"]) == pytest.approx(over, rel=1e-2)


def test_a_fit_is_timed_with_its_parts(tmp_path):
    told = quick("fits.py", ["--out", str(tmp_path)])
    found = json.loads((tmp_path / "fits.json").read_text(encoding="utf-8"))
    assert (found["problem"], found["rows"], found["unknowns"]) == ("sorafenib_pk", 180, 8)
    figures = {figure["what"]: figure for figure in found["figures"]}
    assert [figure["count"] for figure in figures.values()] == [2, 200, 1, 1]
    assert all(figure["seconds"] > 0 for figure in figures.values())
    assert all(what in told for what in figures)
    # In an ensemble a likelihood costs less than alone.
    many, one = figures["likelihoods in ensembles"], figures["one likelihood"]
    assert many["seconds"] / 200 < one["seconds"]


def test_latency_tells_its_figures(tmp_path):
    quick("latency.py", ["--json", str(tmp_path / "latency.json")])
    told = json.loads((tmp_path / "latency.json").read_text(encoding="utf-8"))
    values = {figure["what"]: figure["value"] for figure in told["figures"]}
    may_be_zero = {"  compiling, as told", "  not accounted for"}
    assert all(value > 0 for what, value in values.items() if what not in may_be_zero)
    assert values["first ensemble, empty cache"] > values["first ensemble, from cache"]


def test_waiting_that_a_call_does_not_report_is_told():
    from latency import start_figures

    fresh = {"first": 9.0, "told": 2.0, "again": 0.5, "load": 1.0, "whole": 11.0}
    found = {f.what.strip(): f.value for f in start_figures("empty cache", [fresh] * 3, 30.0)}
    assert found["compiling, as told"] == 2.0
    assert found["not accounted for"] == pytest.approx(9.0 - 2.0 - 0.5)
