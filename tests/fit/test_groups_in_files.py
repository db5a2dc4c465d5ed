"""Groups of arms in fit files and studies, what is written of them, and every mistake."""

import shutil

import numpy as np
import pytest

from il15_sim import InputError, Model, Regimen, simulate
from il15_sim.files.resources import experiments_dir, models_dir
from il15_sim.fit import Estimate, Prior, fit_table, read_fit, run_fit, write_variants

TEXT = """title = "women and men"
model = "sorafenib_pk"
data = ["women.csv", "men.csv"]
likelihood = "log-normal"
starts = 1

[groups.women]
values = { sorafenib_exposure_factor = 1.3 }

[groups.men]
values = { sorafenib_exposure_factor = 0.9 }

[[estimate]]
id = "clearance_women"
parameter = "sorafenib_clearance"
groups = ["women"]
lower = 1.0
upper = 20.0
start = 5.0

[[estimate]]
id = "clearance_men"
parameter = "sorafenib_clearance"
groups = ["men"]
lower = 1.0
upper = 20.0

[[estimate]]
id = "sorafenib_volume"
prior_median = 100
prior_fold = 100
"""
TRUTH, FACTOR = {"women": 3.0, "men": 7.0}, {"women": 1.3, "men": 0.9}
REGIMENS, HOURS = ("sorafenib 400 mg at 0 h", "sorafenib 200 mg bid x 3 d"), [2.0, 8.0, 30.0, 70.0]
LEVEL, VOLUME = "sorafenib_total_mg_per_L", 90.0


def readings(group):
    """Made data without errors: what the group's model says."""
    values = {"sorafenib_clearance": TRUTH[group], "sorafenib_exposure_factor": FACTOR[group]}
    model = Model.load("sorafenib_pk", variants=())
    model = model.with_values({**values, "sorafenib_volume": VOLUME})
    lines = ["time_h,observable,value,error,group,regimen"]
    for regimen in REGIMENS:
        runs = simulate(
            model, Regimen.parse(regimen), times_h=HOURS, sample="pre", observables=[LEVEL]
        )
        levels = np.ravel(runs.data[LEVEL]).tolist()
        lines += [
            f"{h:g},{LEVEL},{v!r},{0.05 * v!r},{group},{regimen}"
            for h, v in zip(HOURS, levels, strict=True)
        ]
    return "\n".join(lines) + "\n"


@pytest.fixture(scope="module")
def tables():
    return {group: readings(group) for group in TRUTH}


def write(folder, tables, text=TEXT):
    for group, content in tables.items():
        (folder / f"{group}.csv").write_text(content, encoding="utf-8")
    path = folder / "people.toml"
    path.write_text(text, encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def result(tables, tmp_path_factory):
    return run_fit(read_fit(write(tmp_path_factory.mktemp("fit"), tables)))


def test_the_values_of_each_group_are_found_again(result):
    own = Model.load("sorafenib_pk", variants=()).values["sorafenib_clearance"]
    assert [(u.id, u.start, u.unit, u.parameter) for u in result.problem.unknowns if u.groups] == [
        ("clearance_women", 5.0, "L/h", "sorafenib_clearance"),
        ("clearance_men", own, "L/h", "sorafenib_clearance"),
    ]
    expected = {f"clearance_{g}": rate for g, rate in TRUTH.items()} | {"sorafenib_volume": VOLUME}
    assert result.values == pytest.approx(expected, rel=1e-3)
    assert list(result.problem.arms) == [f"{g}, {r}" for g in TRUTH for r in REGIMENS]
    assert {a.group for a in result.problem.arms.values()} == {*TRUTH}


def test_the_fit_of_a_file_is_that_of_the_call(result, tables, tmp_path):
    both = tables["women"] + tables["men"].split("\n", 1)[1]
    (tmp_path / "both.csv").write_text(both, encoding="utf-8")
    asked = [Estimate(f"clearance_{g}", "sorafenib_clearance", (g,)) for g in TRUTH]
    other = fit_table(
        Model.load("sorafenib_pk", variants=()),
        tmp_path / "both.csv",
        [*asked, "sorafenib_volume"],
        groups={g: {"sorafenib_exposure_factor": f} for g, f in FACTOR.items()},
        bounds={e.id: (1.0, 20.0) for e in asked},
        priors={"sorafenib_volume": Prior.of_fold(100.0, 100.0)} | {e.id: None for e in asked},
        starts=1,
    )
    assert other.problem.arms == result.problem.arms
    assert other.values == pytest.approx(result.values, rel=1e-3)


def test_the_hash_follows_the_groups(result, tables, tmp_path):
    swapped = TEXT.replace('["women"]', '["x"]').replace('["men"]', '["women"]')
    swapped = swapped.replace('["x"]', '["men"]')
    assert read_fit(write(tmp_path, tables, swapped)).hash != result.problem.hash


def test_every_group_has_a_variant(result, tmp_path):
    shutil.copytree(models_dir(), tmp_path / "models")
    place = tmp_path / "models" / "variants"
    assert write_variants(result, place) == place / "people_fit.tsv"

    def loaded(*names):
        return Model.load("sorafenib_pk", variants=names, models_dir=tmp_path / "models").values

    shared, plain = loaded("people_fit"), loaded()
    assert shared["sorafenib_volume"] == pytest.approx(VOLUME, rel=1e-3)
    assert shared["sorafenib_clearance"] == plain["sorafenib_clearance"]
    assert dict(result.model.values) == pytest.approx(dict(shared), rel=1e-4)
    for group, rate in TRUTH.items():
        own = loaded("people_fit", f"people_{group}")
        assert own["sorafenib_exposure_factor"] == FACTOR[group]
        # The prior of the table pulls by a thousandth.
        assert own["sorafenib_clearance"] == pytest.approx(rate, rel=2e-3)
        assert dict(result.model_of(group).values) == pytest.approx(dict(own), rel=1e-4)
        text = (place / f"people_{group}.tsv").read_text(encoding="utf-8")
        assert f"# group: {group}\n" in text
        assert f"sorafenib_exposure_factor\t{FACTOR[group]}\tfit people\tgiven" in text
        assert "95 % interval" in text
    with pytest.raises(InputError, match="unknown group 'womn'; did you mean 'women'"):
        result.model_of("womn")


WRONG = [
    ('groups = ["women"]', 'groups = ["womn"]', "unknown group 'womn'; did you mean 'women'?"),
    ('groups = ["women"]', "groups = 3", "groups is a number; it must be text or a list"),
    (
        'parameter = "sorafenib_clearance"\n',
        'parameter = "sorafenib_clearanc"\n',
        ":15: estimate number 1: unknown parameter 'sorafenib_clearanc'; did y",
    ),
    (
        "[groups.women]",
        "[groups.womn]",
        ":7: groups.womn: unknown group 'womn'; did you mean 'women'?",
    ),
    ("values = { sorafenib_exposure_factor = 1.3 }", "", "values is missing; add e.g. values = {"),
    (
        "values = { sorafenib_exposure_factor = 1.3",
        "value = { x = 1",
        ":8: groups.women: unknown key 'value'",
    ),
    (
        "{ sorafenib_exposure_factor = 1.3 }",
        "{ sorafenib_volum = 1 }",
        "parameter 'sorafenib_volum",
    ),
    (
        "start = 5.0",
        "start = 50.0",
        ":19: estimate number 1: start 50 lies outside the bounds 1 to 20",
    ),
    (
        'groups = ["women"]',
        'groups = ["women", "men"]',
        "estimate 'clearance_men': 'clearance_women' sets 'sorafenib_clearance' in group 'men'",
    ),
]


@pytest.mark.parametrize(("old", "new", "told"), WRONG)
def test_wrong_groups_are_told_with_their_place(tables, tmp_path, old, new, told):
    assert old in TEXT
    with pytest.raises(InputError) as caught:
        read_fit(write(tmp_path, tables, TEXT.replace(old, new, 1)))
    assert told in str(caught.value)
    assert str(caught.value).startswith(str(tmp_path / "people.toml"))
    assert "\n" not in str(caught.value)


STUDIES = """title = "two peoples"
model = "sorafenib_pk"
studies = ["awada2005", "fukudo2014", "strumberg2005"]
starts = 1

[noise]
model_sd_log = 0.2
area_sd_log = 0.1
between_cv = 0.6
within_cv = 0.5

[cohorts]
omega_start = 0.35
factor_parameter = "sorafenib_exposure_factor"
reference_experiment = "awada2005_400mg"

[[estimate]]
id = "clearance_elsewhere"
parameter = "sorafenib_clearance"
groups = ["elsewhere"]
"""


@pytest.fixture
def studies(tmp_path):
    """The published studies, two arms of which are of one group."""
    folder = tmp_path / "data"
    shutil.copytree(experiments_dir() / "data", folder)
    for name in ("fukudo2014", "strumberg2005"):
        file = folder / name / "study.toml"
        text = file.read_text(encoding="utf-8")
        told = f"[experiments.{name}_400mg]\n"
        file.write_text(text.replace(told, f'{told}group = "elsewhere"\n'), encoding="utf-8")
    return folder


def read_studies(tmp_path, studies, text=STUDIES):
    (tmp_path / "peoples.toml").write_text(text, encoding="utf-8")
    return read_fit(tmp_path / "peoples.toml", data_dir=studies)


def test_an_arm_of_a_study_may_be_of_a_group(tmp_path, studies):
    problem = read_studies(tmp_path, studies)
    own = {name for name, arm in problem.arms.items() if arm.group}
    assert own == {"fukudo2014_400mg", "strumberg2005_400mg"}
    predictor = problem.objective().predictor
    slopes = predictor.slopes(np.array([5.0]))[1][:, 0]
    levels = np.array([r.reads.quantity != "half_life" for r in predictor.rows.rows])
    moved = np.array([r.arm in own for r in predictor.rows.rows])
    assert (slopes[levels & moved] < 0).all()
    assert (slopes[~moved] == 0).all()
    # An arm that is in no group is one of its own name; the same groups otherwise change nothing.
    by_name = STUDIES.replace('["elsewhere"]', '["awada2005_400mg", "elsewhere"]')
    predictor = read_studies(tmp_path, studies, by_name).objective().predictor
    moved |= np.array([r.arm == "awada2005_400mg" for r in predictor.rows.rows])
    assert ((predictor.slopes(np.array([5.0]))[1][:, 0] != 0) == moved)[levels].all()
    plain = STUDIES.replace('groups = ["elsewhere"]\n', "")
    both = read_studies(tmp_path, studies, plain), read_studies(tmp_path, None, plain)
    assert both[0].hash != both[1].hash


def test_values_hold_in_a_group_of_studies(tmp_path, studies):
    text = STUDIES.replace("[[est", "[groups.elsewhere]\nvalues = { sorafenib_volume = 80 }\n[[est")
    problem = read_studies(tmp_path, studies, text)
    assert {n: dict(a.values) for n, a in problem.arms.items() if a.values} == {
        f"{name}_400mg": {"sorafenib_volume": 80.0} for name in ("fukudo2014", "strumberg2005")
    }


def test_a_group_without_a_fitted_row_is_refused(tmp_path, studies):
    file = studies / "fukudo2014" / "study.toml"
    text = file.read_text(encoding="utf-8")
    file.write_text(f'{text}\n[experiments.more]\nregimen = "sorafenib 400 mg at 0 h"\n')
    with pytest.raises(InputError) as caught:
        read_studies(tmp_path, studies, STUDIES.replace('["elsewhere"]', '["elsewhere", "more"]'))
    told = "'clearance_elsewhere' is for group 'more', which has no fitted row; leave the group out"
    assert told in str(caught.value)
