"""Deviance residuals of every kind: the best density, the root of what is missing, its slope."""

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from scipy.optimize import minimize_scalar

from il15_sim.fit.deviance import best_log_density, deviance_residuals
from il15_sim.fit.likelihoods import DIRECTIONS, LIKELIHOODS, likelihood

OTHERS = [kind for kind, one in LIKELIHOODS.items() if one.scale is None]
spreads = st.floats(0.01, 10.0)
levels = st.floats(0.0, 100.0)
COUNTS = {"poisson", "negative-binomial", "binomial"}


@st.composite
def rows(draw, kind):
    """What was measured, what is known, and a prediction."""
    known = {}
    n = draw(st.integers(2, 500))
    for item in likelihood(kind).known:
        known[item.name] = {
            "n": st.just(n), "cv": st.sampled_from([0.0, 0.05, 0.5, 2.0]), "margin": st.just(0.0),
            "lower": st.just(1.0), "upper": st.just(50.0),
        }.get(item.name, spreads)  # fmt: skip
    known = {name: draw(of) for name, of in known.items()}
    if kind == "direction":
        measured = draw(st.sampled_from(sorted(DIRECTIONS)))
        known["margin"] = draw(spreads) if measured == "no change" else 0.0
    elif kind == "binomial":
        measured = draw(st.one_of(st.just(0), st.just(n), st.integers(0, n)))
    elif kind in COUNTS:
        measured = draw(st.one_of(st.just(0), st.integers(0, 10_000)))
    else:
        # At, beyond and inside the limits.
        measured = draw(st.one_of(st.just(1.0), st.just(50.0), st.just(0.0), levels))
    rule = likelihood(kind).predicted_rule
    if rule == "probability":
        predicted = draw(
            st.one_of(
                st.sampled_from([0.0, 0.5, 1.0]),
                st.floats(1e-12, 1e-3),
                st.floats(1e-3, 0.999),
                st.floats(0.999, 1 - 1e-9),
            )
        )
    elif rule == "finite":
        spread = known.get("sd", known.get("scale"))
        middle = 0.0 if isinstance(measured, str) else measured
        predicted = middle + draw(st.floats(-10, 10)) * spread
    else:
        predicted = draw(st.one_of(st.floats(1e-9, 1e-3), st.floats(1e-3, 2e4)))
        if "log_sd" in known:
            predicted = max(measured, 1.0) * np.exp(draw(st.floats(-10, 10)) * known["log_sd"])
    return measured, {k: np.array([v], float) for k, v in known.items()}, predicted


def of(kind, predicted, measured, known):
    return float(likelihood(kind).log_density([predicted], [measured], **known)[0])


@pytest.mark.parametrize("kind", LIKELIHOODS)
@given(st.data())
def test_no_prediction_is_better_than_the_best(kind, data):
    measured, known, predicted = data.draw(rows(kind)) if kind in OTHERS else simple(kind, data)
    best = float(best_log_density(kind, [measured], known)[0])
    assert of(kind, predicted, measured, known) <= best + 1e-9 * max(1.0, abs(best))


def simple(kind, data):
    """Kinds with normal errors: a positive level with whatever they have to be told."""
    told = {"n": 12.0, "lower": 1.0, "upper": 9.0, "lowest": 1.0, "highest": 9.0, "level": 0.9}
    known = {k.name: np.array([told.get(k.name, 0.5)]) for k in likelihood(kind).known}
    return data.draw(st.floats(2.0, 8.0)), known, data.draw(st.floats(0.1, 50.0))


@pytest.mark.parametrize("kind", ["proportional-additive", "censored-proportional-additive"])
@given(levels, spreads, st.sampled_from([0.0, 0.05, 0.3, 1.0, 3.0]))
def test_the_best_of_combined_errors_is_that_of_a_search(kind, measured, sd, cv):
    assume(kind == "proportional-additive" or measured > 0.01)
    known = {"sd": np.array([sd]), "cv": np.array([cv])}
    if kind.startswith("censored"):
        known |= {"lower": np.array([-np.inf]), "upper": np.array([np.inf])}
    best = float(best_log_density(kind, [measured], known)[0])
    grid = np.concatenate([np.linspace(-0.5, 1.5, 2001) * measured, np.linspace(-9, 9, 101) * sd])
    tried = likelihood(kind).log_density(
        grid, np.full(len(grid), measured), **{k: v[0] for k, v in known.items()}
    )
    at = grid[np.argmax(tried)]
    near = 2e-3 * measured + 0.4 * sd
    found = minimize_scalar(
        lambda p: -of(kind, p, measured, known), bounds=(at - near, at + near), method="bounded",
        options={"xatol": 1e-10},
    )  # fmt: skip
    assert best == pytest.approx(max(-found.fun, tried.max()), rel=1e-7, abs=1e-7)


@pytest.mark.parametrize("kind", OTHERS)
@given(st.data())
def test_half_the_square_is_what_is_missing_and_the_slope_that_of_the_density(kind, data):
    measured, known, predicted = data.draw(rows(kind))
    at = of(kind, predicted, measured, known)
    assume(np.isfinite(at))
    best = best_log_density(kind, [measured], known)
    residual, by = deviance_residuals(kind, np.array([predicted]), [measured], known, best)
    missing = float(best[0]) - at
    assert residual[0] ** 2 / 2 == pytest.approx(missing, rel=1e-6, abs=1e-9 * max(1, abs(at)))
    assume(missing > 1e-3)
    # Five points: far more exact than the two of the code.
    width = predicted if "log_sd" in known or kind in COUNTS else known_width(known)
    if kind == "binomial":
        width = min(predicted, 1 - predicted)
    h = 1e-3 * width * min(1.0, float(known.get("log_sd", np.ones(1))[0]))
    assume(h > 1e-11)
    f = [of(kind, predicted + k * h, measured, known) for k in (-2, -1, 1, 2)]
    slope = (f[0] - 8 * f[1] + 8 * f[2] - f[3]) / (12 * h)
    scale = max(abs(slope), 1e-9 * abs(at) / h)
    # d(r^2 / 2) = -d(log density): the gradient of least squares is that of the likelihood.
    assert residual[0] * by[0] == pytest.approx(-slope, rel=1e-5, abs=1e-5 * scale)
    assert by[0] <= 0


def known_width(known):
    return float(known.get("sd", known.get("scale"))[0])


@pytest.mark.parametrize(
    ("kind", "measured", "known"),
    [
        ("poisson", 7, {}),
        ("negative-binomial", 7, {"dispersion": 0.3}),
        ("binomial", 7, {"n": 20}),
        ("mean-sd-student", 7.0, {"sd": 2.0, "n": 5}),
        ("censored-normal", 7.0, {"sd": 2.0, "lower": 1.0, "upper": 50.0}),
        ("censored-log-normal", 7.0, {"log_sd": 0.3, "lower": 1.0, "upper": 50.0}),
        ("direction", "no change", {"scale": 2.0, "margin": 1.0}),
    ],
)
def test_the_residual_is_smooth_through_the_best_prediction(kind, measured, known):
    known = {k: np.array([float(v)]) for k, v in known.items()}
    best = best_log_density(kind, [measured], known)
    middle = {"binomial": 7 / 20, "direction": 0.0}.get(kind, measured)
    width = 1e-3 * max(middle, 0.1)
    points = middle + width * np.array([-1.0, 0.0, 1.0])
    found = [deviance_residuals(kind, np.array([p]), [measured], known, best) for p in points]
    below, at, above = (float(r[0]) for r, _ in found)
    assert at == pytest.approx(0.0, abs=1e-6)
    assert below > 0 > above
    assert found[1][1][0] == pytest.approx((above - below) / (2 * width), rel=1e-3)
