"""Patients of an arm under a hypothesis, and trials that they would not follow."""

from dataclasses import replace

import numpy as np
import pytest

from il15_sim.errors import InputError
from il15_sim.model import Model
from il15_sim.regimen import Regimen
from il15_sim.trial import Hypothesis, Rule, Trial, TrialArm, run_trial
from il15_sim.trial.patients import INDUCIBLE, check_trial, drawn_patients

MODEL = Model.load()
PLAN = Regimen.parse("sorafenib 400 mg q12h x 540 d")
ARM = TrialArm("one", PLAN)
TRIAL = Trial("made", "Made", "", (ARM,), source="made.toml")


def responders(share, arm=ARM, **changed):
    hypothesis = Hypothesis("all or none", responders=share, overrides=changed)
    return drawn_patients(MODEL, TRIAL, arm, hypothesis, 0, 400)[0]


@pytest.mark.parametrize("name", INDUCIBLE)
def test_responders_have_the_inducibility_that_is_stated(name):
    plain, stated = responders(0.4)[name], responders(0.4, **{name: 0.5})[name]
    assert set(plain) == {0.0, 1.0}
    assert plain.mean() == pytest.approx(0.4, abs=0.08)
    assert np.array_equal(stated, 0.5 * plain)
    assert not responders(0.4, replace(ARM, overrides={name: 0.0}))[name].any()


@pytest.mark.parametrize("name", ["body_weight", "body_surface_area"])
@pytest.mark.parametrize("of", ["arms", "hypotheses"])
def test_what_covariates_set_is_not_overridden(name, of):
    made = TrialArm("x", PLAN) if of == "arms" else Hypothesis("x")
    trial = replace(TRIAL, **{of: (replace(made, overrides={name: 2.0}),)})
    told = (
        f"^made.toml: 'x': '{name}' is changed; each patient's own covariates set it; leave it out;"
    )
    with pytest.raises(InputError, match=told):
        check_trial(trial, MODEL)


@pytest.mark.parametrize(
    ("first", "second", "drug"),
    [
        ("il15 1 mg sc q7d x 14 d", "il15 1 mg iv q7d x 14 d from day 14", "il15"),
        (
            "temozolomide 150 mg/m2 q24h x 5 d",
            "temozolomide 100 mg q24h x 5 d from day 28",
            "temozolomide",
        ),
    ],
)
def test_a_drug_given_in_two_ways_is_refused_with_its_arm(first, second, drug):
    arm = TrialArm("mixed", Regimen.parse(first) + Regimen.parse(second))
    told = (
        f"^made.toml: arm 'mixed': doses of {drug} by several routes, units or lengths of "
        "infusion; rules change one dose of a drug; give it in one way"
    )
    with pytest.raises(InputError, match=told):
        check_trial(replace(TRIAL, arms=(ARM, arm)), MODEL)


@pytest.mark.parametrize(
    ("marker", "more"),
    [("tumour_burden_mm", "$"), ("cd4_nkg2d_percnt", r", or did you mean 'cd4_nkg2d_percent'\?$")],
)
def test_a_marker_that_is_not_sampled_is_told_before_anybody_is_followed(marker, more):
    trial = replace(TRIAL, marker=marker, watched=("cd4_nkg2d_percent",))
    told = (
        rf"^made.toml: marker '{marker}' is not sampled; watched is \['cd4_nkg2d_percent'\]; "
        f"add it to watched{more}"
    )
    with pytest.raises(InputError, match=told):
        run_trial(trial, MODEL)


def test_the_closest_observable_of_a_rule_is_told():
    rule = Rule(when="lymphocyte_per_uL", then="hold", below=500)
    with pytest.raises(InputError, match=r"^made.toml: rules: .*did you mean 'lymphocytes_per_uL'"):
        check_trial(replace(TRIAL, rules=(rule,)), MODEL)


def test_an_unusual_dose_is_told_before_anybody_is_followed(monkeypatch):
    def stop(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr("il15_sim.model.unusual._told", set())
    monkeypatch.setattr("il15_sim.trial.run.followed", stop)
    arm = TrialArm("slip", Regimen.parse("sorafenib 400000000 mg q12h x 540 d"))
    told = r"a dose of 4e\+08 mg sorafenib oral is far above the usual"
    with pytest.warns(UserWarning, match=told) as seen, pytest.raises(KeyboardInterrupt):
        run_trial(replace(TRIAL, arms=(ARM, arm)), MODEL)
    assert len(seen) == 1
