"""The main job in its quick form: every section is there, and a restart does not fit again."""

import json
import re
from pathlib import Path

import pytest
from click.testing import CliRunner

from il15_sim.cli import cli
from il15_sim.errors import InputError
from il15_sim.files.resources import models_dir, shipped
from il15_sim.jobs.reproduce import FIRST, QUICK, reproduce_all
from il15_sim.reporting.reproduce import report_all
from il15_sim.scenario import Scenario


@pytest.fixture(scope="module")
def quick(tmp_path_factory):
    out = tmp_path_factory.mktemp("results")
    result = CliRunner().invoke(cli, ["reproduce", "--quick", "--out", str(out)])
    assert result.exit_code == 0, result.output
    return out, result


def test_the_last_line_is_the_path_of_the_report(quick):
    out, result = quick
    path = Path(result.stdout.splitlines()[-1])
    assert path.is_file()
    assert path.name == "report.html"
    assert path.is_relative_to(out)


def test_the_report_has_every_section_filled(quick):
    html = Path(quick[1].stdout.splitlines()[-1]).read_text(encoding="utf-8")
    for section in (
        "summary",
        "checks",
        "behaviours",
        "parameters",
        "fits",
        "scenarios",
        "limits",
        "manifest",
    ):
        assert f'<section id="{section}">' in html
    titles = set(re.findall(r"<figcaption><strong>(.*?)\.</strong>", html))
    for title in (
        "Measured time courses and the fit",
        "Observed against predicted",
        "Time courses of the arms",
        "Exposure against dose",
        "Response against dose",
        "What remains of the rise without each link",
    ):
        assert title in titles
    assert any(title.startswith("The chain from drug to tumour") for title in titles)
    assert "One search only" in html


def test_the_trial_leads_the_scenarios(quick):
    html = Path(quick[1].stdout.splitlines()[-1]).read_text(encoding="utf-8")
    titles = {name: Scenario.read(shipped("doses")[name]).title for name in QUICK}
    scenarios = html[html.index('<section id="scenarios">') :]
    places = {name: scenarios.index(title) for name, title in titles.items()}
    assert min(places, key=places.__getitem__) == FIRST


def test_every_step_stands_in_a_folder_of_its_own(quick):
    out = quick[0]
    names = {p.name for p in out.iterdir()}
    assert names == {*QUICK, "sorafenib_pk", "reproduce-quick", "report.html"}
    for manifest in out.glob("*/*/manifest.json"):
        assert json.loads(manifest.read_text(encoding="utf-8"))["status"] == "complete"
    assert not list(out.rglob(".*"))


def test_no_path_of_this_machine_is_told(quick):
    html = Path(quick[1].stdout.splitlines()[-1]).read_text(encoding="utf-8")
    assert str(models_dir()) not in html
    assert str(quick[0]) not in html


def test_a_restart_keeps_the_fit_that_stands_and_ends_at_the_same_report(quick, monkeypatch):
    def again(*_args, **_kwargs):
        raise AssertionError("the fit was run again")

    monkeypatch.setattr("il15_sim.jobs.fit.run_fit", again)
    monkeypatch.setattr("il15_sim.jobs.reproduce.QUICK", {FIRST: QUICK[FIRST]})
    told = []
    done = reproduce_all(quick[0], told.append, quick=True)
    path = report_all(done, quick[0], told.append, quick=True)
    assert path.is_file()
    assert any(words.startswith(f"{FIRST}: ") for words in told)


def test_the_quick_scenarios_are_packaged_and_cover_two_cycles():
    assert set(QUICK) <= set(shipped("doses"))
    assert all(days >= 56 for days in QUICK.values())


def test_unreadable_tables_stop_the_job_before_anything_is_written(tmp_path):
    models = tmp_path / "models"
    models.mkdir()
    with pytest.raises(InputError, match=r"parameters\.tsv: cannot be read"):
        reproduce_all(tmp_path / "out", models_dir=models)
    assert not (tmp_path / "out").exists()
