"""A posterior tells its numbers, and what is wrong with them."""

import numpy as np
import pytest
import xarray as xr

from il15_sim.fit.sampling import sample
from tests.made.posteriors import Gaussian, correlated


@pytest.fixture(scope="module")
def found():
    one = Gaussian([0.4, 0.6], correlated(2), (False, True))
    return sample(one, [0.4, 0.6], one.covariance, draws=8000, chains=3, seed=5)


def test_the_table(found):
    frame = found.frame
    assert list(frame) == [
        *("parameter", "unit", "mean", "median", "sd", "lower95", "upper95", "on_bound"),
        *("r_hat", "ess_bulk", "ess_tail", "mcse_mean"),
    ]
    assert frame["parameter"].tolist() == ["k0", "k1"]
    assert frame["unit"].tolist() == ["1/h", "1/h"]
    flat = found.values.reshape(-1, 2)
    for column, share in (("lower95", 0.025), ("median", 0.5), ("upper95", 0.975)):
        assert frame[column].tolist() == np.quantile(flat, share, axis=0).tolist()
    # 1.96 standard deviations about the centre, on the scale of each.
    assert frame["lower95"].tolist() == pytest.approx(
        [10 * (0.4 - 0.098), 10 ** (0.6 - 0.098)], rel=0.03
    )
    assert not frame["on_bound"].any()


def test_diagnostics_are_those_of_arviz(found):
    import arviz

    for at, name in enumerate(found.names):
        row = found.frame.iloc[at]
        assert row["ess_bulk"] == float(arviz.ess(found.draws, method="bulk")[name])
        tails = arviz.ess(found.draws, method="tail", prob=(0.05, 0.95))
        assert row["ess_tail"] == float(tails[name])
        assert row["mcse_mean"] == float(arviz.mcse(found.draws, method="mean")[name])
        assert row["r_hat"] >= float(arviz.rhat(found.draws)[name])


def test_draws_have_names_units_and_dimensions(found):
    draws = found.draws
    assert isinstance(draws, xr.Dataset)
    assert dict(draws.sizes) == {"chain": 3, "draw": found.shares.shape[1]}
    assert {name: draws[name].attrs["units"] for name in draws} == {"k0": "1/h", "k1": "1/h"}
    assert np.array_equal(draws["k1"], found.values[:, :, 1])
    assert draws.attrs == {"hash": "gaussian", "seed": 5, "walkers": 16}


def test_draws_lie_walker_by_walker(found):
    """One walker moves in steps; from one walker to the next there is a leap."""
    length = found.shares.shape[1] // found.walkers
    first = found.shares[0].reshape(found.walkers, length, 2)
    stays = (np.diff(first, axis=1) == 0).all(axis=2).mean()
    assert stays == pytest.approx(1 - found.accepted, abs=0.05)
    assert (np.diff(first[:, 0], axis=0) != 0).any(axis=1).all()


def test_what_arviz_makes_of_it(found):
    import arviz

    tree = found.to_arviz()
    assert np.array_equal(tree["posterior"]["k0"], found.values[:, :, 0])
    assert np.array_equal(tree["sample_stats"]["lp"], found.log_density)
    assert np.array_equal(found.log_density.ravel()[:9], Gaussian(
        [0.4, 0.6], correlated(2)).log_density(found.shares.reshape(-1, 2)[:9]))  # fmt: skip
    table = arviz.summary(tree, kind="stats")
    assert table.loc["k0", "mean"].astype(float) == pytest.approx(found.frame["mean"][0], abs=0.02)


def test_how_it_shows_itself(found):
    lines = repr(found).splitlines()
    draws = found.shares.shape[0] * found.shares.shape[1]
    assert lines[0] == (
        f"Posterior of 2 parameters: {draws:,} draws, 3 chains of 16 walkers; 2,688 before them "
        f"thrown away; {found.evaluated:,} rows simulated"
    )
    assert lines[1].split() == [
        *("parameter", "unit", "median", "lower95", "upper95", "r_hat", "ess_bulk")
    ]
    assert lines[2].split()[:2] == ["k0", "1/h"]
    assert len(lines) == 4


def test_too_few_draws_are_told():
    one = Gaussian(np.full(6, 0.5), correlated(6))
    found = sample(one, np.full(6, 0.5), 0.01 * one.covariance, draws=800, warm_up=0, seed=5)
    frame = found.frame
    assert frame["r_hat"].max() > 1.01
    rhat, bulk, tail = found.flags
    assert rhat.startswith("not converged, R-hat above 1.01: k")
    assert rhat.endswith("; ask for more draws")
    worst = frame.loc[frame["r_hat"].idxmax()]
    assert f"{worst['parameter']} {worst['r_hat']:.4g}" in rhat
    assert bulk.startswith("not converged, effective sample size below 400: k0 ")
    assert tail.startswith("not converged, effective sample size of tails below 400: k0 ")
    assert repr(found).endswith("\n".join(f"warning: {line}" for line in found.flags))


@pytest.mark.parametrize("seed", range(4))
def test_two_modes_that_are_seldom_changed_are_told(seed):
    class Two(Gaussian):
        def log_density(self, shares):
            near = [((shares[:, 0] - at) / 0.01) ** 2 for at in (0.2, 0.8)]
            return -0.5 * np.minimum(*near)

    found = sample(Two([0.5], [[0.01]]), [0.5], [[0.02**2]], draws=8000, seed=seed)
    row = found.frame.iloc[0]
    assert row["r_hat"] > 1.01
    assert row["ess_bulk"] < 400
    assert abs(row["mean"] - 5) < 3.5 * row["mcse_mean"]
    assert "warning: not converged, R-hat above 1.01: k0" in repr(found)


def test_walkers_that_never_move_are_told():
    class Comb(Gaussian):
        """Only where walkers begin is there a density."""

        def log_density(self, shares):
            found = super().log_density(shares)
            return found if len(self.calls) == 1 else np.full(len(found), -np.inf)

    one = Comb([0.5], [[0.01]])
    found = sample(one, [0.5], [[0.01]], draws=8000, warm_up=0, seed=2)
    assert found.accepted == 0
    assert found.frame["ess_bulk"][0] < 400
    assert found.flags[0].startswith("not converged")


def test_a_parameter_may_be_called_like_a_column():
    class Named(Gaussian):
        names = ("x1", "mean")

    one = Named([0.5, 0.5], correlated(2))
    found = sample(one, [0.5, 0.5], one.covariance, draws=2000, seed=1)
    assert found.frame["parameter"].tolist() == ["x1", "mean"]
    assert list(found.draws) == ["x1", "mean"]
