"""`gradients` against closed forms and against variational equations that scipy integrates.

Of a compartment with doses, whose peak, area and trough depend on the parameters as well.
"""

import numpy as np
import pytest
from scipy.integrate import solve_ivp
from scipy.optimize import brentq

from il15_sim import Change, InputError, endpoints, gradients
from il15_sim.batch.kernel import Kernel
from tests.made.small_models import sbml_of

DOSES = ((0.0, 80.0), (8.0, 80.0), (24.0, 120.0))
TIMES_H = (1.0, 5.0, 9.5, 20.0, 26.0, 47.0)
#: Of the largest derivative in the run; simulations run at 1e-9, differences over 1 % of a value.
LIMIT = 1e-6


def hourly(text):
    """The compiled model of an Antimony text that counts hours."""
    return Kernel(sbml_of(text), time_unit="h")


def asked(kernel, wrt, observable, **doses):
    """Derivatives of a course, and of endpoints of the second interval, by name."""
    changes = [Change(time, "gut", amount, **doses) for time, amount in DOSES]
    found = gradients(
        kernel, changes=changes, wrt=wrt, times_h=TIMES_H, observables=[observable],
        endpoints=[
            endpoints.auc(observable, hours=(8, 24)).named("area"),
            endpoints.cmax(observable, hours=(8, 24)).named("peak"),
            endpoints.trough(observable, day=1).named("low"),
            endpoints.value_at(observable, day=1.5).named("later"),
        ],
        until_days=2, rtol=1e-9,
    )  # fmt: skip
    assert not found["status"].values.any()
    return found


def assert_derivatives(found, name, right):
    got = found[name].values[0]
    size = np.abs(right).max(axis=-1, keepdims=True) if np.ndim(right) > 1 else np.abs(right)
    error = np.abs(got - right) / size
    assert error.max() < LIMIT, f"{name}: {error.max():.2g}"
    # What is told about the error of the differences is no less than that error, but for the part
    # that comes from the simulations.
    told = found[f"{name}_error"].values[0] + 1e-8 * size
    assert (np.abs(got - right) <= told).all(), name


# One compartment, linear: closed forms, differentiated by complex steps.

LINEAR = "gut = 0; c = 0; ka = 1.1; ke = 0.15; f = 0.7; gut' = -ka * gut; c' = ka * gut - ke * c"


def level(t, ka, ke, f):
    """Doses of `amount * f`: those of a time are in."""
    since = [(t - time, amount) for time, amount in DOSES if time <= t]
    return sum(
        f * amount * ka / (ka - ke) * (np.exp(-ke * s) - np.exp(-ka * s)) for s, amount in since
    )


def area(begin, end, ka, ke, f):
    def until(t, amount, time):
        s = max(t - time, 0.0)
        return (
            amount * f * ka / (ka - ke) * ((1 - np.exp(-ke * s)) / ke - (1 - np.exp(-ka * s)) / ka)
        )

    return sum(until(end, a, t) - until(begin, a, t) for t, a in DOSES)


def complex_step(function, values):
    """Derivatives of a real function by each of its arguments, to the last digits."""
    steps = 1e-30j * np.eye(len(values))
    return np.array([function(*(np.array(values) + step)).imag / 1e-30 for step in steps])


def test_a_linear_compartment_in_closed_form():
    names, values = ("ka", "ke", "f"), (1.1, 0.15, 0.7)
    found = asked(hourly(LINEAR), names, "c", per="f")
    course = [complex_step(lambda *p, t=t: level(t, *p), values) for t in TIMES_H]
    assert_derivatives(found, "c", np.array(course).T)
    assert_derivatives(found, "area", complex_step(lambda *p: area(8.0, 24.0, *p), values))
    assert_derivatives(found, "later", complex_step(lambda *p: level(36.0, *p), values))
    # The dose at 24 h enters the gut, not the compartment.
    assert_derivatives(found, "low", complex_step(lambda *p: level(24.0, *p), values))

    def slope(t):
        return (level(t + 1e-6, *values) - level(t - 1e-6, *values)) / 2e-6

    # At a peak the derivative by time is zero: only the level moves.
    top = brentq(slope, 8.1, 16.0, xtol=1e-9)
    assert_derivatives(found, "peak", complex_step(lambda *p: level(top, *p), values))


# Saturable elimination: no closed form.

SATURABLE = """
    gut = 0; c = 0; ka = 0.9; most = 6; half = 20
    gut' = -ka * gut; c' = ka * gut - most * c / (half + c)
"""
VALUES = np.array([0.9, 6.0, 20.0])


def variations(t, y):
    """Rates of gut, c, area of c, and of the derivatives of these by ka, most and half."""
    ka, most, half = VALUES
    gut, c, _ = y[:3]
    jacobian = np.array([[-ka, 0, 0], [ka, -most * half / (half + c) ** 2, 0], [0, 1, 0]])
    by = np.array(
        [[-gut, 0, 0], [gut, -c / (half + c), most * c / (half + c) ** 2], [0.0, 0.0, 0.0]]
    )
    rates = [-ka * gut, ka * gut - most * c / (half + c), c]
    return np.concatenate([rates, (jacobian @ y[3:].reshape(3, 3) + by).ravel()])


def variational():
    """Pieces between doses: (begin, end, solution of `variations`)."""
    y, pieces = np.zeros(12), []
    ends = [time for time, _ in DOSES[1:]] + [48.0]
    for (begin, amount), end in zip(DOSES, ends, strict=True):
        y[0] += amount
        found = solve_ivp(
            variations, (begin, end), y, method="DOP853", rtol=1e-12, atol=1e-12,
            dense_output=True,
        )  # fmt: skip
        pieces.append((begin, end, found.sol))
        y = found.y[:, -1].copy()
    return pieces


def test_saturable_elimination_by_variational_equations():
    found = asked(hourly(SATURABLE), ("ka", "most", "half"), "c")
    pieces = variational()

    def at(t):
        """State at a time: after a dose that is given then, which leaves c as it is."""
        return next(sol(t) for begin, end, sol in pieces if begin <= t < end)

    def by(t, which):
        return at(t)[3:].reshape(3, 3)[which]

    assert_derivatives(found, "c", np.array([by(t, 1) for t in TIMES_H]).T)
    assert_derivatives(found, "later", by(36.0, 1))
    assert_derivatives(found, "low", by(24.0, 1))
    assert_derivatives(found, "area", by(24.0, 2) - by(8.0, 2))
    top = brentq(lambda t: variations(t, at(t))[1], 8.1, 23.0, xtol=1e-12)
    assert_derivatives(found, "peak", by(top, 1))


@pytest.mark.parametrize("step", [1e-3, 1e-2, 5e-2])
def test_derivatives_hardly_depend_on_the_step(step):
    kernel, wrt = hourly(SATURABLE), ["ka", "most", "half"]
    changes = [Change(time, "gut", amount) for time, amount in DOSES]
    found = gradients(
        kernel, changes=changes, wrt=wrt, times_h=TIMES_H, observables=["c"], until_days=2,
        rtol=1e-9, relative_step=step,
    )  # fmt: skip
    right = np.array(
        [
            next(s(t) for a, b, s in variational() if a <= t < b)[3:].reshape(3, 3)[1]
            for t in TIMES_H
        ]
    ).T
    error = np.abs(found["c"].values[0] - right).max(axis=1) / np.abs(right).max(axis=1)
    # Four orders of the step, or what the tolerance leaves over its width.
    assert error.max() < max(20 * step**4, 1e-8 / step)


def test_an_output_is_not_called_like_the_error_of_another():
    model = hourly("x = 1; k = 1; x' = -k * x; x_error := 2 * x")
    told = "^two variables are called 'x_error'; the errors of derivatives are called so: ask for "
    with pytest.raises(InputError, match=told):
        gradients(model, wrt="k", observables=["x", "x_error"], times_h=[1.0])
    alone = gradients(model, wrt="k", observables=["x_error"], times_h=[1.0])
    assert alone["x_error"].values.item() == pytest.approx(-2 * np.exp(-1), rel=1e-4)
