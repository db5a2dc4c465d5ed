"""Draws have the moments and quantiles of posteriors that are known."""

import numpy as np
import pytest
from scipy import stats

from il15_sim.fit.sampling import sample
from il15_sim.fit.sampling.moves import LockStep, gaussian, snooker, student
from tests.made.posteriors import Banana, Gaussian, correlated

TEN = correlated(10)


def far_off(found, column, expected, error):
    """Distance from what is expected, in standard errors, the largest of all parameters."""
    return np.abs((found.frame[column] - expected) / error).max()


@pytest.mark.parametrize(
    ("told", "least"),
    [("the covariance", 5000), ("no correlations", 4000), ("twice too wide", 4000)],
)
def test_ten_correlated_parameters(told, least):
    laplace = {
        "the covariance": TEN,
        "no correlations": 0.3 * np.diag(np.diag(TEN)),
        "twice too wide": 4 * TEN,
    }[told]
    target = Gaussian(np.full(10, 0.5), TEN)
    found = sample(target, np.full(10, 0.45), laplace, draws=60_000, seed=1)
    frame = found.frame
    assert found.evaluated < 80_000
    assert frame["ess_bulk"].min() > least
    assert frame["r_hat"].max() < 1.01
    assert found.flags == ()
    # Of twenty numbers, the largest lies below 3.5 in 99 of 100 runs.
    assert far_off(found, "mean", 5.0, frame["mcse_mean"]) < 3.5
    assert far_off(found, "sd", 0.5, 0.5 / np.sqrt(2 * frame["ess_bulk"])) < 3.5
    flat = found.shares.reshape(-1, 10)
    known = TEN / 0.05**2
    assert np.abs(np.corrcoef(flat.T) - known).max() < 4 / np.sqrt(least)


def test_a_bent_posterior():
    target = Banana([0.5, 0.3], 0.1**2 * np.diag([1.0, 0.04]))
    found = sample(target, [0.5, 0.3], target.covariance, draws=60_000, seed=2)
    assert found.flags == ()
    first, second = found.shares.reshape(-1, 2).T
    error = found.frame["mcse_mean"] / 10
    # The mean of the square of a normal is its variance.
    assert abs(first.mean() - 0.5) < 3.5 * error[0]
    assert abs(second.mean() - (0.3 + 4 * 0.1**2)) < 3.5 * error[1]
    straight = target.bent(found.shares.reshape(-1, 2))[:, 1]
    assert straight.std() == pytest.approx(0.02, rel=0.03)


@pytest.mark.parametrize(("centre", "side"), [(-0.1, "lower"), (1.05, "upper")])
def test_a_posterior_cut_off_by_a_bound(centre, side):
    target = Gaussian([centre, 0.5], np.diag([0.1**2, 0.05**2]))
    start = np.array([np.clip(centre, 0, 1), 0.5])
    found = sample(target, start, target.covariance, draws=40_000, seed=3)
    known = stats.truncnorm(-centre / 0.1, (1 - centre) / 0.1, centre, 0.1)
    row = found.frame.iloc[0]
    assert abs(row["mean"] - 10 * known.mean()) < 3.5 * row["mcse_mean"]
    assert row["sd"] == pytest.approx(10 * known.std(), rel=0.04)
    ends = 10 * known.ppf([0.025, 0.975])
    assert row[["lower95", "upper95"]].tolist() == pytest.approx(ends, abs=0.05)
    assert found.frame["on_bound"].tolist() == [True, False]
    assert found.flags == (f"cut off by the {side} bound: k0",)
    assert f"warning: cut off by the {side} bound: k0" in repr(found)


def test_a_flat_posterior_fills_the_cube():
    target = Gaussian([0.5, 0.5], 1e6 * np.eye(2))
    # Laplace's covariance is far wider than the cube.
    found = sample(target, [0.5, 0.5], target.covariance, draws=20_000, seed=4)
    assert found.frame["sd"].tolist() == pytest.approx([10 / np.sqrt(12)] * 2, rel=0.04)
    assert found.frame["on_bound"].tolist() == [True, True]
    assert found.flags == (
        "cut off by the lower bound: k0, k1",
        "cut off by the upper bound: k0, k1",
    )


def test_errors_of_means_are_what_they_say():
    target = Gaussian(np.full(5, 0.5), correlated(5))
    start = np.full(5, 0.5), 0.05**2 * np.eye(5)
    runs = [sample(target, *start, draws=4000, seed=seed).frame for seed in range(16)]
    off = np.array([(frame["mean"] - 5) / frame["mcse_mean"] for frame in runs])
    # 80 numbers of one posterior: a little less than 80 independent ones.
    assert 0.75 < off.std() < 1.25


class Model:
    """What emcee gives a move."""

    def __init__(self, target, seed):
        self.random = np.random.RandomState(seed)
        self.compute_log_prob_fn = lambda at: (target(at), None)


class State:
    def __init__(self, coords, log_prob):
        self.coords, self.log_prob = coords, log_prob


@pytest.mark.parametrize("move", ["gaussian", "student", "snooker"])
def test_each_move_alone_keeps_a_posterior_as_it_is(move):
    covariance = np.array([[4.0, 2.0, 0], [2.0, 9.0, 0], [0, 0, 1.0]])

    def target(at):
        return -0.5 * np.einsum("ki,ki->k", at, np.linalg.solve(covariance, at.T).T)

    propose, parts = {
        "gaussian": (gaussian(np.diag([4.0, 4.0, 4.0])), 1),
        "student": (student(np.array([1.0, 0, 0]), np.diag([6.0, 6.0, 2.0])), 1),
        "snooker": (snooker, 4),
    }[move]
    model = Model(target, 0)
    state = State(model.random.multivariate_normal(np.zeros(3), covariance, 2000), np.zeros(2000))
    state.log_prob = target(state.coords)
    step, found = LockStep(propose, 50, parts), []
    for _ in range(60):
        state, moved = step.propose(model, state)
        found.append(state.coords.copy())
        assert 0.05 < moved.mean() < 0.95
        assert np.array_equal(state.log_prob, target(state.coords))
    # Begun with draws from it; a wrong ratio would have drifted away.
    late = np.concatenate(found[30:])
    scale = np.sqrt(np.outer(np.diag(covariance), np.diag(covariance)))
    assert np.abs((np.cov(late.T) - covariance) / scale).max() < 0.05
    assert np.abs(late.mean(axis=0) / np.sqrt(np.diag(covariance))).max() < 0.05


def test_walkers_of_one_chain_know_nothing_of_another():
    """A chain that is moved far away changes no proposal of the others."""
    seen = []

    def propose(moving, still, random):
        seen.append(np.concatenate([moving, *still]))
        return snooker(moving, still, random)

    model = Model(lambda at: np.zeros(len(at)), 1)
    coords = model.random.standard_normal((40, 2)) + np.repeat([[0.0], [1000.0]], 20, axis=0)
    LockStep(propose, 2, 4).propose(model, State(coords.copy(), np.zeros(40)))
    assert len(seen) == 8
    for own, far in zip(seen[0::2], seen[1::2], strict=True):
        assert len(own) == len(far) == 20
        assert own.max() < 500 < far.min()
