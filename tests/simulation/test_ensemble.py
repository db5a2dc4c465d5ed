"""Ensembles: both engines agree, stored results continue, differences are derivatives."""

import numpy as np
import pandas as pd
import pytest

from il15_sim import (
    Change,
    InputError,
    Model,
    ParameterRows,
    Regimen,
    Runs,
    endpoints,
    gradients,
    simulate,
)

TOTAL, SHARE = "sorafenib_total_mg_per_L", "cd4_nkg2d_percent"


@pytest.fixture(scope="module")
def patient():
    return Model.load("patient")


@pytest.fixture(scope="module")
def pk():
    return Model.load("sorafenib_pk")


def sorafenib(days, dose_mg=400):
    return Regimen.oral("sorafenib", dose_mg=dose_mg, every_h=12, days=days)


def volumes(count, low=150.0, high=250.0):
    return pd.DataFrame({"sorafenib_volume": np.linspace(low, high, count)})


def assert_same_numbers(one, other):
    for name in one.data.data_vars:
        assert np.array_equal(one[name].values, other[name].values, equal_nan=True), name


def test_both_engines_give_the_same_endpoints_and_courses(patient):
    wanted = [
        endpoints.cmax(TOTAL),
        endpoints.cmin(TOTAL, hours=(60, 72)),
        endpoints.auc(TOTAL, hours=(60, 72)),
        endpoints.trough(TOTAL, day=3),
        endpoints.value_at(TOTAL, day=3),
        endpoints.baseline(SHARE),
        endpoints.change(SHARE, day=7),
        endpoints.fold(SHARE, day=7),
        endpoints.max_fold(SHARE),
        endpoints.time_to_above(TOTAL, 1.5),
        endpoints.time_to_below(TOTAL, 1.0, hours=(100.0, None)),
    ]
    regimens = [
        sorafenib(4),
        sorafenib(7, 200) + Regimen.parse("temozolomide 150 mg/m2 d1-5/28 x 7 d"),
    ]
    table = volumes(2).assign(body_surface_area=[1.7, 2.1])
    one, other = (
        simulate(
            patient, regimens, table, endpoints=wanted, times_h=np.arange(0.0, 169.0, 12.0),
            observables=[TOTAL, SHARE, "temozolomide_mg_per_L"], until_days=7.5, engine=engine,
            rtol=1e-7, final_state=True,
        )
        for engine in ("batch", "reference")
    )  # fmt: skip
    assert one.data.attrs["engine"] == "batch"
    assert other.data.attrs["engine"] == "reference"
    assert not one["status"].any()
    assert not other["status"].any()
    for name in set(one.data.data_vars) - {"status", "steps_accepted", "steps_rejected"}:
        x, y = one[name].values, other[name].values
        there = np.isfinite(y)
        size = np.abs(y[there]).max(initial=0.0) + 1e-12
        assert np.array_equal(np.isnan(x), np.isnan(y)), name
        # The reference reads peaks and crossings off a grid of 0.1 h, where a trough is sharp.
        on_grid = name.startswith(("hours_to", "cmin", "cmax", "max_fold"))
        within = 1e-4 if on_grid else 5e-6
        assert np.abs(x - y)[there].max(initial=0.0) < within * size, name


def test_courses_are_those_of_simulate(patient):
    times = np.arange(0.0, 97.0, 6.0)
    many = simulate(patient, sorafenib(4), times_h=times, rtol=1e-8)
    one = simulate(patient, sorafenib(4), times_h=times, rtol=1e-10)
    for i, name in enumerate(one.observables):
        right = one.values[0, :, i]
        assert many[name].values[0] == pytest.approx(
            right, rel=1e-6, abs=1e-7 * right.max() + 1e-12
        )


def test_a_run_in_windows_is_one_run(pk):
    regimen = sorafenib(6)
    whole = simulate(pk, regimen, volumes(9), times_h=[144.0], until_days=6, rtol=1e-8)
    first = simulate(pk, regimen, volumes(9), until_days=2.75, final_state=True, rtol=1e-8)
    second = simulate(
        pk, regimen, volumes(9), times_h=[144.0], until_days=6, rtol=1e-8,
        start=first["final_state"].values, start_h=66.0,
    )  # fmt: skip
    assert second[TOTAL].values == pytest.approx(whole[TOTAL].values, rel=1e-6)


def test_a_parameter_can_change_at_a_time(pk):
    kept = [Change(48.0, "sorafenib_clearance", 0.0, sets=True)]
    runs = simulate(
        pk, sorafenib(1), changes=kept, until_days=20, times_h=[300.0, 480.0], rtol=1e-8
    )
    # Without clearance the bile circulates for good, and nothing leaves but through the gut.
    plain = simulate(pk, sorafenib(1), until_days=20, times_h=[300.0, 480.0], rtol=1e-8)
    assert (runs[TOTAL].values > 2 * plain[TOTAL].values).all()


def test_rows_in_blocks_and_threads_change_no_bit(pk):
    table = volumes(50)
    rows = ParameterRows(
        50, ("sorafenib_volume",), lambda a, b: table.to_numpy()[a:b], "fifty volumes"
    )
    asked = {"endpoints": [endpoints.cmax(TOTAL)], "until_days": 7}
    one = simulate(pk, sorafenib(7), table, threads=1, **asked)
    assert_same_numbers(one, simulate(pk, sorafenib(7), rows, threads=2, **asked))
    back = simulate(pk, sorafenib(7), table.iloc[::-1], **asked)
    assert_same_numbers(one, Runs(back.data.isel(run=slice(None, None, -1)), back.recipe))


def test_a_bad_row_fails_alone(pk):
    table = volumes(9)
    clean = simulate(pk, sorafenib(2), table)
    table.loc[4, "sorafenib_volume"] = np.nan
    runs = simulate(pk, sorafenib(2), table)
    assert runs["status"].values.astype(bool).tolist() == [row == 4 for row in range(9)]
    assert np.isnan(runs[TOTAL].values[4]).all()
    others = [row for row in range(9) if row != 4]
    assert np.array_equal(runs[TOTAL].values[others], clean[TOTAL].values[others])


def test_stored_results_are_continued(pk, tmp_path, monkeypatch):
    asked = {
        "endpoints": [endpoints.auc(TOTAL, hours=(0, 48.0))], "until_days": 2, "rows_per_shard": 8,
        "progress": False,
    }  # fmt: skip
    memory = simulate(pk, sorafenib(2), volumes(40), **{**asked, "rows_per_shard": 4096})
    from il15_sim.simulation import batch_rows

    plain, calls = batch_rows.BatchRows.block, []

    def breaks(self, start, stop, on_rows=None):
        calls.append(start)
        if len(calls) == 3:
            raise OSError("the power is off")
        return plain(self, start, stop, on_rows)

    monkeypatch.setattr(batch_rows.BatchRows, "block", breaks)
    with pytest.raises(Exception, match="power is off"):
        simulate(pk, sorafenib(2), volumes(40), folder=tmp_path, **asked)
    stored = simulate(pk, sorafenib(2), volumes(40), folder=tmp_path, **asked)
    assert len(calls) == 3 + 3  # two shards were there
    assert_same_numbers(memory, stored)
    later = stored.endpoints(endpoints.auc(TOTAL, hours=(0, 48.0)))
    assert np.array_equal(later.iloc[:, 0], memory[later.columns[0]])
    assert len(list(tmp_path.iterdir())) == 1
    simulate(pk, sorafenib(2), volumes(40), folder=tmp_path, rtol=1e-5, **asked)
    assert len(list(tmp_path.iterdir())) == 2


def test_gradients_are_slopes_of_the_reference(pk):
    names, times = (
        ["sorafenib_volume", "sorafenib_clearance", "sorafenib_biliary_share"],
        [24.0, 48.0],
    )
    slopes = gradients(pk, sorafenib(2), wrt=names, observables=[TOTAL], times_h=times, rtol=1e-8)
    for k, name in enumerate(names):
        value, values = pk.values[name], []
        for share in (1.001, 0.999):
            runs = simulate(
                pk, sorafenib(2), times_h=times, parameters={name: share * value}, rtol=1e-12
            )
            values.append(runs.get(0, TOTAL))
        right = (values[0] - values[1]) / (0.002 * value)
        assert slopes[TOTAL].values[0, k] == pytest.approx(right, rel=1e-4)


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        ({"parameters": pd.DataFrame({"sorafenib_volum": [1.0]})}, "sorafenib_volume"),
        ({"observables": ["sorafenib_total"]}, "unknown observable"),
        ({"engine": "fast"}, "unknown engine"),
        ({"regimens": [sorafenib(1)] * 3, "parameters": volumes(2)}, "3 regimens for 2 rows"),
        ({"endpoints": [endpoints.trough(TOTAL, day=99)], "until_days": 2}, "trough"),
        ({"rtol": 1.0}, "relative tolerance"),
        ({"times_h": [3.0, 2.0]}, "times"),
        ({"start_h": 12.0, "until_days": 2}, "start_h"),
    ],
)
def test_bad_questions_are_told(pk, asked, told):
    asked = {"regimens": sorafenib(2), **asked}
    with pytest.raises(InputError, match=told):
        simulate(pk, **asked)
