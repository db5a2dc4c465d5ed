"""Order of convergence of the two methods, measured with steps of fixed length.

Expected are the orders that the authors prove: E. Hairer & G. Wanner, Solving Ordinary Differential
Equations II, Springer 1996, sections IV.7, IV.10 and VI.4 (RODAS, order 4, dense output of order
3); G. Steinebach, BIT Numer. Math. 2023;63:27 (Rodas5P, order 5, dense output of order 4).
"""

import math

import numpy as np
import pytest
from scipy.special import ellipj

from il15_sim.batch.drive.layout import OK
from il15_sim.batch.kernel import Task
from tests.made.small_models import kernel_of, rows_at

ORDER = {"rodas5p": 5, "rodas4": 4}
PER_METHOD = pytest.mark.parametrize("method", ORDER)

#: Problems that are nonlinear or not autonomous: model, states and solution. Every one is followed
#: from many moments s on, for the error of a single step may happen to be zero.
SMOOTH = {
    "logistic": (
        "y = 1; s = 0; y' = 2 * y * (1 - y)",
        ("y",),
        lambda t: [1 / (1 + 9 * np.exp(-2 * t))],
    ),
    "bell": ("y = 1; s = 0; y' = -2 * (time + s) * y^2", ("y",), lambda t: [1 / (1 + t**2)]),
    "swing": ("y = 1; s = 0; y' = y * cos(time + s)", ("y",), lambda t: [np.exp(np.sin(t))]),
    # Free rotation of a rigid body: Jacobi's elliptic functions.
    "rotation": (
        "y = 0; c = 1; d = 1; m = 0.8; s = 0; y' = c * d; c' = -y * d; d' = -m * y * c",
        ("y", "c", "d"),
        lambda t: ellipj(t, 0.8)[:3],
    ),
}
STARTS = np.linspace(0.0, 2.0, 41)
PER_PROBLEM = pytest.mark.parametrize("problem", SMOOTH)

# P. Kaps (1981): y = exp(-2t) and z = exp(-t), whatever eps; y is fast where eps is small.
KAPS = """
    y = 1; z = 1; eps = 1
    y' = -(1 / eps + 2) * y + z^2 / eps; z' = y - z - z^2
"""
# A. Prothero & A. Robinson (1974): y = sin(t), whatever the rate of the return to it.
PROTHERO_ROBINSON = "y = 0; rate = 1; y' = -rate * (y - sin(time)) + cos(time)"

#: Places inside of a step.
PLACES = np.array([0.13, 0.3, 0.55, 0.8])


def values_at(kernel, times, end, h, **given):
    """y at some times, shape (rows, T), by steps of length h."""
    task = Task(0.0, end, outputs=["y"], fixed_step=h, **rows_at(*times))
    outcome = kernel.run(task, len(given["table"]), **given)
    assert (outcome.status == OK).all()
    assert (outcome.steps == [round(end / h), 0]).all()
    return outcome.values[:, :, 0]


def step_times(end, h, inside):
    """Ends of the steps, or times inside of them."""
    starts = np.arange(round(end / h)) * h
    return (starts[:, None] + PLACES * h).ravel() if inside else starts + h


def errors(kernel, solution, end, steps, *, inside=False, **given):
    """Largest error of each row with each length of steps, shape (rows, steps)."""
    columns = []
    for h in steps:
        times = step_times(end, h, inside)
        columns.append(abs(values_at(kernel, times, end, h, **given) - solution(times)).max(axis=1))
    return np.array(columns).T


def from_many_starts(problem, method):
    """The compiled problem, and what `Kernel.run` needs to begin it at all STARTS."""
    text, states, solution = SMOOTH[problem]
    kernel = kernel_of(text, method)
    begin = dict(zip(states, solution(STARTS), strict=True))
    initial = np.array([begin[name] for name in kernel.states]).T
    return kernel, {"varied": ["s"], "table": STARTS[:, None], "initial": initial}


def smooth_errors(problem, method, steps, *, inside=False, count=None):
    """Largest errors of y, from all starts, after some steps or over a length of 2."""
    kernel, given = from_many_starts(problem, method)
    solution = SMOOTH[problem][2]

    def course(t):
        return solution(STARTS[:, None] + t)[0]

    return np.array(
        [
            errors(kernel, course, count * h if count else 2.0, [h], inside=inside, **given).max()
            for h in steps
        ]
    )


def slope(steps, errors):
    """Exponent with which the error falls as the steps get shorter."""
    return np.polyfit(np.log(steps), np.log(errors), 1)[0]


# Smooth problems


@PER_METHOD
@PER_PROBLEM
@pytest.mark.parametrize("inside", [False, True])
def test_order_of_a_run(problem, method, inside):
    """A dense output of one order less loses nothing: its error does not add up."""
    steps = 2.0 ** -np.arange(4, 8)
    found = smooth_errors(problem, method, steps, inside=inside)
    assert slope(steps, found) == pytest.approx(ORDER[method], abs=0.2)


@PER_METHOD
@PER_PROBLEM
def test_order_of_one_step(problem, method):
    """The error of a single step is of one order more at its end, and not inside of it."""
    steps = 2.0 ** -np.arange(4, 8)
    at_end = smooth_errors(problem, method, steps, count=1)
    inside = smooth_errors(problem, method, steps, count=1, inside=True)
    assert slope(steps, at_end) == pytest.approx(ORDER[method] + 1, abs=0.3)
    assert slope(steps, inside) == pytest.approx(ORDER[method], abs=0.3)


@PER_METHOD
def test_powers_of_time_are_integrated_exactly(method):
    """A method of order p is a quadrature of degree p - 1 at least, and not of degree p + 1."""
    kernel = kernel_of("y = 0; n = 0; y' = time^n", method)
    p = ORDER[method]
    degrees = np.arange(1.0, p + 2)
    end = values_at(kernel, [1.0], 1.0, 1.0, varied=["n"], table=degrees[:, None])[:, 0]
    wrong = abs(end * (degrees + 1) - 1)
    assert (wrong[: p - 1] < 1e-13).all()
    assert wrong[p] > 1e-5


@PER_METHOD
def test_time_is_a_state_like_any_other(method):
    kernel, given = from_many_starts("bell", method)
    clock = kernel_of("y = 1; t = 0; t' = 1; y' = -2 * t * y^2", method)
    begin = {"y": given["initial"][:, 0], "t": STARTS}
    given_clock = {
        "initial": np.array([begin[name] for name in clock.states]).T,
        "table": np.zeros((len(STARTS), 0)),
    }
    times = step_times(2.0, 0.25, inside=True)
    expected = values_at(kernel, times, 2.0, 0.25, **given)
    found = values_at(clock, times, 2.0, 0.25, **given_clock)
    assert found == pytest.approx(expected, abs=1e-13)


# Fast parts


@PER_METHOD
@pytest.mark.parametrize("eps", [1.0, 0.125])
def test_order_with_a_part_that_is_faster_than_the_rest(method, eps):
    """The order is the same once steps are short against the fast part."""
    steps = eps * 2.0 ** -np.arange(2, 6)
    found = errors(
        kernel_of(KAPS, method), lambda t: np.exp(-2 * t), 8 * eps, steps,
        varied=["eps"], table=np.array([[eps]]),
    )[0]  # fmt: skip
    assert slope(steps, found) == pytest.approx(ORDER[method], abs=0.2)


@PER_METHOD
def test_steps_that_are_long_against_a_fast_part(method):
    """Nothing blows up where eps is a millionth; the order falls, but the error was small."""
    steps = 2.0 ** -np.arange(1, 9)
    stiff, mild = errors(
        kernel_of(KAPS, method), lambda t: np.exp(-2 * t), 1.0, steps,
        varied=["eps"], table=np.array([[1e-6], [1.0]]),
    )  # fmt: skip
    assert (np.diff(stiff) < 0).all()
    assert (stiff[:4] < mild[:4]).all()
    assert slope(steps[-4:], stiff[-4:]) > {"rodas5p": 1.9, "rodas4": 0.5}[method]


@PER_METHOD
def test_order_reduction_of_prothero_and_robinson(method):
    """At ends of steps the error is h^3/rate (rodas5p) or h/rate (rodas4), inside h^4 or h^3."""
    kernel = kernel_of(PROTHERO_ROBINSON, method)
    rates = np.array([[1e5], [1e6]])
    given = {"varied": ["rate"], "table": rates}
    steps = 2.0 ** -np.arange(4, 8)
    at_end = errors(kernel, np.sin, 2.0, steps, **given)
    inside = errors(kernel, np.sin, 2.0, steps, inside=True, **given)
    expected = {"rodas5p": 3, "rodas4": 1}[method]
    assert slope(steps, at_end[1]) == pytest.approx(expected, abs=0.1)
    assert at_end[0] == pytest.approx(10 * at_end[1], rel=0.3)
    assert slope(steps, inside[1]) == pytest.approx(ORDER[method] - 1, abs=0.1)


@PER_METHOD
def test_order_whatever_the_rate(method):
    """The worst rate for every length of steps: what a stiff model has to reckon with."""
    rates = np.geomspace(1e-2, 1e8, 201)[:, None]
    steps = 2.0 ** -np.arange(1, 8)
    found = errors(
        kernel_of(PROTHERO_ROBINSON, method), np.sin, 2.0, steps, varied=["rate"], table=rates
    )
    worst = found.max(axis=0)
    expected = {"rodas5p": 4, "rodas4": 2}[method]
    assert slope(steps[-4:], worst[-4:]) == pytest.approx(expected, abs=0.1)


@PER_METHOD
def test_a_decay_of_any_speed(method):
    """One step of y' = -rate y: never more than at the start, and nothing for infinite rates."""
    kernel = kernel_of("y = 1; rate = 1; y' = -rate * y", method)
    rates = np.geomspace(1e-3, 1e12, 301)
    y = values_at(kernel, [1.0], 1.0, 1.0, varied=["rate"], table=rates[:, None])[:, 0]
    assert (abs(y) < 1).all()
    slow = rates < 0.1
    assert y[slow] == pytest.approx(np.exp(-rates[slow]), abs=1e-6)
    assert abs(y[-1]) < 1e-10
    # Of a step that is much too long, less than a tenth stays behind.
    assert abs(y[rates > 100]).max() < 0.1


@PER_METHOD
def test_rotations_of_any_speed(method):
    """No step makes an undamped oscillation larger (A-stability)."""
    kernel = kernel_of("y = 1; x = 0; w = 1; y' = -w * x; x' = w * y", method)
    speeds = np.geomspace(1e-2, 1e6, 401)[:, None]
    task = Task(0.0, 1.0, fixed_step=1.0)
    outcome = kernel.run(task, len(speeds), varied=["w"], table=speeds)
    assert np.hypot(*outcome.final.T).max() < 1 + 1e-12


# The estimate of the error


def largest_estimate(problem, method, h):
    """The engine's estimate of the error of one step: the tolerance that just accepts it.

    The largest from all starts, as a number and not relative to the states.
    """
    kernel, given = from_many_starts(problem, method)
    # So large that the first step is not cut because a state changes fast.
    size = 1000.0
    typical = np.full(len(kernel.states), size)
    low, high = 1e-18, 1.0
    for _ in range(40):
        rtol = math.sqrt(low * high)
        # The first step is a hundredth of the run, and no second one is allowed.
        task = Task(0.0, 100.0 * h, rtol=rtol, typical=typical, max_steps=1)
        steps = kernel.run(task, len(STARTS), **given).steps
        assert (steps.sum(axis=1) == 1).all()
        low, high = (low, rtol) if steps[:, 0].all() else (rtol, high)
    return high * size


@PER_METHOD
@PER_PROBLEM
def test_order_of_the_estimate(problem, method):
    """It is the error of the embedded method, of order p - 1: that of one step falls with h^p."""
    steps = 2.0 ** -np.arange(4, 8)
    found = np.array([largest_estimate(problem, method, h) for h in steps])
    assert slope(steps, found) == pytest.approx(ORDER[method], abs=0.3)
    # The step is better than the estimate says.
    assert (smooth_errors(problem, method, steps, count=1) < found).all()


@PER_METHOD
def test_number_of_steps_follows_the_order(method):
    """A hundredth of the tolerance takes 100^(1/p) times the steps."""
    kernel = kernel_of(SMOOTH["rotation"][0], method)
    tolerances = 10.0 ** -np.arange(5, 10)
    steps = [
        kernel.run(Task(0.0, 200.0, rtol=rtol, typical=np.ones(3)), 1).steps[0, 0]
        for rtol in tolerances
    ]
    assert -1 / slope(tolerances, steps) == pytest.approx(ORDER[method], rel=0.1)
