"""Published outcomes: how they are read, and what virtual patients are held against."""

import numpy as np
import pandas as pd
import pytest

from il15_sim.errors import InputError
from il15_sim.files.resources import experiments_dir
from il15_sim.trial import read_trial
from il15_sim.trial.published import compared, read_readings

COLUMNS = "id\tarm\tquantity\treported\tday\tshare\tn\tused\tsource\tdoi\tnote"


def readings(tmp_path, *rows):
    """Rows of (id, arm, quantity, reported, day, share, n)."""
    lines = ["\t".join([*map(str, row), "fit", "me", "", ""]) for row in rows]
    path = tmp_path / "readings.tsv"
    path.write_text("\n".join([COLUMNS, *lines]) + "\n")
    return read_readings(path)


def hundred():
    """A hundred patients: one dies a day, every second after progression three days before."""
    day = np.arange(1, 101)
    return pd.DataFrame(
        {
            "arm": "one",
            "os_days": day,
            "died": True,
            "pfs_days": np.where(day % 2, day, np.maximum(day - 3, 1)),
            "pfs_event": True,
            "ttp_days": np.where(day % 2, day, np.maximum(day - 3, 1)),
            "progressed": day % 2 == 0,
            "best_response": np.where(day <= 20, "PR", np.where(day <= 30, "CR", "SD")),
            "lymphocyte_nadir": 10.0 * day,
            "treated_until_d": np.where(day <= 90, 100.0, 99.0),
            "first_dlt_d": np.where(day <= 40, day, np.inf),
            "dose_share_sorafenib": 0.6,
            "dose_share_sorafenib_d28": np.where(day <= 50, 0.4, np.nan),
            "burden_mm": np.where(day <= 50, 200.0, 20.0),
            "failed": False,
        }
    )


def test_packaged_readings_name_arms_of_packaged_trials():
    found = read_readings(experiments_dir() / "data" / "outcomes" / "readings.tsv")
    files = ("published", "sorafenib_phase_one", "sorafenib_doses")
    trials = [read_trial(experiments_dir() / "trials" / f"{name}.toml") for name in files]
    arms = {arm.name for trial in trials for arm in trial.arms}
    assert {r.arm for r in found} == arms
    assert {r.used for r in found} == {"fit", "compare"}
    assert all(r.source for r in found)


@pytest.mark.parametrize(
    ("quantity", "day", "share"),
    [
        ("survival", 30, 0.7),
        # Whoever has the event after day 30: 31, 33, and all from 34 on.
        ("progression-free", 30, 0.69),
        ("response", "", 0.3),
        # Of the 90 who are still treated on day 100.
        ("lymphocytes below 700", 100, 69 / 90),
        ("lymphocytes below 500", 100, 49 / 90),
        ("dose-limiting toxicity", 28, 0.28),
    ],
)
def test_shares_of_a_made_up_table(tmp_path, quantity, day, share):
    found = compared(hundred(), readings(tmp_path, ("a", "one", quantity, "share", day, 0.5, 40)))
    assert found["predicted"].item() == pytest.approx(share, abs=1e-12)


def test_death_does_not_count_as_progression_alone(tmp_path):
    asked = ("a", "one", "without progression", "share", 30, 0.5, 40)
    found = compared(hundred(), readings(tmp_path, asked))["predicted"].item()
    # Kaplan and Meier with those who die censored: by hand from the times.
    table, left = hundred(), 1.0
    for day in range(1, 31):
        risk = (table["ttp_days"] >= day).sum()
        left *= 1 - (table["progressed"] & (table["ttp_days"] == day)).sum() / risk
    assert found == pytest.approx(left, abs=1e-12)


def test_doses_are_those_of_patients_still_on_the_drug(tmp_path):
    rows = (
        ("now", "one", "dose taken", "mean", 30, 0.5, 40),
        ("all along", "one", "dose taken", "mean", "", 0.5, 40),
    )
    found = compared(hundred(), readings(tmp_path, *rows))
    assert found["predicted"].tolist() == pytest.approx([0.4, 0.6])
    assert found["holds"].tolist() == [True, True]


def test_large_tumours_that_die_first_have_the_larger_hazard(tmp_path):
    rng = np.random.default_rng(1)
    small = np.arange(20_000) % 2 == 0
    table = pd.DataFrame(
        {
            "arm": "one",
            "os_days": rng.exponential(np.where(small, 200.0, 100.0)),
            "died": True,
            "burden_mm": np.where(small, 20.0, 200.0) + rng.random(20_000),
        }
    )
    asked = ("a", "one", "hazard ratio by burden", "ratio", "", 0.38, 583)
    found = compared(table, readings(tmp_path, asked)).iloc[0]
    assert found["predicted"] == pytest.approx(0.5, rel=0.03)
    # Two-fold for one SD of a log-normal: 2 ** 1.96 for 95 %.
    assert (found["lower"], found["upper"]) == pytest.approx((0.38 / 3.89, 0.38 * 3.89), rel=1e-3)


def test_what_reading_alone_adds_to_responses(tmp_path):
    asked = readings(tmp_path, ("a", "one", "response", "share", "", 0.5, 40))
    assert compared(hundred(), asked, unmoved=0.1)["predicted"].item() == pytest.approx(0.37)


def test_failed_patients_do_not_count(tmp_path):
    table = hundred().assign(failed=lambda t: t["os_days"] <= 50)
    asked = readings(tmp_path, ("a", "one", "survival", "share", 75, 0.5, 40))
    assert compared(table, asked)["predicted"].item() == pytest.approx(0.5)


def test_how_far_predictions_may_lie(tmp_path):
    rows = (
        ("share", "one", "survival", "share", 30, 0.5, 40),
        ("median", "one", "survival", "median", 30, 0.5, 40),
        ("quartile", "one", "survival", "quartile", 30, 0.75, 40),
    )
    found = compared(hundred(), readings(tmp_path, *rows))
    # 20 of 40: Clopper and Pearson.
    assert found["lower"].tolist() == pytest.approx([0.338, 0.38, 0.63], abs=5e-4)
    assert found["upper"].tolist() == pytest.approx([0.662, 0.62, 0.87], abs=5e-4)
    assert found["holds"].tolist() == [False, False, True]


@pytest.mark.parametrize(
    ("row", "told"),
    [
        (("a", "one", "survivl", "share", 30, 0.5, 40), "line 2.*'survivl'.*'survival'"),
        (("a", "one", "survival", "medan", 30, 0.5, 40), "line 2.*'medan'.*'median'"),
        (("a", "one", "dose taken", "share", 30, 0.5, 40), "line 2.*'share'"),
        (("a", "one", "survival", "share", "", 0.5, 40), "line 2.*day"),
        (("a", "one", "response", "share", 30, 0.5, 40), "line 2.*day 30 of response.*empty"),
        (("a", "one", "survival", "share", 0, 0.5, 40), "line 2.*day 0.*positive"),
        (("a", "one", "survival", "share", 30, 1.5, 40), "line 2.*share 1.5 of 40.*between"),
        (("a", "one", "survival", "share", 30, 0.5, 0), "line 2.*0 patients.*positive"),
    ],
)
def test_faults_of_readings(tmp_path, row, told):
    with pytest.raises(InputError, match=f"(?s){told}"):
        readings(tmp_path, row)


@pytest.mark.parametrize(
    ("row", "told"),
    [
        (("a", "ome", "survival", "share", 30, 0.5, 40), "reading 'a'.*'ome'.*'one'"),
        (
            ("a", "one", "dose taken", "mean", 60, 0.5, 40),
            "no dose is told of day 60.*sampling_days",
        ),
    ],
)
def test_faults_of_comparisons(tmp_path, row, told):
    with pytest.raises(InputError, match=f"(?s){told}"):
        compared(hundred(), readings(tmp_path, row))


def test_a_day_after_the_follow_up(tmp_path):
    table = hundred().assign(died=lambda t: t["os_days"] < 60)
    asked = readings(tmp_path, ("a", "one", "survival", "share", 200, 0.5, 40))
    with pytest.raises(InputError, match=r"survival on day 200.*until day 100"):
        compared(table, asked)
