"""The same bits after a stop, from other blocks and with other threads."""

import pandas as pd
import pytest

from il15_sim.model import Model
from il15_sim.trial import read_trial, run_trial
from il15_sim.trial.run import kept_blocks
from tests.made.trial_patients import TINY


@pytest.fixture(scope="module")
def trial(tmp_path_factory):
    file = tmp_path_factory.mktemp("trial") / "tiny.toml"
    file.write_text(TINY, encoding="utf-8")
    return read_trial(file)


@pytest.fixture(scope="module")
def model():
    return Model.load()


@pytest.fixture(scope="module")
def whole(trial, model, tmp_path_factory):
    return run_trial(trial, model, folder=tmp_path_factory.mktemp("whole"))


def test_patients_of_a_trial(whole, trial):
    assert list(whole["arm"].unique()) == ["both", "TMZ"]
    assert whole["patient"].tolist() == list(range(24))
    assert whole.groupby(["arm", "trial"]).size().tolist() == [6] * 4
    assert not whole["failed"].any()


@pytest.mark.parametrize(("size", "threads"), [(5, 1), (12, 2), (7, 2)])
def test_blocks_and_threads_change_no_bit(whole, trial, model, tmp_path, size, threads):
    found = run_trial(trial, model, folder=tmp_path, patients_at_once=size, threads=threads)
    pd.testing.assert_frame_equal(found, whole, check_exact=True)


def test_without_a_folder_the_bits_are_the_same(whole, trial, model):
    found = run_trial(trial, model)
    pd.testing.assert_frame_equal(found, whole, check_exact=True, check_dtype=False)


def test_a_stopped_trial_goes_on_and_ends_with_the_same_bits(whole, trial, model, tmp_path):
    told = []

    def stop(words):
        told.append(words)
        if len(told) == 3:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run_trial(trial, model, folder=tmp_path, patients_at_once=6, progress=stop)
    assert kept_blocks(trial, tmp_path, 6) == (2, 4)
    # A block that is half there is no block.
    torn = tmp_path / "0-0-0-6.csv"
    torn.write_text(torn.read_text(encoding="utf-8")[:-20], encoding="utf-8")
    told.clear()
    found = run_trial(trial, model, folder=tmp_path, patients_at_once=6, progress=told.append)
    pd.testing.assert_frame_equal(found, whole, check_exact=True)
    assert [words.partition(" of")[0] for words in told] == [
        "both: patients 1-6",
        "TMZ: patients 1-6",
        "TMZ: patients 7-12",
    ]
    assert "min left" in told[-1]
    assert "min left" not in told[0]
