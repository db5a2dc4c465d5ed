"""Doses, schedules, lanes and failures of the batch engine against closed forms and itself."""

import time

import numpy as np
import pytest

from il15_sim.batch.drive.layout import (
    ADD,
    AREA,
    BAD_DOSE,
    BAD_START,
    FIRST_ABOVE,
    MAXIMUM,
    OK,
    SET,
    STATUS,
    STEP_TOO_SMALL,
    TOO_MANY_STEPS,
)
from il15_sim.batch.kernel import Event, Reduction, Task
from il15_sim.errors import InputError
from tests.made.small_models import course, kernel_of, rows_at, same_bits

ORAL = """
    gut = 0; central = 0; other = 0
    ka = 1; ke = 0.2; ko = 0.05; rate = 0; share = 1
    gut' = -ka * gut
    central' = ka * gut + rate - ke * central
    other' = share - ko * other
    level := central / 2
"""
BRUSSELATOR = "x = 1; y = 1; a = 1; b = 3; x' = a + x^2*y - (b + 1)*x; y' = b*x - x^2*y"


def oral(t, doses, infusions, ka, ke):
    """The central amount at times t after doses (time, amount) and infusions (from, to, rate)."""
    t = np.asarray(t, float)
    total = np.zeros_like(t)
    for when, amount in doses:
        s = np.maximum(t - when, 0.0)
        total += amount * ka / (ka - ke) * (np.exp(-ke * s) - np.exp(-ka * s))
    for begin, end, rate in infusions:
        s, rest = np.maximum(t - begin, 0.0), np.maximum(t - end, 0.0)
        total += rate / ke * ((1 - np.exp(-ke * s)) - (1 - np.exp(-ke * rest)))
    return total


def infused(begin, end, rate):
    return [Event(begin, "rate", ADD, rate), Event(end, "rate", ADD, -rate)]


SCHEDULES = (
    [Event(float(t), "gut", ADD, 100.0) for t in range(0, 96, 12)],
    sorted(
        [*infused(3.3, 7.1, 20.0), *infused(5.0, 30.0, 0.1), *infused(7.1, 8.0, 5.0)],
        key=lambda e: e.time,
    ),
    [],
    [Event(0.0, "gut", ADD, 3.0, "share"), Event(50.0, "gut", ADD, 7.0, "share")],
)
EXPECTED = (
    ([(float(t), 100.0) for t in range(0, 96, 12)], []),
    ([], [(3.3, 7.1, 20.0), (5.0, 30.0, 0.1), (7.1, 8.0, 5.0)]),
    ([], []),
    ([(0.0, 3.0), (50.0, 7.0)], []),
)
TIMES = np.sort(np.r_[np.linspace(0, 96, 50), 3.3, 5.0, 7.1, 12.0, 30.0])


def mixed(rows, seed=1, **options):
    """Arguments of `Kernel.run` for rows of different parameters and schedules."""
    rng = np.random.default_rng(seed)
    table = np.c_[
        rng.uniform(0.3, 3, rows), rng.uniform(0.02, 0.25, rows), rng.uniform(0.5, 2, rows)
    ]
    task = Task(
        *(0.0, 96.0, SCHEDULES, ["central", "level"], TIMES, np.zeros(len(TIMES), bool)),
        reductions=[
            Reduction(MAXIMUM, "central", 10.0, 96.0),
            Reduction(AREA, "level", 0.0, 96.0),
            Reduction(FIRST_ABOVE, "central", 1.0, 96.0, 30.0),
        ],
        **options,
    )
    return task, {
        "varied": ["ka", "ke", "share"],
        "table": table,
        "schedule": rng.integers(0, len(SCHEDULES), rows),
    }


def part(given, chosen):
    """The arguments of some of the rows."""
    return {k: v if k == "varied" else v[chosen] for k, v in given.items()}


def assert_same(a, b):
    assert same_bits(a.values, b.values)
    assert same_bits(a.reduced, b.reduced)
    assert same_bits(a.final, b.final)
    assert (a.status == b.status).all()
    assert (a.steps == b.steps).all()


def of_rows(outcome, chosen):
    return type(outcome)(
        *(
            getattr(outcome, name)[chosen]
            for name in ("values", "reduced", "final", "status", "steps")
        )
    )


# Doses


@pytest.mark.parametrize("rtol", [1e-4, 1e-6, 1e-9])
def test_rows_follow_their_schedules(rtol):
    task, given = mixed(19, rtol=rtol)
    outcome = kernel_of(ORAL).run(task, 19, **given)
    assert (outcome.status == OK).all()
    for row in range(19):
        ka, ke, share = given["table"][row]
        number = given["schedule"][row]
        doses, infusions = EXPECTED[number]
        if number == 3:
            doses = [(t, amount * share) for t, amount in doses]
        right = oral(TIMES, doses, infusions, ka, ke)
        error = abs(outcome.values[row, :, 0] - right).max() / max(right.max(), 1e-12)
        assert error < 20 * rtol
        assert outcome.values[row, :, 1] == pytest.approx(outcome.values[row, :, 0] / 2)


def test_output_at_a_dose_is_read_before_or_after_it():
    doses = [Event(t, "gut", ADD, a) for t, a in ((0.0, 1.0), (5.0, 2.0), (10.0, 4.0))]
    at = rows_at(0, 0, 5, 5, 10, 10, before=(0, 2, 4))
    task = Task(0.0, 10.0, [doses], ["gut"], **at)
    outcome = kernel_of(ORAL).run(task, 1)
    left5 = np.exp(-5.0)
    left10 = (left5 + 2) * np.exp(-5.0)
    right = [0, 1, left5, left5 + 2, left10, left10 + 4]
    assert outcome.values[0, :, 0] == pytest.approx(right, abs=1e-6)
    # What a later run begins with: the state before the doses of the end.
    assert outcome.final[0, 0] == pytest.approx(left10, abs=1e-6)


@pytest.mark.parametrize("seed", range(3))
def test_rows_after_a_dose_at_odd_times(seed):
    """However a time is rounded on the way, a row at a dose holds the dose."""
    times = np.sort(np.random.default_rng(seed).uniform(0, 1000, 400)).round(9)
    doses = [Event(t, "gut", ADD, 1.0) for t in times]
    at = rows_at(*np.repeat(times, 2), before=range(0, 800, 2))
    task = Task(0.0, 1000.0, [doses], ["gut"], **at)
    outcome = kernel_of(ORAL).run(task, 1, base={"ka": 1e-3})
    before, after = outcome.values[0, 0::2, 0], outcome.values[0, 1::2, 0]
    assert after - before == pytest.approx(np.ones(400))


def test_a_dose_may_set_a_state_or_a_parameter():
    events = [
        Event(0.0, "central", SET, 8.0),
        Event(2.0, "ke", SET, 1.0),
        Event(4.0, "central", SET, 3.0, "share"),
    ]
    task = Task(0.0, 6.0, [events], ["central"], **rows_at(0, 2, 4, 6, before=(2,)))
    values = kernel_of(ORAL).run(task, 1, base={"share": 2.0}).values[0, :, 0]
    right = [8, 8 * np.exp(-0.4), 8 * np.exp(-2.4), 6 * np.exp(-2.0)]
    assert values == pytest.approx(right, rel=1e-5)


def test_a_parameter_that_was_set_is_that_of_the_next_row_again():
    """Rows of a thread use the same memory one after the other."""
    events = [Event(1.0, "ke", SET, 5.0), Event(1.5, "rate", ADD, 7.0)]
    task = Task(0.0, 2.0, [events, []], ["central"], **rows_at(2))
    kernel = kernel_of(ORAL)
    schedule = np.r_[np.zeros(8, int), np.ones(8, int)]
    base = {"rate": 1.0}
    both = kernel.run(task, 16, schedule=schedule, base=base, threads=1)
    alone = kernel.run(task, 8, schedule=schedule[8:], base=base)
    assert same_bits(both.values[8:], alone.values)
    assert both.values[8, 0, 0] == pytest.approx((1 - np.exp(-0.4)) / 0.2, rel=1e-6)


def test_doses_outside_of_the_run():
    """A dose before the start is given at the start, one after the end never."""
    events = [Event(1.0, "gut", ADD, 1.0), Event(9.0, "gut", ADD, 1.0)]
    task = Task(2.0, 4.0, [events], ["gut"], **rows_at(2, 4))
    values = kernel_of(ORAL).run(task, 1).values[0, :, 0]
    assert values == pytest.approx([1.0, np.exp(-2.0)], rel=1e-5)


def test_two_windows_are_one_run():
    task, given = mixed(16, rtol=1e-9)
    kernel = kernel_of(ORAL)
    whole = kernel.run(task, 16, **given)
    early, late = TIMES <= 50.0, TIMES > 50.0
    none = np.zeros(len(TIMES), bool)

    def cut(mask, begin, end, schedules):
        return Task(begin, end, schedules, ["central"], TIMES[mask], none[mask], rtol=1e-9)

    def of(inside):
        return [[e for e in one if inside(e.time)] for one in SCHEDULES]

    first = kernel.run(cut(early, 0.0, 50.0, of(lambda t: t < 50)), 16, **given)
    # An infusion that ends later has begun before: its rate is a parameter of the second run.
    assert all(e.time < 50 for one in SCHEDULES for e in one if e.target == "rate")
    second = kernel.run(
        cut(late, 50.0, 96.0, of(lambda t: t >= 50)), 16, initial=first.final, **given
    )
    joined = np.concatenate([first.values, second.values], axis=1)
    size = abs(whole.values[:, :, :1]).max(axis=1, keepdims=True) + 1e-9
    assert (abs(joined - whole.values[:, :, :1]) / size).max() < 1e-7
    assert second.final == pytest.approx(whole.final, rel=1e-7, abs=1e-8)


def test_start_states_are_those_of_the_model():
    assert kernel_of("x = 3; k = 2; y = 5*k; x' = -x; y' = -y").start_states({"k": 4.0}) == (
        pytest.approx([3.0, 20.0])
    )


def test_a_run_of_no_length():
    task = Task(2.0, 2.0, [[Event(2.0, "gut", ADD, 5.0)]], ["gut"], **rows_at(2, 2, before=(0,)))
    outcome = kernel_of(ORAL).run(task, 9)
    assert (outcome.status == OK).all()
    assert (outcome.values[:, :, 0] == [0.0, 5.0]).all()
    assert (outcome.final[:, 0] == 0.0).all()


def test_no_rows():
    outcome = kernel_of(ORAL).run(Task(0.0, 1.0, outputs=["gut"], **rows_at(1)), 0)
    assert outcome.values.shape == (0, 1, 1)


# Lanes, groups, threads


def test_a_row_does_not_depend_on_its_company():
    kernel = kernel_of(ORAL)
    task, given = mixed(24)
    together = kernel.run(task, 24, **given)
    for row in range(0, 24, 3):
        alone = kernel.run(task, 1, **part(given, [row]))
        assert_same(alone, of_rows(together, [row]))
        copies = kernel.run(task, 8, **part(given, [row] * 8))
        for lane in range(8):
            assert_same(of_rows(copies, [lane]), of_rows(together, [row]))


def test_another_order_gives_the_same_bits():
    kernel = kernel_of(ORAL)
    task, given = mixed(40)
    together = kernel.run(task, 40, **given)
    order = np.random.default_rng(3).permutation(40)
    assert_same(kernel.run(task, 40, **part(given, order)), of_rows(together, order))


@pytest.mark.parametrize("threads", [2, 3, 8])
def test_the_number_of_threads_changes_nothing(threads):
    kernel = kernel_of(ORAL)
    task, given = mixed(203)
    assert_same(
        kernel.run(task, 203, threads=threads, **given), kernel.run(task, 203, threads=1, **given)
    )


@pytest.mark.parametrize("cuts", [(8,), (16, 72), (8, 16, 24, 96), (200,)])
def test_any_cut_into_calls_gives_the_same_bits(cuts):
    kernel = kernel_of(ORAL)
    task, given = mixed(203)
    whole = kernel.run(task, 203, **given)
    for chosen in np.split(np.arange(203), cuts):
        assert_same(kernel.run(task, len(chosen), **part(given, chosen)), of_rows(whole, chosen))


def test_oscillators_of_different_speed_do_not_disturb_each_other():
    kernel = kernel_of(BRUSSELATOR)
    table = np.c_[np.geomspace(0.2, 5, 16), np.linspace(0.5, 6, 16)]
    task = Task(
        *(0.0, 30.0), outputs=["x"], reductions=[Reduction(AREA, "x", 3.0, 17.0)],
        **rows_at(10, 20, 30),
    )  # fmt: skip
    whole = kernel.run(task, 16, varied=["a", "b"], table=table)
    assert (whole.status == OK).all()
    for row in range(16):
        alone = kernel.run(task, 1, varied=["a", "b"], table=table[[row]])
        assert_same(alone, of_rows(whole, [row]))


def test_progress_is_told_for_every_row():
    told = []
    task, given = mixed(203)
    kernel_of(ORAL).run(task, 203, threads=2, on_rows=told.append, **given)
    assert sum(told) == 203


# Rows that fail

ODD = [np.nan, np.inf, -np.inf, 1e308, -1e308, 1e-320, 0.0, -1.0, 1e30, -1e30, 1e-30]


@pytest.mark.parametrize("name", ["ka", "ke", "ko", "share", "rate"])
def test_odd_parameters_harm_no_neighbour(name):
    kernel = kernel_of(ORAL)
    task, given = mixed(8 * len(ODD))
    names = [*given["varied"]] + ([] if name in given["varied"] else [name])
    table = np.c_[given["table"], np.full(8 * len(ODD), kernel.parameter_values[
        kernel.parameters.index(name)])][:, : len(names)]  # fmt: skip
    given = {**given, "varied": names, "table": table}
    right = kernel.run(task, len(table), **given)
    assert (right.status == OK).all()
    odd = table.copy()
    odd[2::8, names.index(name)] = ODD
    begin = time.perf_counter()
    outcome = kernel.run(task, len(table), **{**given, "table": odd})
    assert time.perf_counter() - begin < 30.0
    fine = np.arange(len(table)) % 8 != 2
    assert_same(of_rows(outcome, fine), of_rows(right, fine))
    for row in np.flatnonzero(~fine):
        values = outcome.values[row]
        if outcome.status[row] == OK:
            assert np.isfinite(values).all()
            assert np.isfinite(outcome.final[row]).all()
        else:
            assert np.isnan(outcome.reduced[row]).all()
    assert (outcome.status[2:18:8] != OK).all() or name == "rate"  # NaN and infinity


def test_finite_time_blow_up_ends_in_a_status():
    kernel = kernel_of("x = 1; k = 1; x' = k * x^2")
    table = np.array([1.0, 0.1, 2.0, 0.05, 1e3, 0.0, -1.0, 0.2])[:, None]
    task = Task(0.0, 4.0, outputs=["x"], **rows_at(0.4, 4.0))
    outcome = kernel.run(task, 8, varied=["k"], table=table)
    ends = table[:, 0] * 4.0 < 1.0
    assert (outcome.status[ends] == OK).all()
    assert (outcome.status[~ends] == STEP_TOO_SMALL).all()
    assert outcome.values[ends, 1, 0] == pytest.approx(1 / (1 - 4 * table[ends, 0]), rel=1e-5)
    # What came before the blow-up is kept, what would come after it is not there.
    assert outcome.values[0, 0, 0] == pytest.approx(1 / 0.6, rel=1e-5)
    assert np.isnan(outcome.values[~ends, 1, 0]).all()
    assert np.isnan(outcome.final[~ends]).all()


def test_too_many_steps():
    kernel = kernel_of(BRUSSELATOR)
    needed = kernel.run(Task(0.0, 50.0), 1).steps.sum()
    enough = kernel.run(Task(0.0, 50.0, max_steps=int(needed)), 1)
    assert enough.status[0] == OK
    few = kernel.run(Task(0.0, 50.0, max_steps=int(needed) - 1), 1)
    assert few.status[0] == TOO_MANY_STEPS
    assert STATUS[TOO_MANY_STEPS] == "too many steps"


def test_a_start_or_a_dose_that_is_not_finite():
    kernel = kernel_of(ORAL)
    task = Task(0.0, 5.0, outputs=["gut"], **rows_at(5))
    initial = np.zeros((8, 3))
    initial[1, 0], initial[2, 2] = np.nan, np.inf
    outcome = kernel.run(task, 8, initial=initial)
    assert outcome.status.tolist() == [OK, BAD_START, BAD_START, OK, OK, OK, OK, OK]
    for when in (0.0, 2.0):
        dosed = Task(0.0, 5.0, [[Event(when, "gut", ADD, 1.0, "share")]])
        table = np.array([[1.0], [np.inf], [np.nan], [1e308]])
        outcome = kernel.run(dosed, 4, varied=["share"], table=table, initial=np.zeros((1, 3)))
        assert outcome.status[0] == OK
        assert (outcome.status[1:3] != OK).all()
    assert BAD_DOSE in kernel.run(Task(0.0, 5.0, [[Event(2.0, "gut", SET, np.inf)]]), 1).status


def test_a_rate_that_is_a_step_of_a_state():
    """dx/dt = -1 above zero and 1 below: it slides along zero, in bounded time."""
    kernel = kernel_of("x = 1; y = 0; x' = piecewise(-1, x > 0, 1); y' = -y + 1")
    begin = time.perf_counter()
    outcome = kernel.run(Task(0.0, 3.0, outputs=["x", "y"], **rows_at(0.5, 3), max_steps=20_000), 1)
    assert time.perf_counter() - begin < 20.0
    assert outcome.values[0, 0] == pytest.approx([0.5, 1 - np.exp(-0.5)], abs=1e-5)
    if outcome.status[0] == OK:
        assert outcome.values[0, 1] == pytest.approx([0.0, 1 - np.exp(-3)], abs=1e-3)


def test_a_bounce_of_the_rate_is_found():
    """The rate jumps once, where the state passes 2: no step may overlook it."""
    times = (0.5, 1.0, 1.5, 2.0)
    values = course(kernel_of("x = 1; x' = piecewise(1, x < 2, 5)"), times, ["x"])
    assert values[:, 0] == pytest.approx([1.5, 2.0, 4.5, 7.0], rel=1e-5)


# Roots, powers and logarithms at zero


@pytest.mark.parametrize("n", [0.3, 0.5, 1.0, 1.7, 2.0, 4.0])
@pytest.mark.parametrize("typical", [0.0, 1e-9, 1e-3, 0.1])
@pytest.mark.parametrize("start", [0.0, 1e-20, 1e-9])
def test_saturable_loss_from_an_empty_state(n, typical, start):
    """The slope of D^n/(K^n + D^n) at D = 0 is infinite for n < 1."""
    from scipy.integrate import quad
    from scipy.optimize import brentq

    kernel = kernel_of(f"D = {start!r}; n = 1; K = 1; D' = 1 - 0.5*D^n/(K^n + D^n)")
    task = Task(0.0, 2.0, outputs=["D"], **rows_at(0.1, 2.0), typical=np.array([typical]))
    outcome = kernel.run(task, 1, base={"n": n})
    assert outcome.status[0] == OK

    def duration(d):
        """Time until the state is d."""

        def inverse(x):
            return 1.0 / (1.0 - 0.5 * x**n / (1 + x**n))

        return quad(inverse, start, d, epsabs=1e-13, epsrel=1e-12, limit=200)[0]

    for at, value in zip((0.1, 2.0), outcome.values[0, :, 0], strict=True):
        right = brentq(lambda d, at=at: duration(d) - at, 0.3 * at, at + 1e-6, xtol=1e-13)
        assert value == pytest.approx(right, abs=5e-5 * max(typical, right))


@pytest.mark.parametrize("k", [1.0, 3.0])
def test_a_state_that_empties_in_finite_time(k):
    """x' = -2k sqrt(x): x = (1 - k t)^2 until it is empty, and then it stays so."""
    outcome = kernel_of("x = 1; k = 1; y = 0; x' = -2*k*sqrt(x); y' = 2*k*sqrt(x)").run(
        Task(0.0, 5.0, outputs=["x", "y"], **rows_at(0.3, 0.9 / k, 1.1 / k, 5.0), rtol=1e-7),
        1, base={"k": k},
    )  # fmt: skip
    assert outcome.status[0] == OK
    x, y = outcome.values[0].T
    right = np.maximum(1 - k * np.array([0.3, 0.9 / k, 1.1 / k, 5.0]), 0.0) ** 2
    order = np.argsort([0.3, 0.9 / k, 1.1 / k, 5.0], kind="stable")
    assert (np.diff(order) > 0).all()
    assert x == pytest.approx(right, abs=1e-5)
    assert x + y == pytest.approx(np.ones(4), abs=1e-6)


def test_ten_thousand_half_lives():
    """What decays away becomes zero, and the run does not become slow (denormal numbers)."""
    kernel = kernel_of("x = 1; y = 0; k = 1; x' = -k*x; y' = k*x - 0.001*y; z := sqrt(x)")
    task = Task(0.0, 1e4, outputs=["x", "y", "z"], **rows_at(1, 1e4))
    outcome = kernel.run(task, 8)
    assert (outcome.status == OK).all()
    assert outcome.steps.sum(axis=1).max() < 500
    assert abs(outcome.values[:, 1, 0]).max() < 1e-12
    assert outcome.values[0, 1, 1] == pytest.approx(np.exp(-10) / (1 - 1e-3), rel=1e-3)
    assert np.isfinite(outcome.values).all()


def test_a_hair_below_zero_under_a_fractional_power():
    kernel = kernel_of("x = 1; n = 0.5; x' = -x^n; y = 0; y' = x^1.5")
    task = Task(0.0, 10.0, outputs=["x"], **rows_at(10), typical=np.full(2, 1e-9))
    outcome = kernel.run(
        task, 8, varied=["n"], table=np.linspace(0.4, 1.6, 8)[:, None],
        initial=np.array([[x, 0.0] for x in (0, -1e-12, 1e-300, 1e-15, -1e-10, 1, 2, 0.0)]),
    )  # fmt: skip
    assert (outcome.status[[0, 2, 3, 5, 6, 7]] == OK).all()
    assert np.isfinite(outcome.values[outcome.status == OK]).all()


def test_x_log_x_at_zero_is_told():
    """0 log 0 is not a number in SBML's arithmetic: the row fails, its neighbours do not."""
    kernel = kernel_of("x = 1; x' = -x*ln(x) - x")
    task = Task(0.0, 1.0, outputs=["x"], **rows_at(1))
    initial = np.array([[1.0], [0.0], [0.5], [2.0]])
    outcome = kernel.run(task, 4, initial=initial)
    assert outcome.status.tolist() == [OK, BAD_START, OK, OK]
    # log x solves u' = -u - 1.
    right = np.exp((np.log(initial[[0, 2, 3], 0]) + 1) * np.exp(-1) - 1)
    assert outcome.values[[0, 2, 3], 0, 0] == pytest.approx(right, rel=1e-5)


# Conditions on time


def test_switches_of_time_are_met_exactly():
    text = "x = 0; r = 2; x' = piecewise(r, time >= 3.7 && time < 9.1, 0)"
    kernel = kernel_of(text)
    values = course(kernel, (3.7, 5, 9.1, 30), ["x"])[:, 0]
    assert values == pytest.approx([0, 2.6, 10.8, 10.8], rel=1e-6, abs=1e-6)
    assert kernel.run(Task(0.0, 30.0), 1).steps.sum() < 100


@pytest.mark.parametrize("when", [0.0, 3.0])
def test_a_switch_that_an_event_moves(when):
    kernel = kernel_of("x = 0; on = 15; x' = piecewise(1, time >= on && time < on + 1, 0)")
    task = Task(
        0.0, 40.0, [[Event(when, "on", SET, 20.0)]], ["x"], **rows_at(19, 20.5, 21, 40)
    )  # fmt: skip
    values = kernel.run(task, 1).values[0, :, 0]
    assert values == pytest.approx([0, 0.5, 1, 1], abs=1e-6)


def test_a_late_switch_of_a_long_run():
    """The integrated time must not drift away from the time of the run."""
    text = "x = 0; y = 1; x' = piecewise(1, time >= 9000.1, 0); y' = sin(time)*cos(y)"
    values = course(kernel_of(text), (9000.1, 9001.1), ["x"])[:, 0]
    assert values == pytest.approx([0, 1], abs=1e-6)


# Steps in common


def test_shared_steps_of_a_row_that_fails():
    """A row whose rate is not a number fails alone; the others keep their tolerance."""
    kernel = kernel_of("x = 1; k = 1; x' = -sqrt(k)*x")
    task = Task(0.0, 5.0, outputs=["x"], **rows_at(5), shared_steps=True)
    for place in (0, 3, 7):
        table = np.ones((8, 1))
        table[place] = -1.0
        outcome = kernel.run(task, 8, varied=["k"], table=table)
        fine = np.arange(8) != place
        assert outcome.status[place] != OK
        assert np.isnan(outcome.final[place]).all()
        assert (outcome.status[fine] == OK).all()
        assert outcome.values[fine, 0, 0] == pytest.approx(np.full(7, np.exp(-5)), rel=1e-4)


def test_shared_steps_are_shared():
    kernel = kernel_of(BRUSSELATOR)
    table = np.c_[np.linspace(0.99, 1.01, 8), np.full(8, 3.0)]
    task = Task(0.0, 20.0, shared_steps=True)
    outcome = kernel.run(task, 8, varied=["a", "b"], table=table)
    assert (outcome.status == OK).all()
    assert (outcome.steps == outcome.steps[0]).all()


# What is refused


def test_models_without_states():
    """Nothing is integrated, yet quantities of parameters and time have their values."""
    kernel = kernel_of("k = 1; y := k*time")
    outcome = kernel.run(
        Task(0.0, 2.0, outputs=["y"], **rows_at(0, 1, 2)), 9,
        varied=["k"], table=np.arange(9.0)[:, None],
    )  # fmt: skip
    assert (outcome.status == OK).all()
    assert outcome.values[:, :, 0] == pytest.approx(np.outer(np.arange(9.0), [0, 1, 2]))


@pytest.mark.parametrize(
    ("task", "options", "told"),
    [
        ({"outputs": ["centrl"]}, {}, "unknown quantity of the model 'centrl'; did you mean"),
        ({}, {"base": {"kaa": 1.0}}, "unknown parameter 'kaa'; did you mean 'ka'"),
        ({"schedules": [[Event(0.0, "guts", ADD, 1.0)]]}, {}, "did you mean 'gut'"),
        ({"schedules": [[Event(0.0, "gut", ADD, 1.0, "shares")]]}, {}, "did you mean 'share'"),
        ({"frozen": {"kaa": 1.0}}, {}, "unknown parameter 'kaa'"),
    ],
)
def test_unknown_names_are_refused(task, options, told):
    with pytest.raises(InputError) as caught:
        kernel_of(ORAL).run(Task(0.0, 1.0, **task), 1, **options)
    assert told in str(caught.value)


@pytest.mark.parametrize(
    ("task", "options", "told"),
    [
        ({}, {"varied": ["ka"], "table": np.ones((2, 1))}, "table of shape"),
        ({}, {"initial": np.ones((2, 3))}, "start states of shape"),
        ({}, {"schedule": np.array([1, 0, 0])}, "schedule"),
        ({}, {"schedule": np.array([-1, 0, 0])}, "schedule"),
        ({}, {"schedule": np.array([0, 0])}, "schedule"),
        ({"schedules": []}, {}, "schedule"),
        ({"typical": np.ones(2)}, {}, "typical"),
        ({"times": np.ones(3)}, {}, "before"),
    ],
)
def test_arrays_that_do_not_fit_are_refused(task, options, told):
    """Compiled code does not look at the bounds of arrays."""
    with pytest.raises(ValueError, match=told):
        kernel_of(ORAL).run(Task(0.0, 1.0, **task), 3, **options)
