"""Patients followed from visit to visit, against one long simulation and against closed forms."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from il15_sim import Model, Population, Regimen, simulate
from il15_sim.trial.design import Calendar, Trial, TrialArm
from il15_sim.trial.followed import BURDEN, DEATH
from il15_sim.trial.luck import Luck
from il15_sim.trial.outcome import outcomes
from il15_sim.trial.policy import Rule
from il15_sim.trial.run import run_trial
from il15_sim.trial.taken import Adherence
from il15_sim.trial.windows import follow

MODEL = Model.load()
BOTH = Regimen.parse(
    "sorafenib 400 mg q12h x 105 d from d7 + temozolomide 150 mg/m2 q24h d1-7/14 x 112 d"
)
CALENDAR = Calendar(follow_up_days=112, imaging_every_days=28, visit_spread_days=3)
ARM = TrialArm("both", BOTH)
TRIAL = Trial("t", "t", "", (ARM,), patients=8, seed=3, calendar=CALENDAR)
IMMORTAL = {"death_rate": 0.0}


def people(n=8, **values):
    table = Population(MODEL, n=n, seed=3).parameters
    return table.assign(**values)


def ratio(n):
    return np.full(n, MODEL.values["dose_reduction_ratio"])


def test_visits_leave_no_trace_where_nothing_is_decided():
    calendar = replace(CALENDAR, treatment_stops_at_progression=False)
    table = people(**IMMORTAL)
    found = follow(MODEL, table, ARM, replace(TRIAL, calendar=calendar))
    days = np.arange(113)
    runs = simulate(
        MODEL,
        BOTH,
        table,
        times_h=24.0 * days,
        observables=[BURDEN, "cd4_nkg2d_percent"],
        sample="pre",
        rtol=1e-6,
        progress=False,
    )
    for name in (BURDEN, "cd4_nkg2d_percent"):
        off = np.abs(found.daily[name] / runs[name].values - 1)
        assert off.max() < 2e-3
    assert (found.taken["sorafenib"][:, 1:] == 1).all()
    # The first week of the first window has no dose of sorafenib, by plan.
    assert found.taken["temozolomide"].min() == 1


def test_with_a_constant_hazard_patients_die_on_the_day_that_chance_says():
    rate_per_h = 1 / (24 * 80)
    table = people(64, death_rate=rate_per_h, death_burden_exponent=0.0)
    trial = replace(TRIAL, patients=64)
    found = follow(MODEL, table, TrialArm("none", Regimen.none()), trial)
    day = found.luck.death / rate_per_h / 24
    died = day <= 112
    assert 20 < died.sum() < 60
    assert (found.died == died).all()
    assert found.end_d[died] == pytest.approx(day[died], abs=0.02)
    told = outcomes(found, trial, ratio(64))
    assert (told["os_days"] == np.where(died, np.ceil(found.end_d), 112)).all()
    # Nothing is read after death.
    for i in np.flatnonzero(died):
        last = int(found.end_d[i])
        assert np.isfinite(found.daily[DEATH][i, : last + 1]).all()
        assert np.isnan(found.daily[DEATH][i, last + 1 :]).all()


def test_who_is_lost_is_lost_on_the_day_that_chance_says():
    trial = replace(TRIAL, patients=32, calendar=replace(CALENDAR, drop_out_per_year=3.0))
    found = follow(MODEL, people(32, **IMMORTAL), TrialArm("none", Regimen.none()), trial)
    lost = found.luck.dropped_d <= 112
    assert (found.dropped == lost).all()
    assert 5 < lost.sum() < 31
    told = outcomes(found, trial, ratio(32))
    assert not told["died"].any()
    assert (told["os_days"][lost] == np.ceil(found.luck.dropped_d[lost])).all()
    seen = told["progressed"]
    assert (told["ttp_days"][lost] <= told["os_days"][lost])[~seen[lost]].all()


def test_treatment_ends_at_the_visit_that_shows_progression():
    found = follow(MODEL, people(16, **IMMORTAL), ARM, replace(TRIAL, patients=16))
    told = outcomes(found, TRIAL, ratio(16))
    progressed = told["progressed"] & (told["ttp_days"] < 90)
    assert progressed.any()
    for i in np.flatnonzero(progressed):
        next_visit = 14 * np.ceil(told["ttp_days"][i] / 14)
        assert found.treated_until_d[i] == next_visit
        window = int(next_visit / 14)
        assert (found.taken["sorafenib"][i, window:] == 0).all()
        assert (found.taken["sorafenib"][i, 1:window] == 1).all()
    # The criterion is met before a visit sees it.
    assert (told["growth_days"][told["progressed"]] <= told["ttp_days"][told["progressed"]]).all()


def test_forgotten_and_lowered_doses_lower_the_level():
    low = replace(
        TRIAL,
        levels={"sorafenib": (1.0, 0.25)},
        rules=(Rule("lymphocytes_per_uL", "reduce", below=1e6, drug="sorafenib"),),
    )
    calendar = replace(CALENDAR, treatment_stops_at_progression=False)
    low, full = (replace(t, calendar=calendar) for t in (low, TRIAL))
    forget = replace(full, adherence={"sorafenib": Adherence(0.5)})
    table = people(**IMMORTAL)
    level = [follow(MODEL, table, ARM, t).exposure[:, 5] for t in (full, forget, low)]
    assert (level[1] < 0.8 * level[0]).all()
    taken = follow(MODEL, table, ARM, forget).taken["sorafenib"][:, 1:]
    assert taken.mean() == pytest.approx(0.5, abs=0.05)
    lowered = follow(MODEL, table, ARM, low).taken["sorafenib"]
    # Everybody is lowered at the first visit, and stopped at the second one.
    assert (lowered[:, 1] == 0.25).all()
    assert (lowered[:, 2:] == 0).all()


def test_toxicities_strike_where_the_hazard_crosses_what_chance_says():
    trial = replace(TRIAL, patients=32)
    found = follow(MODEL, people(32, **IMMORTAL), ARM, trial)
    told = outcomes(found, trial, ratio(32))
    windows = np.diff(found.daily["toxicity_hazard"][:, ::14])
    limited = windows >= found.luck.limiting
    others = (ratio(32)[0] - 1) * windows >= found.luck.other
    assert told["toxicities"].tolist() == (limited | others).sum(axis=1).tolist()
    assert (np.isfinite(told["first_dlt_d"]) == limited.any(axis=1)).all()
    for i in np.flatnonzero(limited.any(axis=1)):
        assert np.ceil(told["first_dlt_d"][i] / 14) == 1 + limited[i].argmax()
    assert told["toxicities"].max() > 1
    limited = np.isfinite(told["first_dlt_d"])
    assert 0 < limited.sum() < 32
    assert (told["toxicities"][limited] > 0).all()


def test_no_sample_after_progression_or_the_end():
    calendar = replace(CALENDAR, sampling_days=(0, 56, 84))
    trial = replace(TRIAL, patients=32, calendar=calendar)
    found = follow(MODEL, people(32, death_rate=1 / (24 * 100)), ARM, trial)
    told = outcomes(found, trial, ratio(32))
    taken = told["cd4_nkg2d_percent_d84_measured"].notna()
    gone = (told["os_days"] <= 84) | (told["progressed"] & (told["ttp_days"] < 84))
    assert 0 < taken.sum() < 32
    assert (taken == ~gone).all()
    error = np.log(told["cd4_nkg2d_percent_d0_measured"] / told["cd4_nkg2d_percent_d0"])
    assert error.std() == pytest.approx(0.15, abs=0.06)


def test_the_same_bits_in_any_blocks_on_any_threads(tmp_path):
    trial = replace(TRIAL, patients=6, trials=2, arms=(ARM, TrialArm("none", Regimen.none())))
    calendar = replace(CALENDAR, follow_up_days=84, drop_out_per_year=1.0)
    rules = (Rule("toxicity", "reduce", drug="sorafenib"),)
    trial = replace(trial, calendar=calendar, rules=rules, levels={"sorafenib": (1.0, 0.5)})
    whole = run_trial(trial, MODEL, threads=1)
    assert len(whole) == 24
    assert whole["patient"].tolist() == [*range(12), *range(12, 24)]
    pieces = run_trial(trial, MODEL, threads=2, patients_at_once=5, folder=tmp_path)
    pd.testing.assert_frame_equal(whole, pieces, check_exact=True)
    # What was kept is read, not run again; what was spoilt is run again.
    kept = sorted(tmp_path.glob("*.csv"))
    kept[0].write_text(kept[0].read_text()[:-20])
    again = run_trial(trial, MODEL, patients_at_once=5, folder=tmp_path)
    pd.testing.assert_frame_equal(whole, again, check_exact=True)


def test_a_patient_that_cannot_be_simulated_is_told_and_harms_nobody():
    table = people(4, **IMMORTAL)
    table.loc[2, "tumour_growth"] = np.inf
    alone = follow(MODEL, people(4, **IMMORTAL), ARM, TRIAL)
    found = follow(MODEL, table, ARM, TRIAL)
    assert found.failed.tolist() == [False, False, True, False]
    told = outcomes(found, TRIAL, ratio(4))
    assert told["failed"].tolist() == found.failed.tolist()
    assert (found.daily[BURDEN][[0, 1, 3]] == alone.daily[BURDEN][[0, 1, 3]]).all()


def test_a_death_after_the_last_visit_ends_survival_alone():
    # The last visits are planned for day 84 of 112.
    calendar = replace(CALENDAR, imaging_every_days=42, visit_spread_days=0.0)
    trial = replace(TRIAL, patients=64, calendar=calendar)
    table = people(64, death_rate=1 / (24 * 60), death_burden_exponent=0.0, tumour_growth=1e-6)
    told = outcomes(follow(MODEL, table, TrialArm("none", Regimen.none()), trial), trial, ratio(64))
    late = told["died"] & (told["os_days"] > 84)
    assert late.any()
    assert not told["pfs_event"][late].any()
    assert (told["pfs_days"][late] == 84).all()
    early = told["died"] & (told["os_days"] <= 84)
    assert told["pfs_event"][early].all()
    assert (told["pfs_days"][early] == told["os_days"][early]).all()


def test_the_first_dose_limiting_toxicity_has_the_hazard_of_the_model():
    trial = replace(TRIAL, patients=400)
    found = follow(MODEL, people(400, **IMMORTAL), ARM, replace(trial, seed=5))
    told = outcomes(found, trial, ratio(400))
    expected = 1 - np.exp(-found.daily["toxicity_hazard"][:, -1])
    limited = np.isfinite(told["first_dlt_d"])
    error = np.sqrt((expected * (1 - expected)).sum()) / 400
    assert limited.mean() == pytest.approx(expected.mean(), abs=3.5 * error)


def test_toxicity_has_no_end():
    """Whoever has a hazard without measure is never put back on the full dose."""
    rules = (
        Rule("toxicity", "reduce", drug="sorafenib"),
        Rule("no toxicity", "escalate", after_days=28, drug="sorafenib"),
    )
    trial = replace(TRIAL, rules=rules, levels={"sorafenib": (1.0, 0.5, 0.25)})
    table = people(4, toxicity_common=10.0, **IMMORTAL)
    found = follow(MODEL, table, ARM, trial)
    assert (found.taken["sorafenib"][:, 1:4] == [0.5, 0.25, 0.0]).all()
    assert np.nan_to_num(found.taken["sorafenib"][:, 4:]).max() == 0.0


def test_an_infusion_goes_on_across_a_visit():
    infused = Regimen.parse("il15 2 ug/kg iv over 240 h at 240 h")
    table = people(2, **IMMORTAL)
    trial = replace(TRIAL, watched=("agonist_pM",), marker="agonist_pM", patients=2)
    found = follow(MODEL, table, TrialArm("one", infused), trial)
    days = np.arange(113)
    runs = simulate(
        MODEL, infused, table, times_h=24.0 * days, observables=["agonist_pM"], progress=False
    )
    whole = runs["agonist_pM"].values
    assert whole[:, 16].min() > 1
    assert found.daily["agonist_pM"][:, 10:25] == pytest.approx(whole[:, 10:25], rel=2e-3, abs=1e-3)
    assert np.nanmax(found.taken["il15"]) == 1.0
    assert np.isnan(found.taken["il15"][:, 1]).all()


def test_a_visit_on_the_day_of_death_was_not_held():
    calendar = replace(CALENDAR, visit_spread_days=0.0)
    trial = replace(TRIAL, patients=400, calendar=calendar)
    table = people(400, death_rate=1 / (24 * 60), death_burden_exponent=0.0, tumour_growth=1e-6)
    found = follow(MODEL, table, TrialArm("none", Regimen.none()), trial)
    told = outcomes(found, trial, ratio(400))
    first = (found.end_d > 27) & (found.end_d < 28)
    assert first.any()
    assert (told["best_response"][first] == "NE").all()
    assert (told["ttp_days"][first] == 0).all()


def test_a_tumour_below_what_is_seen_is_a_complete_response():
    table = people(4, temozolomide_tumour_kill=0.05, **IMMORTAL)
    found = follow(MODEL, table, ARM, replace(TRIAL, patients=4))
    told = outcomes(found, TRIAL, ratio(4))
    assert np.nanmin(found.daily[BURDEN], axis=1).max() < 5
    assert (told["best_response"] == "CR").all()


def test_luck_depends_neither_on_the_plan_nor_on_the_length_of_follow_up():
    long = replace(TRIAL, calendar=replace(CALENDAR, follow_up_days=224), watched=("cd4_per_uL",))
    long = replace(long, adherence={"sorafenib": Adherence(0.3, 0.1)})
    short = replace(TRIAL, adherence=long.adherence, watched=("cd4_per_uL",))
    daily, twice = (np.arange(0, 24 * 112, step) for step in (24.0, 12.0))
    one = Luck.of(short, {"sorafenib": daily}, 3, 5)
    two = Luck.of(long, {"sorafenib": twice, "temozolomide": daily}, 3, 5)
    assert (one.missed["sorafenib"] == two.missed["sorafenib"][:, ::2]).all()
    assert (one.limiting == two.limiting[:, :8]).all()
    assert (one.visit_days == two.visit_days[:, :4]).all()
    assert (one.assay == two.assay).all()
    assert (one.death == two.death).all()
