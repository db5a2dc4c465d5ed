"""What becomes of patients, on the packaged model; every miss is named with its reason."""

import pytest

from il15_sim import Model
from il15_sim.behaviours.outcome import TOXICITIES, progression, toxicity
from il15_sim.files.resources import experiments_dir
from il15_sim.progression import judged, read_trials, virtual_shares
from il15_sim.progression.written import read_unmoved

#: Readings that the packaged model does not give. They are misses of the model, not of the test.
MISSED = {
    # 64 % instead of half without progression by 1.9 months: on 200 mg/m2 five days of 28 patients
    # progressed earlier than on placebo (2.1 months), which no killing can give.
    "middleton_median",
    # 86 % by 77 days, since the first visit of that trial is the one of week 12.
    "eisen_median",
    # 65 % instead of 36 % double in 60 days: those were metastases chosen for surgery.
    "ollila_doubling",
}
#: Doses with more or less dose-limiting toxicity than their 95 % interval. Patients who differ in
#: exposure bring some of those with high levels to the common dose: 18 % instead of 10 %.
TOO_TOXIC = {"400 mg twice daily"}


@pytest.fixture(scope="module")
def packaged():
    return Model.load()


@pytest.mark.slow
def test_published_progression_comes_out_of_virtual_patients(packaged):
    trials = read_trials(experiments_dir() / "data" / "progression")
    unmoved = read_unmoved(packaged.models_dir)
    table = judged(trials.readings, virtual_shares(packaged, trials, unmoved=unmoved))
    assert set(table["reading"][~table["holds"]]) == MISSED
    assert abs(table.set_index("reading").loc["middleton_median", "predicted"] - 0.62) < 0.05


@pytest.mark.slow
def test_growth_without_effects_is_not_what_was_measured(packaged):
    nothing = {"sorafenib_growth_inhibition_max": 1e-9, "temozolomide_tumour_kill": 1e-9}
    verdict = progression(packaged.with_values(nothing), patients=128)
    told = {name.split(" (")[0]: share for name, share in verdict.numbers.items()}
    assert not verdict.holds
    # Then all arms progress as the untreated do.
    assert told["patel_median"] < 0.4
    assert told["b_six_months"] < 0.25


def test_toxicity_rises_with_dose_as_in_phase_one(packaged):
    verdict = toxicity(packaged)
    told = {name: share for name, share in verdict.numbers.items() if "mg twice daily" in name}
    assert len(told) == len(TOXICITIES)
    assert list(told.values()) == sorted(told.values())
    bounds = {n: [float(x) for x in n.split("(")[1].rstrip(")").split("-")] for n in told}
    missed = {n.split(" (")[0] for n, share in told.items() if not between(share, bounds[n])}
    assert missed == TOO_TOXIC
    assert verdict.holds == (not TOO_TOXIC)


def between(share, bounds):
    return bounds[0] <= share <= bounds[1]


def test_a_harmless_drug_has_no_toxicity_that_rises(packaged):
    verdict = toxicity(packaged.with_values({"toxicity_rate": 1e-9}))
    assert not verdict.holds
    assert verdict.numbers["800 mg twice daily (0.17-0.64)"] < 0.15
