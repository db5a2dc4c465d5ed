"""What cannot be sampled is told in one line; what fails here and there is counted."""

import importlib.util
import sys

import numpy as np
import pytest

from il15_sim.errors import InputError
from il15_sim.fit.sampling import sample
from tests.made.posteriors import Gaussian, correlated

START = {"centre": np.full(3, 0.5), "covariance": correlated(3)}
HOW = {"chains": 2, "walkers": 16, "warm_up": 640, "draws": 1280, "seed": 7}


def told(one=None, **changes):
    given = {**START, **HOW, **changes}
    with pytest.raises(InputError) as error:
        sample(one or Gaussian(np.full(3, 0.5), correlated(3)), **given)
    assert "\n" not in str(error.value)
    return str(error.value)


# --- arguments ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"draws": 0}, "draws = 0; every walker makes four or more; give 128 or more"),
        ({"draws": 127}, "draws = 127; every walker makes four or more; give 128 or more"),
        ({"draws": 1e4}, "draws = 10000.0; give a whole number"),
        ({"draws": True}, "draws = True; give a whole number"),
        ({"draws": "many"}, "draws = 'many'; give a whole number"),
        ({"chains": 1}, "chains = 1; R-hat compares chains; give 2 or more"),
        ({"walkers": 7}, "walkers = 7; 3 parameters need them, to move everywhere; give 8 or more"),
        ({"warm_up": -1}, "warm_up = -1; it counts draws; give 0 or more"),
        ({"seed": -1}, "seed = -1; seeds lie between 0 and 4294967295"),
        ({"seed": 2**32}, "seed = 4294967296; seeds lie between 0 and 4294967295"),
        ({"seed": None}, "seed = None; give a whole number"),
        ({"centre": [0.5, 0.5]}, "centre of shape (2,); there are 3 parameters"),
        (
            {"centre": [0.5, 1.2, 0.5]},
            "centre of 'k1' is 1.2; a centre lies in the unit cube; give shares, 0 to 1",
        ),
        (
            {"centre": [0.5, 0.5, np.nan]},
            "centre of 'k2' is nan; a centre lies in the unit cube; give shares, 0 to 1",
        ),
        ({"covariance": np.eye(2)}, "covariance of shape (2, 2); there are 3 parameters"),
        (
            {"covariance": np.diag([1.0, np.inf, 1.0])},
            "covariance with numbers that are not finite",
        ),
        (
            {"covariance": np.eye(3) + np.diag([0.5, 0.0], 1)},
            "covariance that is not symmetric",
        ),
    ],
)
def test_arguments_that_cannot_be(changes, expected):
    assert told(**changes) == expected


@pytest.mark.parametrize(
    "covariance",
    [np.zeros((3, 3)), np.ones((3, 3)), -np.eye(3), np.diag([1e-4, 1e-4, 0.0])],
)
def test_a_covariance_that_is_not_positive_definite(covariance):
    line = told(covariance=covariance)
    assert line.startswith("covariance that is not positive definite; the smallest eigenvalue of ")
    assert line.endswith("leave out a parameter that the data do not tell, or give it a prior")


def test_parameters_known_well_and_badly_are_judged_alike():
    """Numbers that an inverse of a Hessian has are no reason to refuse it."""
    mixed = np.diag([1e-6, 1e-2, 1.0]) + 1e-20
    skewed = correlated(3) * (1 + 1e-13 * np.triu(np.ones((3, 3)), 1))
    one = Gaussian(np.full(3, 0.5), correlated(3))
    for covariance in (mixed, skewed):
        assert sample(one, START["centre"], covariance, **HOW).shares.shape == (2, 640, 3)


def test_a_target_of_nothing():
    one = Gaussian(np.full(3, 0.5), correlated(3))
    one.centre = np.empty(0)
    assert told(one) == "a target without parameters; there is nothing to sample"


def test_a_target_with_names_missing():
    one = Gaussian(np.full(3, 0.5), correlated(3))
    one.logarithmic = (True,)
    assert told(one) == "1 logarithmic of a target of 3 parameters"


@pytest.mark.parametrize("library", ["emcee", "arviz"])
def test_a_library_that_is_missing_is_told_first(monkeypatch, library):
    find = importlib.util.find_spec
    monkeypatch.setattr(
        importlib.util, "find_spec", lambda name: None if name == library else find(name)
    )
    one = Gaussian(np.full(3, 0.5), correlated(3))
    assert told(one) == f'{library} is not installed; pip install "il15-sim[bayes]"'
    assert one.calls == []


def test_the_libraries_are_loaded_where_they_are_used():
    import subprocess

    code = "import sys, il15_sim.fit.sampling; print({'arviz', 'emcee'} & {*sys.modules})"
    answer = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert answer.stdout == "set()\n", answer.stderr


# --- densities ---------------------------------------------------------------------------------


class Odd(Gaussian):
    """A density that is changed by `odd`."""

    odd = None

    def log_density(self, shares):
        return self.odd(shares, super().log_density(shares))


def odd(change):
    one = Odd(np.full(3, 0.5), correlated(3), calls=[])
    one.odd = change
    return one


@pytest.mark.parametrize("none", [-np.inf, np.nan])
def test_rows_without_a_density_are_left_out_and_counted(none):
    """Half of the cube fails: what is left is the other half of the normal."""
    one = odd(lambda shares, found: np.where(shares[:, 0] > 0.5, none, found))
    found = sample(one, **START, **{**HOW, "draws": 20_000})
    assert found.shares[:, :, 0].max() <= 0.5
    half = 0.05 * np.sqrt(2 / np.pi)
    first = found.frame.iloc[0]
    assert abs(first["mean"] - 10 * (0.5 - half)) < 3.5 * first["mcse_mean"]
    assert np.isfinite(found.log_density).all()
    assert found.evaluated == sum(one.calls)
    assert 0.2 * found.evaluated < found.failed < 0.6 * found.evaluated
    assert f"{found.failed:,} of them without a density" in repr(found)


@pytest.mark.parametrize("none", [-np.inf, np.nan])
def test_a_density_that_is_nowhere(none):
    line = told(odd(lambda shares, found: np.full(len(found), none)))
    assert line == (
        "no density at the beginning of every one of the walkers; 384 points were tried, the last "
        "of them next to the centre; see whether the simulation works at the centre, and whether "
        "the data can be met there"
    )


def test_a_density_next_to_the_centre_only():
    """Walkers that begin where nothing works are sent nearer to the centre."""
    ball = 0.02
    one = odd(
        lambda shares, found: np.where(((shares - 0.5) ** 2).sum(axis=1) < ball**2, 0.0, -np.inf)
    )
    found = sample(one, **START, **{**HOW, "draws": 20_000})
    # The second moment of each share within a ball is a fifth of the square of its radius.
    assert found.frame["sd"].tolist() == pytest.approx([10 * ball / np.sqrt(5)] * 3, rel=0.05)


def test_a_density_that_is_infinite():
    line = told(odd(lambda shares, found: np.full(len(found), np.inf)))
    assert line.startswith("log density +inf at the shares 0.")
    assert line.endswith("; a posterior's density is finite")


@pytest.mark.parametrize("shape", [(), (1,), (32, 1)])
def test_a_density_of_another_shape(shape):
    line = told(odd(lambda shares, found: np.zeros(shape)))
    why = "a target gives one number per row"
    assert line == f"log densities of shape {shape} for 32 rows of shares; {why}"


def test_values_of_another_shape():
    one = Gaussian(np.full(3, 0.5), correlated(3))
    one.values = lambda shares: shares[:, :2]
    assert told(one) == (
        "values of shape (1280, 2) for shares of shape (1280, 3); "
        "a target gives one value per share"
    )
