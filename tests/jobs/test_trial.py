"""A virtual trial from its file to a results folder."""

import json
import shutil
from dataclasses import replace

import pandas as pd
import pytest

from il15_sim.errors import InputError
from il15_sim.files.resources import models_dir
from il15_sim.jobs.folder import stands
from il15_sim.jobs.trial import inputs_of, run_virtual_trial, stored_at
from il15_sim.model import Model
from il15_sim.trial import Hypothesis, read_trial
from il15_sim.trial.run import run_trial
from tests.made.trial_patients import TINY

TABLES = ("patients", "arms", "between", "survival", "claim", "replicates", "power", "factors")


@pytest.fixture(scope="module")
def trial(tmp_path_factory):
    file = tmp_path_factory.mktemp("file") / "tiny.toml"
    file.write_text(TINY, encoding="utf-8")
    return read_trial(file)


@pytest.fixture(scope="module")
def done(trial, tmp_path_factory):
    return run_virtual_trial(trial, tmp_path_factory.mktemp("results"))


def tables(folder):
    return {p.name: p.read_bytes() for p in sorted((folder / "data").iterdir())}


def test_the_folder_is_whole(done, trial):
    assert stands(done.path)
    assert done.path.parent.name == "tiny"
    names = {p.name for p in done.path.iterdir()}
    assert names == {
        *("answer.md", "summary.json", "about.json", "trial.toml", "manifest.json"),
        *("data", "figures"),
    }
    assert {p.stem for p in (done.path / "data").iterdir()} == {*TABLES, "parameters"}
    assert (done.path / "trial.toml").read_text(encoding="utf-8") == TINY
    captions = json.loads((done.path / "figures" / "captions.json").read_text(encoding="utf-8"))
    assert {c["name"] for c in captions} >= {"curves_os", "curves_pfs", "waterfall_1"}
    for c in captions:
        assert (done.path / "figures" / f"{c['name']}.png").is_file()
        assert (done.path / "figures" / f"{c['name']}.svg").is_file()
    assert not [w for w in done.warnings if "cannot be drawn" in w]


def test_the_summary_holds_the_numbers_of_the_tables(done):
    found = json.loads((done.path / "summary.json").read_text(encoding="utf-8"))
    assert found["trial"]["patients"] == 6
    assert found["trial"]["arms"]["TMZ"].startswith("temozolomide 150 mg/m2")
    arms = pd.read_csv(done.path / "data" / "arms.csv")
    assert len(found["arms"]) == len(arms)
    deaths = arms[arms["quantity"] == "deaths"].set_index("arm")["value"]
    patients = pd.read_csv(done.path / "data" / "patients.csv")
    assert deaths.to_dict() == patients.groupby("arm")["died"].sum().to_dict()
    assert len(patients) == 24
    assert found["answer"][0]["title"] == "Does a rise go with longer survival?"
    assert [v["hypothesis"] for v in found["verdicts"]] == ["as packaged"]


def test_the_same_trial_again_follows_nobody_and_gives_the_same_tables(done, trial, monkeypatch):
    def never(*_args, **_more):
        raise AssertionError("followed again")

    before = tables(done.path)
    monkeypatch.setattr("il15_sim.trial.run.followed", never)
    words = []
    again = run_virtual_trial(trial, done.path.parents[1], words.append)
    assert again.path == done.path
    assert tables(again.path) == before
    assert words[0].startswith("going on from 2 of 2 blocks in ")


@pytest.mark.parametrize(("size", "threads"), [(5, 1), (24, 2)])
def test_blocks_and_threads_change_no_byte(done, trial, tmp_path, size, threads):
    other = run_virtual_trial(
        trial, tmp_path, out=tmp_path / "out", threads=threads, patients_at_once=size
    )
    assert tables(other.path) == tables(done.path)


def test_a_killed_trial_leaves_its_blocks_and_ends_with_the_same_bytes(done, trial, tmp_path):
    def stop(words):
        if words.startswith("TMZ"):
            raise KeyboardInterrupt

    out = tmp_path / "out"
    with pytest.raises(KeyboardInterrupt):
        run_virtual_trial(trial, tmp_path, stop, out=out, patients_at_once=6)
    assert [p.name for p in tmp_path.iterdir()] == ["out.blocks"]
    words = []
    again = run_virtual_trial(trial, tmp_path, words.append, out=out, patients_at_once=6)
    assert words[0].startswith("going on from 2 of 4 blocks in ")
    assert tables(again.path) == tables(done.path)


def test_blocks_of_another_trial_are_never_taken(done, trial, tmp_path):
    out = tmp_path / "out"
    shutil.copytree(stored_at(trial, done.path.parents[1]), stored_at(trial, "", out))
    words = []
    other = replace(trial, seed=4)
    found = run_virtual_trial(other, tmp_path, words.append, out=out)
    assert words[0].startswith("both: patients 1-12")
    assert len(list(stored_at(trial, "", out).iterdir())) == 2
    assert tables(found.path)["patients.csv"] != tables(done.path)["patients.csv"]


def test_what_was_run_is_told_where_it_is_not_the_file(trial, tmp_path):
    done = run_virtual_trial(replace(trial, trials=1, seed=9), tmp_path, out=tmp_path / "out")
    text = (done.path / "trial.toml").read_text(encoding="utf-8")
    assert text == f"# Run with other values than the file's: trials = 1, seed = 9\n{TINY}"


def test_nobody_dies_and_the_curves_are_there(trial, tmp_path, monkeypatch):
    def spared(*args, **more):
        table = run_trial(*args, **more)
        return table.assign(died=False, os_days=84.0)

    monkeypatch.setattr("il15_sim.jobs.trial.run_trial", spared)
    done = run_virtual_trial(trial, tmp_path, out=tmp_path / "out")
    assert done.warnings[0] == "no patient died during follow-up: survival is not compared"
    between = pd.read_csv(done.path / "data" / "between.csv").set_index("outcome")
    assert between.loc["survival", "reason"].startswith("no event; all 24 patients are censored")
    assert (done.path / "figures" / "curves_os.png").is_file()
    assert "(0 events after the landmark" in (done.path / "answer.md").read_text(encoding="utf-8")


def test_failed_simulations_are_told(trial, tmp_path, monkeypatch):
    def broken(*args, **more):
        table = run_trial(*args, **more)
        return table.assign(failed=table["patient"] < 3)

    monkeypatch.setattr("il15_sim.jobs.trial.run_trial", broken)
    done = run_virtual_trial(trial, tmp_path, out=tmp_path / "out")
    assert done.warnings[0] == "3 of 24 simulations failed and are left out"


def test_ids_that_the_model_does_not_have(trial, tmp_path):
    other = replace(trial, marker="cd4_nkg2d_percnt", watched=("cd4_nkg2d_percnt",))
    with pytest.raises(InputError, match="did you mean 'cd4_nkg2d_percent'"):
        run_virtual_trial(other, tmp_path)
    assert list(tmp_path.iterdir()) == []


def copied_models(folder, change):
    shutil.copytree(models_dir(), folder)
    for name, (old, new) in change.items():
        text = (folder / name).read_text(encoding="utf-8")
        assert old in text
        (folder / name).write_text(text.replace(old, new), encoding="utf-8")
    return Model.load(models_dir=folder)


def test_patients_drawn_by_another_table_are_other_inputs(done, trial, tmp_path):
    line = "age_years\tboth\tnormal\t"
    text = (models_dir() / "covariates.tsv").read_text(encoding="utf-8")
    (row,) = [own for own in text.splitlines() if own.startswith(line)]
    mean = row.split("\t")[3]
    change = {"covariates.tsv": (line + mean, line + f"{float(mean) - 9:g}")}
    copied_models(tmp_path / "models", change)
    out, words = tmp_path / "out", []
    shutil.copytree(stored_at(trial, done.path.parents[1]), stored_at(trial, "", out))
    found = run_virtual_trial(trial, "", words.append, out=out, models_dir=tmp_path / "models")
    assert words[0].startswith("both: patients 1-12")
    ages = [
        pd.read_csv(f.path / "data" / "patients.csv")["age_years"].mean() for f in (found, done)
    ]
    assert ages[0] < ages[1] - 5
    hashes = [json.loads((f.path / "manifest.json").read_text())["hash"] for f in (found, done)]
    assert hashes[0] != hashes[1]


def test_a_named_variant_is_an_input_and_others_are_not(trial, tmp_path):
    name = "variants/no_mica.tsv"
    text = (models_dir() / name).read_text(encoding="utf-8")
    other = copied_models(tmp_path / "models", {name: (text, text + "\n")})
    plain = inputs_of(trial, Model.load())
    assert plain == inputs_of(trial, other)
    assert plain["version"]
    cut = replace(trial, hypotheses=(Hypothesis("cut", variants=("no_mica",)),))
    own, before = inputs_of(cut, other), inputs_of(cut, Model.load())
    assert {key for key in own if own[key] != before[key]} == {name}
