"""Drug kinetics against closed forms: one compartment, superposition, the linear limit."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.linalg import expm

from il15_sim import Dose, Model, Regimen, simulate
from il15_sim.endpoints import auc

TEMOZOLOMIDE = Model.load("temozolomide")
AGONIST = Model.load("il15_agonist")
SORAFENIB = Model.load("sorafenib_pk")
TMZ = "temozolomide_mg_per_L"
CLOSE = 1e-7  # of the highest level, at rtol 1e-10
TIGHT = 1e-10
HOURS = np.arange(0.0, 72.5, 0.5)


def bateman(t, k_in, k_out):
    """Amount in the second compartment per unit put into the first at t = 0."""
    after = np.maximum(t, 0.0)
    curve = k_in / (k_in - k_out) * (np.exp(-k_out * after) - np.exp(-k_in * after))
    return np.where(t >= 0, curve, 0.0)


def decay(t, k_out):
    """Amount per unit put in at t = 0."""
    return np.where(t >= 0, np.exp(-k_out * np.maximum(t, 0.0)), 0.0)


def plateau(t, k_out, duration):
    """Amount per unit of rate, infused from t = 0 for `duration` hours."""
    rise = -np.expm1(-k_out * np.clip(t, 0.0, duration)) / k_out
    return rise * np.exp(-k_out * np.maximum(t - duration, 0.0))


def temozolomide_oral(t, doses, values=TEMOZOLOMIDE.values):
    """Level in mg/L after (time_h, mg) doses: the sum over doses."""
    v, cl = values["temozolomide_volume_per_m2"], values["temozolomide_clearance_per_m2"]
    ka, volume = values["temozolomide_absorption"], v * values["body_surface_area"]
    return sum(mg * bateman(t - at, ka, cl / v) for at, mg in doses) / volume


def assert_close(got, wanted):
    assert np.max(np.abs(got - wanted)) < CLOSE * np.max(np.abs(wanted))


def level(model, regimen, observable, times=HOURS, **overrides):
    how = {"times_h": times, "parameters": overrides, "rtol": TIGHT}
    runs = simulate(model, regimen, observables=[observable], **how)
    assert runs.status == ("ok",)
    return runs.values[0, :, 0]


@settings(max_examples=20, deadline=None)
@given(
    doses=st.lists(
        st.tuples(st.floats(0, 60).map(lambda t: round(t, 3)), st.floats(1, 500)),
        min_size=1,
        max_size=6,
    )
)
def test_doses_add_up_at_any_times(doses):
    at, amounts = zip(*doses, strict=True)
    regimen = Regimen.from_doses("temozolomide", times_h=at, dose_mg=amounts)
    assert_close(level(TEMOZOLOMIDE, regimen, TMZ), temozolomide_oral(HOURS, doses))


FULL = Regimen.oral("temozolomide", dose_mg=200, every_h=12, days=2)


@pytest.mark.parametrize(
    ("regimen", "doses"),
    [
        (FULL, [(0, 200), (12, 200), (24, 200), (36, 200)]),
        (FULL.late(2, by_h=3.25), [(0, 200), (15.25, 200), (24, 200), (36, 200)]),
        (FULL.skip(3), [(0, 200), (12, 200), (36, 200)]),
        (FULL.hold(days=(0.5, 1.5)), [(0, 200), (36, 200)]),
        (
            FULL + Regimen.from_doses("temozolomide", times_h=[24], dose_mg=200),
            [(0, 200), (12, 200), (24, 400), (36, 200)],
        ),
        (Regimen.taken([Dose(5.0, "temozolomide", 50.0, "mg", "oral")] * 2), [(5, 100)]),
    ],
    ids=["repeated", "late", "skipped", "held", "doubled", "listed twice"],
)
def test_changed_schedules(regimen, doses):
    assert_close(level(TEMOZOLOMIDE, regimen, TMZ), temozolomide_oral(HOURS, doses))


def test_two_doses_at_one_time_are_one_of_the_sum_bit_for_bit():
    once = Regimen.from_doses("temozolomide", times_h=[0, 7], dose_mg=[300, 90])
    parts = Regimen.from_doses("temozolomide", times_h=[0, 7], dose_mg=[200, 45])
    parts = parts + Regimen.from_doses("temozolomide", times_h=[0, 7], dose_mg=[100, 45])
    a, b = (level(TEMOZOLOMIDE, r, TMZ) for r in (once, parts))
    assert np.array_equal(a, b)


@pytest.mark.parametrize("area", [1.2, 1.9, 2.4])
def test_doses_per_body_surface_scale_with_it(area):
    per_m2 = Regimen.oral("temozolomide", dose_mg_per_m2=150, every_h=24, days=3)
    flat = Regimen.oral("temozolomide", dose_mg=150 * area, every_h=24, days=3)
    gut = [
        level(TEMOZOLOMIDE, r, "temozolomide_gut", body_surface_area=area) for r in (per_m2, flat)
    ]
    assert gut[0][0] == pytest.approx(150 * area, rel=1e-12)
    assert np.array_equal(*gut)
    # Volume and clearance are per m2 too, so the level is that of any other patient.
    own = level(TEMOZOLOMIDE, per_m2, TMZ, body_surface_area=area)
    assert_close(own, level(TEMOZOLOMIDE, per_m2, TMZ, body_surface_area=1.0))


@pytest.mark.parametrize("duration", [0.5, 1.5, 24.0])
def test_temozolomide_infusion(duration):
    regimen = Regimen.infusion("temozolomide", dose_mg=240, duration_h=duration, every_h=24, days=2)
    values = TEMOZOLOMIDE.values
    v, cl = values["temozolomide_volume_per_m2"], values["temozolomide_clearance_per_m2"]
    each = [plateau(HOURS - at, cl / v, duration) for at in (0, 24)]
    wanted = 240 / duration * sum(each) / (v * values["body_surface_area"])
    assert_close(level(TEMOZOLOMIDE, regimen, TMZ), wanted)


@pytest.mark.parametrize("every", [0.3, 2.4, 7.2])
def test_infusions_without_a_gap_are_one_long_infusion(every):
    # 4.8 + 2.4 is not 7.2 in floating point: end and start must still fall on one moment.
    parts = Regimen.infusion("temozolomide", dose_mg=every, duration_h=every, every_h=every, days=2)
    days = every * len(parts.doses())
    whole = Regimen.infusion("temozolomide", dose_mg=days, duration_h=days, every_h=240, days=2)
    assert_close(level(TEMOZOLOMIDE, parts, TMZ), level(TEMOZOLOMIDE, whole, TMZ))


def test_infusions_that_overlap_add_up_and_leave_nothing_behind():
    slow = Regimen.infusion("temozolomide", dose_mg=10, duration_h=10, every_h=240, days=1)
    fast = Regimen.infusion("temozolomide", dose_mg=33.3, duration_h=3.1, every_h=5, days=0.6)
    both = level(TEMOZOLOMIDE, slow + fast, TMZ)
    assert_close(both, level(TEMOZOLOMIDE, slow, TMZ) + level(TEMOZOLOMIDE, fast, TMZ))
    left = level(TEMOZOLOMIDE, slow + fast, "temozolomide_central", times=[400.0])
    assert abs(left[0]) < 1e-9


def agonist_rates():
    values = AGONIST.values
    return (
        values["agonist_absorption"],
        values["agonist_clearance_per_kg"] / values["agonist_volume_per_kg"],
    )


def agonist_pM(ug, weight):
    """ug in the body as pM: ug / (L/kg kg) is ug/L, over kg/mol nmol/L, times 1000 pmol/L."""
    values = AGONIST.values
    return 1000 * ug / (values["agonist_volume_per_kg"] * weight) / values["agonist_molar_mass"]


@pytest.mark.parametrize("weight", [50.0, 80.0, 120.0])
@pytest.mark.parametrize("route", ["iv", "infusion", "sc"])
def test_il15_by_every_route_per_kg(route, weight):
    ka, ke = agonist_rates()
    ug = 2.0 * weight
    if route == "iv":
        regimen = Regimen.bolus("il15", dose_ug_per_kg=2, every_h=24, days=2)
        curve = [decay(HOURS - at, ke) for at in (0, 24)]
    elif route == "infusion":
        regimen = Regimen.infusion("il15", dose_ug_per_kg=2, duration_h=6, every_h=24, days=2)
        curve = [plateau(HOURS - at, ke, 6.0) / 6.0 for at in (0, 24)]
    else:
        regimen = Regimen.subcutaneous("il15", dose_ug_per_kg=2, every_h=24, days=2)
        share = AGONIST.values["agonist_bioavailability"]
        curve = [share * bateman(HOURS - at, ka, ke) for at in (0, 24)]
    got = level(AGONIST, regimen, "agonist_pM", body_weight=weight)
    assert_close(got, agonist_pM(ug * sum(curve), weight))


# --- sorafenib in its linear limit ----------------------------------------------------------


def linear(share=0.0, rate=0.8):
    """Overrides that leave first-order uptake at `rate` and no loss of drug or exposure."""
    return {
        "sorafenib_gut_limit": 1e15,
        "sorafenib_absorption_rate": rate,
        "sorafenib_biliary_share": share,
        "sorafenib_exposure_loss_max": 0.0,
    }


def sorafenib_matrix(overrides):
    """Rates between gut, transit, centre and bile."""
    values = {**SORAFENIB.values, **overrides}
    up, share = values["sorafenib_absorption_rate"], values["sorafenib_biliary_share"]
    ke = values["sorafenib_clearance"] / values["sorafenib_volume"]
    empty = values["sorafenib_bile_emptying"]
    return np.array(
        [
            [-up, 0, 0, 0],
            [up, -up, 0, empty],
            [0, up, -ke, 0],
            [0, 0, share * ke, -empty],
        ]
    )


@settings(max_examples=10, deadline=None)
@given(
    share=st.sampled_from([0.0, 0.3, 0.9]),
    rate=st.floats(0.1, 3),
    gap=st.floats(1, 30).map(lambda t: round(t, 2)),
)
def test_sorafenib_of_small_doses_is_a_matrix_exponential(share, rate, gap):
    overrides = linear(share, rate)
    regimen = Regimen.from_doses("sorafenib", times_h=[0, gap], dose_mg=[400, 200])
    times = np.arange(0.0, 73.0, 3.0)
    matrix = sorafenib_matrix(overrides)
    amount = [
        sum(mg * expm(matrix * (t - at))[2, 0] for at, mg in ((0, 400), (gap, 200)) if t >= at)
        for t in times
    ]
    got = level(SORAFENIB, regimen, "sorafenib_typical_level", times, **overrides)
    assert_close(got, np.array(amount) / SORAFENIB.values["sorafenib_volume"])


def test_sorafenib_without_bile_by_partial_fractions():
    overrides = linear(rate=0.8)
    values = {**SORAFENIB.values, **overrides}
    a, c = 0.8, values["sorafenib_clearance"] / values["sorafenib_volume"]
    t = HOURS
    # Inverse Laplace transform of 1 / ((s + a)^2 (s + c)), with a a double pole.
    curve = (np.exp(-c * t) - np.exp(-a * t) * (1 + (a - c) * t)) / (a - c) ** 2
    got = level(
        SORAFENIB,
        Regimen.from_doses("sorafenib", times_h=[0], dose_mg=400),
        "sorafenib_total_mg_per_L",
        **overrides,
    )
    scale = 400 * a**2 / values["sorafenib_volume"] * values["sorafenib_exposure_factor"]
    assert_close(got, scale * curve)


@pytest.mark.parametrize("share", [0.0, 0.5, 0.9])
def test_area_of_a_small_dose_is_the_dose_over_clearance(share):
    overrides = linear(share)
    times = np.concatenate([np.linspace(0, 48, 2001), np.linspace(48, 3000, 4001)[1:]])
    once = Regimen.from_doses("sorafenib", times_h=[0], dose_mg=400)
    got = np.trapezoid(level(SORAFENIB, once, "sorafenib_typical_level", times, **overrides), times)
    # What goes through the bile is absorbed again, and again.
    wanted = 400 / SORAFENIB.values["sorafenib_clearance"] / (1 - share)
    assert got == pytest.approx(wanted, rel=1e-4)  # of the trapezoids


def test_sorafenib_infusion_without_bile():
    overrides = linear()
    regimen = Regimen.infusion("sorafenib", dose_mg=240, duration_h=24, every_h=24, days=1)
    values = SORAFENIB.values
    ke = values["sorafenib_clearance"] / values["sorafenib_volume"]
    wanted = 10 * plateau(HOURS, ke, 24.0) / values["sorafenib_volume"]
    assert_close(level(SORAFENIB, regimen, "sorafenib_typical_level", **overrides), wanted)


# --- what a dose takes up -------------------------------------------------------------------


def left_in_the_gut(dose, hours, rate, limit):
    """Solution of g' = -rate g (1 + g / limit) from a dose."""
    return limit / ((1 + limit / dose) * np.exp(rate * np.asarray(hours)) - 1)


@settings(max_examples=15, deadline=None)
@given(
    first=st.floats(1, 20000),
    second=st.floats(1, 20000),
    gap=st.floats(0.05, 30).map(lambda t: round(t, 2)),
    limit=st.floats(10, 2000),
)
def test_of_doses_that_overlap_in_the_gut_the_logarithm_is_taken_up(first, second, gap, limit):
    overrides = {"sorafenib_gut_limit": limit, "sorafenib_exposure_loss_max": 0.0}
    regimen = Regimen.from_doses("sorafenib", times_h=[0, gap], dose_mg=[first, second])
    total = auc("sorafenib_typical_level", days=(0, 150)).named("area")
    runs = simulate(SORAFENIB, regimen, parameters=overrides, endpoints=total, rtol=1e-9)
    values = SORAFENIB.values
    rest = left_in_the_gut(first, gap, values["sorafenib_absorption_rate"], limit)
    taken_up = limit * np.log((1 + first / limit) / (1 + rest / limit))
    taken_up += limit * np.log(1 + (rest + second) / limit)
    through = values["sorafenib_clearance"] * (1 - values["sorafenib_biliary_share"])
    assert float(runs["area"][0]) == pytest.approx(taken_up / through, rel=1e-6)


def test_the_amount_in_the_gut_is_that_of_a_loss_by_the_square():
    once = Regimen.from_doses("sorafenib", times_h=[0], dose_mg=800)
    rate, limit = (
        SORAFENIB.values[f"sorafenib_{name}"] for name in ("absorption_rate", "gut_limit")
    )
    got = level(SORAFENIB, once, "sorafenib_gut")
    assert_close(got, left_in_the_gut(800, HOURS, rate, limit))


@pytest.mark.parametrize("dose", [1.0, 400.0, 1e6])
def test_what_is_lost_in_time_is_a_share_of_the_uptake_at_any_dose(dose):
    # A level far above its half-effect from the start, and a loss that comes at once.
    fast = {
        "sorafenib_exposure_loss_rate": 50.0,
        "sorafenib_exposure_loss_max": 0.6,
        "sorafenib_exposure_loss_ec50": 1e-12,
    }
    regimen = Regimen.from_doses("sorafenib", times_h=[0, 480], dose_mg=[400, dose])
    area = auc("sorafenib_uptake", days=(20, 30)).named("taken")
    lost = auc("sorafenib_wall_loss", days=(20, 30)).named("lost")
    runs = simulate(SORAFENIB, regimen, parameters=fast, endpoints=[area, lost], rtol=1e-9)
    assert float(runs["lost"][0] / runs["taken"][0]) == pytest.approx(0.6, rel=1e-6)


# --- rows before and after a dose -----------------------------------------------------------


def test_rows_at_a_dose_are_before_and_after_it():
    regimen = Regimen.bolus("il15", dose_ug=160, every_h=12, days=2)
    runs = simulate(AGONIST, regimen, observables=["agonist_pM", "il15_agonist_central"])
    pM, ug = runs.get(0, "agonist_pM"), runs.get(0, "il15_agonist_central")
    before, after = runs.sample == "pre", runs.sample == "post"
    assert runs.times_h[before].tolist() == runs.times_h[after].tolist() == [0, 12, 24, 36]
    np.testing.assert_allclose(ug[after] - ug[before], 160, rtol=1e-12)
    _, ke = agonist_rates()
    decayed = ug[after][:-1] * np.exp(-12 * ke)
    np.testing.assert_allclose(ug[before][1:], decayed, rtol=0, atol=160e-6)
    # A trough is the lowest of its interval, and the row after the dose the highest.
    for start in (0, 12, 24):
        rows = (runs.times_h >= start) & (runs.times_h <= start + 12)
        rows &= ~((runs.times_h == start) & before) & ~((runs.times_h == start + 12) & after)
        assert pM[rows].argmin() == len(pM[rows]) - 1
        assert pM[rows].argmax() == 0
