"""What is refused, in one line that names value, row, rule and the closest valid name."""

import numpy as np
import pytest

from il15_sim.errors import InputError
from il15_sim.fit.likelihoods import likelihood

NAN, INF = float("nan"), float("inf")

REFUSED = [
    ("normal", 1.0, 2.0, {"sd": 0.0}, "sd 0; it is positive and finite"),
    (
        "normal",
        [1.0, 1.0],
        [2.0, 2.0],
        {"sd": [1, -3]},
        "sd -3 in row 2; it is positive",
    ),
    ("normal", [1.0, 1.0], [2.0, NAN], {"sd": 1.0}, "measured nan in row 2; it is a finite"),
    (
        "normal",
        [[1.0], [INF]],
        [2.0],
        {"sd": 1.0},
        "predicted inf in row 1 of draw 2; it is",
    ),
    ("normal", 1.0, 2.0, {}, "no sd; it is the SD of the error, in the unit of the measurement"),
    ("normal", 1.0, 2.0, {"sdd": 1.0}, "unknown setting 'sdd'; did you mean 'sd'?"),
    ("normal", 1.0, "high", {"sd": 1.0}, "measured 'high'; it is a number"),
    (
        *("normal", [1.0, 1.0], [2.0] * 3, {"sd": 1.0}),
        "measured of shape (3,); it does not spread over predictions of shape (2,)",
    ),
    (
        *("normal", 1.0, [2.0, 2.0], {"sd": 1.0}),
        "measured of shape (2,); it does not spread over predictions of shape ()",
    ),
    ("log-normal", 1.0, 2.0, {"log_sd": -0.1}, "log_sd -0.1; it is positive and finite"),
    ("log-normal", 1.0, -2.0, {"log_sd": 1.0}, "measured -2; on a log scale it is positive"),
    ("log-normal", 0.0, 2.0, {"log_sd": 1.0}, "predicted 0; on a log scale it is positive"),
    (
        "proportional-additive",
        1.0,
        2.0,
        {"sd": 1.0, "cv": -0.1},
        "cv -0.1; it is finite and",
    ),
    ("proportional-additive", 1.0, 2.0, {"sd": 0.0, "cv": 0.1}, "sd 0; it is positive and finite"),
    ("censored-normal", 1.0, 2.0, {"sd": 1.0, "lower": 0.0}, "lower 0; a limit is positive; -inf"),
    ("censored-normal", 1.0, 2.0, {"sd": 1.0, "upper": -1.0}, "upper -1; a limit is positive; inf"),
    ("censored-normal", 1.0, 2.0, {"sd": 1.0, "upper": NAN}, "upper nan; a limit is positive; inf"),
    (
        *("censored-normal", 1.0, 2.0, {"sd": 1.0, "lower": 2.0, "upper": 1.0}),
        "lower 2; it lies below upper",
    ),
    (
        *("censored-log-normal", [1.0] * 2, [0.0] * 2, {"log_sd": 1.0, "lower": [0.5, -INF]}),
        "measured 0 in row 2; on a log scale it is positive",
    ),
    ("poisson", 2.0, 1.5, {}, "measured 1.5; it is a whole number from 0 on"),
    ("poisson", -2.0, 1, {}, "predicted -2; it is finite and not negative"),
    ("negative-binomial", 2.0, 1, {"dispersion": 0}, "dispersion 0; it is positive and finite"),
    ("binomial", 0.5, 1, {"n": 0}, "n 0; it is a whole number from 1 on"),
    ("binomial", 0.5, 5, {"n": 4}, "measured 5; k does not exceed n"),
    ("binomial", 1.5, 3, {"n": 4}, "predicted 1.5; it lies between 0 and 1"),
]


@pytest.mark.parametrize(("kind", "predicted", "measured", "known", "text"), REFUSED)
def test_bad_input_is_refused(kind, predicted, measured, known, text):
    with pytest.raises(InputError) as caught:
        likelihood(kind).log_density(predicted, measured, **known)
    assert str(caught.value).startswith(f"likelihood '{kind}': {text}")
    assert "\n" not in str(caught.value)


def test_an_unknown_kind_is_told_the_closest():
    with pytest.raises(InputError) as caught:
        likelihood("lognormal", where="fit.toml: row 3")
    expected = "fit.toml: row 3: unknown likelihood 'lognormal'; did you mean 'log-normal'?"
    assert str(caught.value) == expected


def test_least_squares_is_refused_where_it_does_not_apply():
    with pytest.raises(InputError) as caught:
        likelihood("poisson").residual(2.0, 1)
    assert str(caught.value) == (
        "likelihood 'poisson' has no residual; least squares needs normal errors of a spread that "
        "no prediction changes; use log_density"
    )


def test_a_simulation_that_failed_harms_no_neighbour():
    for kind, known in (("normal", {"sd": 1.0}), ("poisson", {}), ("binomial", {"n": 3})):
        found = likelihood(kind).log_density([[0.5, np.nan], [0.5, 0.5]], [1, 1], **known)
        assert np.isnan(found).tolist() == [[False, True], [False, False]]
        assert found[0, 0] == found[1, 1]
