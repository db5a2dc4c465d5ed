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
    assert verdict.holds, verdict.numbers
    shares = [share for name, share in verdict.numbers.items() if "mg twice daily" in name]
    assert len(shares) == len(TOXICITIES)
    assert shares == sorted(shares)


def test_a_harmless_drug_is_no_verdict(packaged):
    assert not toxicity(packaged.with_values({"toxicity_rate": 1e-5})).holds
