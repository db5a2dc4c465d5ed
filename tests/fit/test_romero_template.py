"""The template for the figures of Romero 2014: it fits its words, and every form of it reads."""

import math
import re
import shutil

import numpy as np
import pytest

from il15_sim import InputError
from il15_sim.files.resources import experiments_dir
from il15_sim.fit import read_fit, run_fit
from il15_sim.fit.search import own_start

FIT = experiments_dir() / "fits" / "romero2014_template.toml"
TABLE = experiments_dir() / "data" / "romero2014_template" / "readings.csv"
#: What stands for the words in capitals: made up, to try the forms only.
MADE_UP = {
    "VALUE": "3", "SD": "2", "N": "40", "LOG_SD": "0.2", "CV": "60", "LOWEST": "0.5",
    "HIGHEST": "11", "K": "25", "MARGIN": "0.7", "LOWER": "2", "UPPER": "5", "FOLLOW_UP": "900",
}  # fmt: skip


def copied(tmp_path, mark):
    """The fit beside a table whose forms with a mark are filled in."""
    text = TABLE.read_text(encoding="utf-8")
    forms = re.findall(rf"^{mark} (.*)$", text, re.MULTILINE)
    filled = [re.sub(r"(?<=,)[A-Z_]+(?=,|$)", lambda m: MADE_UP[m[0]], form) for form in forms]
    folder = tmp_path / "data" / TABLE.parent.name
    folder.mkdir(parents=True)
    (folder / TABLE.name).write_text(text + "\n".join(filled) + "\n", encoding="utf-8")
    (tmp_path / "fits").mkdir()
    shutil.copy(FIT, tmp_path / "fits")
    return tmp_path / "fits" / FIT.name, len(forms)


def test_it_holds_words_and_no_number():
    rows = read_fit(FIT).rows.rows
    assert [row.measured for row in rows] == ["rise", "rise", "A above B"]
    assert {row.kind for row in rows} == {"direction"}


def test_its_schedule_is_that_of_the_record():
    arms = read_fit(FIT).arms
    sorafenib, temozolomide = (
        [d for d in arms["sorafenib_tmz"].regimen.doses() if d.drug == drug]
        for drug in ("sorafenib", "temozolomide")
    )
    # Day 8 counts from one; after two cycles 28 days of temozolomide and 49 of sorafenib.
    assert [d.time_h for d in sorafenib] == list(range(7 * 24, 56 * 24, 12))
    days = [day for day in range(56) if day % 14 < 7]
    assert [d.time_h / 24 for d in temozolomide] == days
    assert len(days) == 28
    assert [d.time_h / 24 for d in arms["tmz"].regimen.doses()] == days


def test_its_words_are_met():
    result = run_fit(read_fit(FIT), starts=1)
    assert result.best.ok
    rows = result.residuals
    # The probability of each word, and that of all of them.
    chance = np.exp(-0.5 * rows["residual"].to_numpy() ** 2)
    assert (chance > 0.95).all()
    assert result.log_likelihood == pytest.approx(np.log(chance).sum(), abs=1e-9)
    scale = [500.0, 0.6, 0.6]
    for predicted, sd, probability in zip(rows["predicted"], scale, chance, strict=True):
        assert probability == pytest.approx(0.5 * math.erfc(-predicted / sd / math.sqrt(2)))
    # Signs say next to nothing of a size: the estimates stay with their priors.
    assert all(2.5 < value < 3.6 for value in result.values.values())
    assert not (result.frame["verdict"] == "identified").any()


def test_every_form_reads_and_can_be_compared(tmp_path):
    file, forms = copied(tmp_path, "#:")
    problem = read_fit(file)
    assert forms >= 10
    assert len(problem.rows) == 3 + forms
    objective = problem.objective()
    fitted = objective.at(own_start(objective))
    assert np.isfinite(fitted.vector).all()
    by_kind = dict(zip([r.kind for r in problem.rows.rows], fitted.typical, strict=True))
    assert 0 < by_kind["binomial"] < 1
    assert by_kind["geometric-mean"] > 0


def test_outcomes_wait_for_an_observable(tmp_path):
    file, forms = copied(tmp_path, "#!")
    assert forms == 2
    with pytest.raises(InputError, match="unknown observable 'overall_survival_d'"):
        read_fit(file)
