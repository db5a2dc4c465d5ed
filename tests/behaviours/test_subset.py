"""The rise of blood CD4+NKG2D+ cells: against the same patient without sorafenib, link by link."""

import numpy as np
import pytest

from il15_sim import Model, Regimen, simulate
from il15_sim.behaviours.courses import DAY, SORAFENIB
from il15_sim.behaviours.subset import (
    KNOCK_OUTS,
    LEAST_FOLD,
    MOST_LEFT,
    SCHEDULES,
    only,
    rises,
    subset,
)

ALONE = {"alone": SCHEDULES["alone"]}
#: Schedules of temozolomide in trials of melanoma: the usual ones, one week in two, low and long.
OTHERS = {
    text: (SORAFENIB, Regimen.parse(f"temozolomide {text} x 56 d"))
    for text in ("200 mg/m2 q24h d1-5/28", "150 mg/m2 q24h d1-7/14", "75 mg/m2 q24h d1-42/56")
}


@pytest.fixture(scope="module")
def model():
    return Model.load()


@pytest.fixture(scope="module")
def found(model):
    return rises(model)


def test_the_rise_is_that_over_the_same_patient_without_sorafenib(model, found):
    regimens = [SORAFENIB, Regimen.none()]
    runs = simulate(model, regimens, times_h=[0.0, 24 * DAY], observables=["cd4_nkg2d_percent"])
    treated, untreated = runs["cd4_nkg2d_percent"].values
    rise = found["reference", "alone"]
    assert rise.points == pytest.approx(treated[1] - untreated[1], rel=1e-3)
    assert rise.fold == pytest.approx(treated[1] / untreated[1], rel=1e-4)
    assert rise.drift == pytest.approx(untreated[1] / untreated[0], rel=1e-4)


def test_every_link_is_needed(model, found):
    verdict = subset(model)
    assert verdict.holds, dict(verdict.numbers)
    assert min(found["reference", s].fold for s in SCHEDULES) >= LEAST_FOLD
    assert max(found[p, "alone"].log_fold for p in KNOCK_OUTS) <= (
        MOST_LEFT * found["reference", "alone"].log_fold
    )


def test_without_a_link_the_subset_does_not_count_as_risen(model):
    assert not subset(model.with_values({"dap10_activity": 0.0})).holds


@pytest.mark.parametrize("schedule", OTHERS)
def test_by_count_a_quarter_of_the_rise_at_most_is_left_at_every_schedule(model, schedule):
    by_patient = rises(model, schedules={schedule: OTHERS[schedule]})
    reference = by_patient["reference", schedule].count
    assert reference > 0
    assert max(by_patient[p, schedule].count for p in KNOCK_OUTS) <= MOST_LEFT * reference


def test_the_knock_outs_are_those_of_the_packaged_variants(model):
    names = ("no_il15ra_induction", "no_mica", "no_nkg2d_signal")
    for name, values in zip(names, KNOCK_OUTS.values(), strict=True):
        changed = {k: v for k, v in model.with_variant(name).values.items() if v != model.values[k]}
        assert changed == values


def test_each_knock_out_has_its_own_baseline(model):
    runs = simulate(
        model,
        [Regimen.none()] * 4,
        times_h=[0.0],
        parameters=[{}, *KNOCK_OUTS.values()],
        observables=["cd4_nkg2d_percent"],
    )
    percent = runs["cd4_nkg2d_percent"].values[:, 0]
    assert percent[0] == pytest.approx(percent[1], rel=1e-9)  # no drug, no induction
    assert percent[2] < percent[0]
    assert percent[3] < percent[0]


def test_mica_and_dap10_cut_the_same_route(model):
    both = {**KNOCK_OUTS["no MICA/B"], **KNOCK_OUTS["no NKG2D signal"]}
    one, two = (
        rises(model, {"cut": values}, ALONE)["cut", "alone"].log_fold
        for values in (KNOCK_OUTS["no MICA/B"], both)
    )
    assert two == pytest.approx(one, abs=0.02)


def test_hypotheses_are_separate_switches(model):
    """Each hypothesis alone; expansion is the packaged one."""
    off = dict.fromkeys(only("expansion"), 0.0)
    assert {k: model.values[k] for k in off} == only("expansion")
    patients = {name: only(name) for name in ("expansion", "conversion", "redistribution")}
    folds = {p: r.fold for (p, _), r in rises(model, {**patients, "none": off}, ALONE).items()}
    assert len({round(f, 6) for f in folds.values()}) == 4
    assert folds["expansion"] > LEAST_FOLD > folds["none"]


def test_a_moderate_dose_difference_matters_less_than_any_dose(model):
    doses = {
        f"{mg} mg": (Regimen.oral("sorafenib", dose_mg=mg, every_h=12, days=56), Regimen.none())
        for mg in (200, 400, 800)
    }
    low, middle, high = (r.points for r in rises(model, {"one": {}}, doses).values())
    assert 0 < low < middle
    assert high < 1.5 * middle


def test_the_rise_holds_for_all_published_numbers_of_receptors(model):
    """Engagement is a share of IL-2Rβ: 50 to 2,600 per cell stand in the literature."""
    numbers = {f"{n}": {"receptor_B_number": float(n)} for n in (50, 148, 2600)}
    logs = np.array([r.log_fold for r in rises(model, numbers, ALONE).values()])
    assert np.exp(logs.min()) > LEAST_FOLD
    assert np.ptp(logs) < 0.3 * logs.max()
