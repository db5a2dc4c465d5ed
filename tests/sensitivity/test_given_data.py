"""Indices of ensembles that exist already."""

import math

import numpy as np
import pandas as pd
import pytest

from il15_sim import InputError, Model, Regimen, simulate
from il15_sim.endpoints import cmax, time_to_above
from il15_sim.sensitivity import design, given_data
from tests.sensitivity.known_functions import ANGLES, ishigami, values

TOTAL = "sorafenib_total_mg_per_L"


def normal(count=4000, correlation=0.0, seed=1):
    rng = np.random.default_rng(seed)
    covariance = np.eye(3)
    covariance[0, 1] = covariance[1, 0] = correlation
    return pd.DataFrame(rng.multivariate_normal(np.zeros(3), covariance, count), columns=[*"abc"])


def delta_of_normal(correlation):
    """Borgonovo's delta of an input that is jointly normal with the output."""
    from scipy.stats import norm

    spread = math.sqrt(1 - correlation**2)

    y, x = np.linspace(-9, 9, 4001), np.linspace(-6, 6, 401)[:, None]
    gap = np.abs(norm.pdf(y) - norm.pdf(y, correlation * x, spread))
    return 0.5 * np.trapezoid(np.trapezoid(gap, y) * norm.pdf(x[:, 0]), x[:, 0])


def test_delta_of_normal_inputs_is_that_of_the_closed_form():
    table = normal()
    y = 2 * table["a"] + table["b"]
    found = given_data(table, y, resamples=20)
    right = [delta_of_normal(2 / math.sqrt(5)), delta_of_normal(1 / math.sqrt(5))]
    a, b, nothing = values(found.frame, "delta")
    assert (a, b) == pytest.approx(right, abs=0.04)
    # Densities of few points differ by chance: what tells nothing has a small delta.
    assert 0 < nothing < 0.1


def test_a_correlated_input_is_credited_with_what_it_tells():
    table = normal(correlation=0.9)
    found = given_data(table, table["a"].to_numpy() + 0.5 * table["c"].to_numpy(), resamples=20)
    a, b, c = values(found.frame, "delta")
    r = 1 / math.sqrt(1.25)
    assert a == pytest.approx(delta_of_normal(r), abs=0.04)
    assert b == pytest.approx(delta_of_normal(0.9 * r), abs=0.04)
    assert c == pytest.approx(delta_of_normal(0.5 * r), abs=0.04)


def test_pawn_ranks_as_delta_does():
    table = design(ANGLES, "salib", 2000, sample="latin", analyze="pawn").sample
    y = ishigami(table)
    pawn = given_data(table, y, method="pawn")
    # Pianosi and Wagener (2018): x2 first, x3 more than nothing.
    assert pawn.ranking()["factor"].tolist() == ["x2", "x1", "x3"]
    assert pawn.frame["low"].isna().all()
    only_a = normal()
    found = given_data(only_a, only_a["a"], method="pawn").frame
    medians = values(found, "median")
    # An output that is the input: a slice of a tenth at share s lies max(s, 0.9 - s) apart.
    assert medians[0] == pytest.approx(np.median([max(s, 0.9 - s) for s in np.arange(10) / 10]),
                                       abs=0.01)  # fmt: skip
    assert medians[1:].max() < 0.1


@pytest.mark.parametrize("method", ["delta", "pawn"])
def test_ranks_alone_matter(method):
    table = normal(500)
    y = (2 * table["a"] + table["b"]).to_numpy()
    skewed = table.assign(a=np.exp(3 * table["a"]), b=table["b"] ** 3)
    one, other = (given_data(t, y, method=method, resamples=5).frame for t in (table, skewed))
    pd.testing.assert_frame_equal(one, other, check_exact=True)
    assert one["value"].notna().all()


def test_a_skewed_output_has_the_delta_of_its_logarithm():
    table = normal(500)
    logarithm = 2 * table["a"] + table["b"]
    one, other = (
        given_data(table, y, resamples=5).frame for y in (logarithm, np.exp(3 * logarithm))
    )
    pd.testing.assert_frame_equal(one, other, check_exact=True)
    assert one["value"].between(0, 1).all()


@pytest.mark.parametrize("method", ["delta", "pawn"])
def test_in_a_table_sorted_by_its_result_a_switch_that_does_nothing_tells_nothing(method):
    rng = np.random.default_rng(2)
    table = normal(1000).assign(switch=rng.integers(0, 2, 1000))
    table = table.sort_values("a", ignore_index=True)
    found = given_data(table, table["a"], method=method, resamples=5)
    ranked = found.ranking().set_index("factor")["value"]
    assert ranked["switch"] < 0.12 < 0.6 < ranked["a"]


def test_an_output_of_two_values_is_explained_by_what_decides_it():
    table = normal(2000)
    found = given_data(table, (table["a"] > 0).astype(float), resamples=5)
    a, *others = values(found.frame, "delta")
    # Knowing a, one half of the output is left; a density estimate blurs its edge.
    assert a == pytest.approx(0.5, abs=0.1)
    assert max(others) < 0.1


def test_switches_that_have_to_do_with_nothing_tell_nothing_of_an_output_of_two_values():
    rng = np.random.default_rng(3)
    table = pd.DataFrame(rng.integers(0, 2, (2000, 2)).astype(float), columns=["a", "b"])
    found = given_data(table, rng.integers(0, 2, 2000).astype(float), resamples=5)
    assert values(found.frame, "delta").max() < 0.1


def test_a_seed_gives_the_same_interval_and_another_one_another():
    table = normal(300)
    one, same, other = (
        given_data(table, table["a"], seed=seed, resamples=10).frame for seed in (0, 0, 1)
    )
    pd.testing.assert_frame_equal(one, same, check_exact=True)
    assert not one["low"].equals(other["low"])


@pytest.fixture(scope="module")
def runs():
    model = Model.load("sorafenib_pk")
    rng = np.random.default_rng(4)
    table = pd.DataFrame(
        {
            "sorafenib_volume": 120 * rng.lognormal(0, 0.3, 200),
            "sorafenib_clearance": 4 * rng.lognormal(0, 0.05, 200),
        }
    )
    table["sorafenib_gut_limit"] = 100.0
    return simulate(
        model,
        Regimen.oral("sorafenib", dose_mg=400, every_h=12, days=1),
        table,
        endpoints=[cmax(TOTAL).named("top"), time_to_above(TOTAL, 1.6).named("reached")],
        observables=TOTAL,
        times_h=[12.0, 24.0],
    )


def test_runs_tell_their_own_inputs_and_outputs(runs):
    found = given_data(runs, "top", resamples=10)
    assert found.ranking()["factor"].tolist() == ["sorafenib_volume", "sorafenib_clearance"]
    courses = given_data(runs, [TOTAL], method="pawn")
    assert courses.frame["time_h"].unique().tolist() == [12.0, 24.0]
    same = given_data(
        runs.parameters[["sorafenib_volume", "sorafenib_clearance"]],
        runs["top"].values,
        resamples=10,
    )
    assert same.frame["value"].tolist() == found.frame["value"].tolist()


def test_rows_without_a_result_are_left_out_and_counted(runs):
    reached = np.isfinite(runs["reached"].values)
    assert 100 < reached.sum() < 200
    found = given_data(runs, "reached", resamples=5)
    (told,) = found.failures.to_dict("records")
    assert (told["failed"], told["used"]) == ((~reached).sum(), reached.sum())
    # The level is not reached by those with a large volume.
    assert told["where"].startswith("mostly at sorafenib_volume")
    alone = given_data(runs.parameters[reached], runs["reached"].values[reached], resamples=5)
    assert found.frame["value"].tolist() == alone.frame["value"].tolist()


def test_an_output_that_does_not_vary_is_explained_by_nothing():
    found = given_data(normal(200), np.ones(200))
    assert found.frame["value"].isna().all()


def table_with(**columns):
    return normal(200).assign(**columns)


@pytest.mark.parametrize(
    ("table", "y", "asked", "told"),
    [
        (normal(200), np.ones(200), {"method": "sobol"}, "unknown method 'sobol'; choose one of"),
        (normal(200), np.ones(199), {}, r"have shape \(199,\); the design has 200 rows"),
        (normal(200), None, {}, "a table without results; give one number per row as y"),
        (normal(99), np.ones(99), {}, "99 rows with 'y'; it takes 100"),
        (normal(200), np.full(200, np.nan), {}, "0 rows with 'y'; it takes 100"),
        (normal(200), np.ones(200), {"factors": "d"}, "unknown factor 'd'"),
        (table_with(a=1.0), np.ones(200), {"factors": ["a"]}, "factor 'a' does not vary"),
        (table_with(a=1.0, b=1.0, c=1.0), np.ones(200), {}, "nothing varies in the ensemble"),
        (
            table_with(a=[np.inf, *range(199)]),
            np.ones(200),
            {},
            "factor 'a' is not a finite number in every row",
        ),
        (
            table_with(a=["x", "y"] * 100),
            np.ones(200),
            {},
            r"factor 'a' is not a number in every row; name the others by factors=\[...\], or",
        ),
        ([1.0], [1.0], {}, r"\[1.0\] is no ensemble; give Runs or a DataFrame"),
        (normal(200), np.ones(200), {"seed": -1}, "seed -1"),
        (normal(200), np.ones(200), {"resamples": 1}, "resamples 1; it is a whole number"),
    ],
)
def test_bad_ensembles_are_told(table, y, asked, told):
    with pytest.raises(InputError, match=told):
        given_data(table, y, **asked)


@pytest.mark.parametrize(
    ("y", "told"),
    [
        ("tops", "unknown output 'tops'; did you mean 'top'"),
        (np.ones(200), "results beside runs; name outputs of the runs"),
    ],
)
def test_bad_questions_to_runs_are_told(runs, y, told):
    with pytest.raises(InputError, match=told):
        given_data(runs, y)
