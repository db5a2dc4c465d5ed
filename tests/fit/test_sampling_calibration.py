"""Simulation-based calibration passes what is right and finds out what is wrong."""

import numpy as np
import pytest
from scipy import stats

from il15_sim.errors import InputError
from il15_sim.fit.sampling import Calibration, sample, simulation_based_calibration

READINGS = 8
#: Bounds of the mean and of the log10 of the SD of readings; priors are flat between them.
LOW, HIGH = np.array([-5.0, -1.0]), np.array([5.0, 0.5])


class Normal:
    """Mean and SD of normal readings; `wrong` multiplies the SD that the likelihood takes."""

    names, units, logarithmic, hash = ("mean", "sd"), ("mg/L", "mg/L"), (False, True), "normal"

    def __init__(self, readings, wrong=1.0):
        self.readings, self.wrong = readings, wrong

    def scaled(self, shares):
        return LOW + shares * (HIGH - LOW)

    def log_density(self, shares):
        mean, log_sd = self.scaled(shares).T
        sd = self.wrong * 10**log_sd
        squares = ((self.readings - mean[:, None]) ** 2).sum(axis=1)
        return -READINGS * np.log(sd) - 0.5 * squares / sd**2

    def values(self, shares):
        mean, log_sd = self.scaled(shares).T
        return np.column_stack([mean, 10**log_sd])


def prior(random):
    mean, log_sd = LOW + random.random(2) * (HIGH - LOW)
    return np.array([mean, 10**log_sd])


def readings(truth, random):
    return random.normal(*truth, READINGS)


def fitted(found, seed, wrong=1.0):
    sd = found.std(ddof=1)
    centre = (np.array([found.mean(), np.log10(sd)]) - LOW) / (HIGH - LOW)
    errors = np.array([sd / READINGS**0.5, 0.4343 / (2 * READINGS) ** 0.5]) / (HIGH - LOW)
    return sample(
        Normal(found, wrong), np.clip(centre, 0, 1), np.diag(errors**2),
        draws=3200, warm_up=1600, chains=2, seed=seed,
    )  # fmt: skip


def calibrated(posterior, repeats, seed=1):
    return simulation_based_calibration(prior, readings, posterior, repeats=repeats, seed=seed)


def test_the_posterior_is_that_of_the_closed_form():
    """With a prior that is flat in the mean and the log of the SD, t is Student's."""
    given = np.random.default_rng(0).normal(1.0, 1.0, READINGS) / 4
    found = fitted(given, 1)
    mean, _ = found.values.reshape(-1, 2).T
    t = (mean - given.mean()) / (given.std(ddof=1) / np.sqrt(READINGS))
    for share in (0.05, 0.25, 0.5, 0.75, 0.95):
        assert (t < stats.t(READINGS - 1).ppf(share)).mean() == pytest.approx(share, abs=0.03)


def test_a_right_posterior_passes():
    found = calibrated(fitted, 40)
    assert found.names == ("mean", "sd")
    assert found.ranks.shape == (40, 2)
    assert 0 <= found.ranks.min() < found.ranks.max() <= found.ranked == 63
    assert found.frame["p_value"].min() > 0.05 / 2


@pytest.mark.parametrize("wrong", [0.5, 2.0])
def test_a_likelihood_with_a_wrong_sd_is_found_out(wrong):
    found = calibrated(lambda given, seed: fitted(given, seed, wrong), 30)
    sd = found.frame.set_index("parameter").loc["sd"]
    assert sd["p_value"] < 0.001
    # Half the SD, and the posterior makes up for it with twice the SD: the truth is low in it.
    assert sd["mean_rank"] < 0.2 if wrong < 1 else sd["mean_rank"] > 0.8


def test_a_posterior_with_the_wrong_width_is_found_out():
    """Ranks of a narrow one crowd at both ends, those of a wide one in the middle."""
    random = np.random.default_rng(5)
    truth = random.normal(size=(200, 1))
    for width, inside in ((0.5, False), (2.0, True)):
        ranks = (width * random.normal(size=(200, 1, 63)) < truth[:, :, None]).sum(axis=2)
        frame = Calibration(("x",), ranks, 63).frame
        assert frame["p_value"][0] < 0.001
        assert frame["mean_rank"][0] == pytest.approx(0.5, abs=0.1)
        middle = (np.abs(ranks - 31.5) < 16).mean()
        assert middle > 0.6 if inside else middle < 0.4


def test_right_ranks_have_uniform_p_values():
    """Of right ones, one in twenty has a p-value below 0.05."""
    ranks = np.random.default_rng(2).integers(64, size=(60, 2000))
    p = Calibration(tuple(map(str, range(2000))), ranks, 63).frame["p_value"].to_numpy()
    for share in (0.05, 0.2, 0.5):
        # Five standard errors; the ranks that they are held against are made at random too.
        assert np.mean(p <= share) == pytest.approx(
            share, abs=5 * np.sqrt(share * (1 - share) / 2000)
        )


def test_how_it_shows_itself():
    lines = repr(Calibration(("ka",), np.arange(64)[:, None], 63)).splitlines()
    assert lines[0] == "Calibration: 64 repeats, the truth ranked among 63 draws of each"
    assert lines[1].split() == ["parameter", "mean_rank", "p_value"]
    assert lines[2].split() == ["ka", "0.5", "1"]


def test_the_same_seed_gives_the_same_ranks():
    first, again = calibrated(fitted, 3), calibrated(fitted, 3)
    assert np.array_equal(first.ranks, again.ranks)
    assert not np.array_equal(first.ranks, calibrated(fitted, 3, seed=2).ranks)


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"repeats": 1}, r"^repeats = 1; give 2 or more$"),
        ({"ranked": 1}, r"^ranked = 1; give 2 or more$"),
        (
            {"ranked": 3200},
            r"^repeat 0: a posterior worth \d+ independent draws, of which 3200 are ranked; "
            r"ask for more draws, or for fewer ranked ones$",
        ),
    ],
)
def test_numbers_that_cannot_be(changes, told):
    how = {"repeats": 2, "seed": 1, **changes}
    with pytest.raises(InputError, match=told):
        simulation_based_calibration(prior, readings, fitted, **how)


def test_a_truth_of_another_length():
    with pytest.raises(InputError, match=r"^repeat 0: a truth of shape \(3,\) for 2 parameters$"):
        simulation_based_calibration(
            lambda random: np.ones(3), lambda *_: np.arange(8.0), fitted, repeats=2, seed=1
        )


@pytest.mark.slow
def test_a_right_posterior_passes_a_thousand_times():
    found = calibrated(fitted, 1000)
    assert found.frame["p_value"].min() > 0.01 / 2


@pytest.mark.slow
def test_a_likelihood_ten_percent_off_is_found_out_in_a_thousand():
    found = calibrated(lambda given, seed: fitted(given, seed, 0.9), 1000)
    assert found.frame.set_index("parameter").loc["sd", "p_value"] < 0.01
