"""A fit file: the shipped one reads, and every mistake is told with the file and the key."""

import math
import shutil

import pytest

from il15_sim.errors import InputError
from il15_sim.files.resources import experiments_dir, models_dir
from il15_sim.fit import read_fit, run_fit

SHIPPED = experiments_dir() / "fits" / "sorafenib_pk.toml"
TEXT = """
title = "a small fit"
model = "sorafenib_pk"
studies = ["flaherty2011", "huang2017"]
starts = 2
seed = 1

[noise]
model_sd_log = 0.2
area_sd_log = 0.1
between_cv = 0.6
within_cv = 0.5

[cohorts]
omega_start = 0.35
factor_parameter = "sorafenib_exposure_factor"
reference_experiment = "flaherty2011_400mg"

[[estimate]]
id = "sorafenib_clearance"
prior_median = 4.0
prior_fold = 2.0

[[time_shift]]
experiment = "huang2017_400mg_single"
lower = 0.0
start = 1.0
upper = 3.0
"""


def read(tmp_path, text=TEXT):
    path = tmp_path / "small.toml"
    path.write_text(text, encoding="utf-8")
    return read_fit(path)


def test_the_shipped_fit_reads():
    problem = read_fit(SHIPPED)
    assert problem.name == "sorafenib_pk"
    assert problem.reference_arm == "flaherty2011_400mg"
    assert problem.factor_parameter not in [u.id for u in problem.unknowns]
    # Whatever Jain 2011 is used for is used two-fold wide.
    jain = [u.prior for u in problem.unknowns if u.prior and u.prior.source.startswith("Jain")]
    assert len(jain) == 4
    assert all(prior.second == pytest.approx(math.log(2.0)) for prior in jain)


def test_the_hash_follows_the_inputs_and_not_their_place(tmp_path):
    (tmp_path / "elsewhere").mkdir()
    here, there = read(tmp_path), read(tmp_path / "elsewhere")
    assert here.hash == there.hash
    other = read(tmp_path, TEXT.replace("prior_fold = 2.0", "prior_fold = 3.0"))
    assert other.hash != here.hash
    assert read(tmp_path, TEXT.replace("seed = 1", "seed = 2")).hash != here.hash


def test_shares_of_an_unknown_are_inverse(tmp_path):
    for u in read(tmp_path).unknowns:
        assert float(u.value_at(u.share_of(u.start))) == pytest.approx(u.start)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('title = "a small fit"', "", "title is missing; add e.g. title"),
        ("starts = 2", "start = 2", "unknown key 'start'; did you mean 'starts'"),
        ("starts = 2", "starts = 0", "'starts' is 0; it must be at least 1"),
        ("starts = 2", "starts = true", "5: 'starts' is no whole number"),
        ("seed = 1", "seed = -1", "'seed' is -1"),
        ('model = "sorafenib_pk"', 'model = "sorafenib"', "unknown model 'sorafenib'"),
        ('["flaherty2011",', '["flaherty2012",', "did you mean 'flaherty2011'"),
        ('["flaherty2011", "huang2017"]', "[]", "4: studies is empty"),
        ('"huang2017"]', '"flaherty2011"]', "4: studies has 'flaherty2011' twice"),
        ("between_cv = 0.6", "between_cv = -0.6", "[noise]: 'between_cv' is -0.6"),
        ("between_cv = 0.6", "", "[noise]: between_cv is missing"),
        ("omega_start = 0.35", "omega_start = nan", "'omega_start' is not a finite number"),
        ("sorafenib_clearance", "sorafenib_clearence", "did you mean 'sorafenib_clearance'"),
        ("prior_fold = 2.0", "prior_fold = 1.0", "prior_fold 1; it exceeds 1"),
        ("prior_fold = 2.0", "prior_width = 2.0", "unknown key 'prior_width'"),
        ("prior_median = 4.0", "prior_median = 0", "'prior_median' is 0; it must be positive"),
        (
            'id = "sorafenib_clearance"',
            'id = "sorafenib_exposure_factor"',
            "it is solved for every cohort and cannot be estimated as well",
        ),
        (
            'id = "sorafenib_clearance"',
            'id = "nM_per_mM_factor"',
            "it is fixed; its bounds are both 1e+06",
        ),
        (
            "prior_fold = 2.0",
            '[[estimate]]\nid = "sorafenib_clearance"',
            "two parameters are called 'sorafenib_clearance'",
        ),
        (TEXT[TEXT.index("[[est") : TEXT.index("[[time")], "", "estimate is missing"),
        ("upper = 3.0", "upper = 0.5", "are not in order"),
        ("huang2017_400mg_single", "huang_400mg_single", "did you mean 'huang2017_400mg_single'"),
        ('"flaherty2011_400mg"', '"flaherty_400mg"', "did you mean 'flaherty2011_400mg'"),
        ('"sorafenib_exposure_factor"', '"exposure_factor"', "unknown parameter"),
        ("[noise]", "[noise", "no valid TOML at column 7"),
        (
            "between_cv = 0.6",
            "between_cv = 0.6\nwithin = 1",
            "[noise]: unknown key 'within'; did you",
        ),
        ("omega_start = 0.35", "omega_start = 0.35\nomega = 1", "[cohorts]: unknown key 'omega'"),
        ("upper = 3.0", "upper = 3.0\nuper = 4.0", "unknown key 'uper'; did you mean 'upper'"),
    ],
)
def test_a_mistake_is_told_with_the_file(tmp_path, old, new, message):
    assert old in TEXT
    with pytest.raises(InputError) as error:
        read(tmp_path, TEXT.replace(old, new))
    assert message in str(error.value)
    assert "small.toml" in str(error.value) or "unknown model" in message


def test_a_missing_file_is_told(tmp_path):
    with pytest.raises(InputError, match=r"none\.toml: cannot be read"):
        read_fit(tmp_path / "none.toml")


@pytest.mark.parametrize("wrong", [{"starts": 0}])
def test_no_search_is_refused(tmp_path, wrong):
    with pytest.raises(InputError, match="at least one is needed"):
        run_fit(read(tmp_path), **wrong)


def test_a_comment_changes_no_hash_but_an_equation_does(tmp_path):
    models = tmp_path / "models"
    shutil.copytree(models_dir(), models)
    before = read_fit(SHIPPED, models_dir=models).hash
    module = models / "modules" / "sorafenib_pk.ant"
    text = module.read_text(encoding="utf-8")
    module.write_text("// A remark.\n" + text, encoding="utf-8")
    assert read_fit(SHIPPED, models_dir=models).hash == before
    changed = text.replace("- sorafenib_gut_loss;", "- 2 * sorafenib_gut_loss;")
    module.write_text(changed, encoding="utf-8")
    assert read_fit(SHIPPED, models_dir=models).hash != before
