"""A fit file for own tables: the fit of `fit_table`, and every mistake with file and line."""

import numpy as np
import pandas as pd
import pytest

from il15_sim import InputError, Model, Regimen
from il15_sim.fit import Prior, fit_table, read_fit, run_fit

LEVEL = "sorafenib_total_mg_per_L"
TEXT = """title = "own levels"
model = "sorafenib_pk"
data = "a.csv"
likelihood = "log-normal"
values = { sorafenib_absorption_rate = 2.0 }
starts = 1
seed = 3

[arms.low]
regimen = "sorafenib 400 mg at 0 h"

[arms.high]
regimen = ["sorafenib 400 mg at 0 h", "sorafenib 400 mg at 12 h"]
values = { sorafenib_gut_limit = 50.0 }

[[estimate]]
id = "sorafenib_clearance"
start = 4.0
lower = 1.0
upper = 15.0

[[estimate]]
id = "sorafenib_volume"
prior_median = 100.0
prior_fold = 1.5
prior_source = "assumed"
"""
CSV = f"""time_h,observable,value,unit,group
2,{LEVEL},0.9,mg/L,low
8,{LEVEL},1.4,mg/L,low
24,{LEVEL},0.8,mg/L,low
2,{LEVEL},1.1,mg/L,high
26,{LEVEL},2.1,mg/L,high
48,{LEVEL},1000,ug/L,high
"""


def write(folder, text=TEXT, **tables):
    for name, content in {"a": CSV, **tables}.items():
        (folder / f"{name}.csv").write_text(content, encoding="utf-8")
    path = folder / "own.toml"
    path.write_text(text, encoding="utf-8")
    return path


def refused(path, told):
    with pytest.raises(InputError) as caught:
        read_fit(path)
    assert told in str(caught.value)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_what_another_fit_wrote_is_applied_before_its_values(tmp_path):
    told = 'model = "sorafenib_pk"\nvariants = ["sorafenib_pk_fit"]'
    problem = read_fit(write(tmp_path, TEXT.replace('model = "sorafenib_pk"', told)))
    shipped = Model.load("sorafenib_pk", variants=("sorafenib_pk_fit",)).values
    table = Model.load("sorafenib_pk", variants=()).values
    found = problem.subject.constants
    assert found["sorafenib_biliary_share"] == shipped["sorafenib_biliary_share"]
    assert found["sorafenib_biliary_share"] != table["sorafenib_biliary_share"]
    assert found["sorafenib_absorption_rate"] == 2.0


def test_an_unknown_variant_is_told_with_its_line(tmp_path):
    told = 'model = "sorafenib_pk"\nvariants = "sorafenib_pk_fits"'
    path = write(tmp_path, TEXT.replace('model = "sorafenib_pk"', told))
    refused(
        path, "own.toml:3: unknown variant 'sorafenib_pk_fits'; did you mean 'sorafenib_pk_fit'"
    )


def test_the_fit_of_a_file_is_that_of_the_call(tmp_path):
    problem = read_fit(write(tmp_path))
    assert (problem.name, problem.title, problem.starts, problem.seed) == (
        "own",
        "own levels",
        1,
        3,
    )
    one = Regimen.parse("sorafenib 400 mg at 0 h")
    other = fit_table(
        Model.load("sorafenib_pk", variants=()).with_values(
            {"sorafenib_absorption_rate": 2.0, "sorafenib_clearance": 4.0}
        ),
        tmp_path / "a.csv",
        ["sorafenib_clearance", "sorafenib_volume"],
        arms={
            "low": one,
            "high": [
                one + Regimen.parse("sorafenib 400 mg at 12 h"),
                {"sorafenib_gut_limit": 50.0},
            ],
        },
        bounds={"sorafenib_clearance": (1.0, 15.0)},
        priors={"sorafenib_volume": Prior.of_fold(100.0, 1.5, "assumed")},
        starts=1,
    )
    result = run_fit(problem)
    assert result.frame.equals(other.frame)
    assert result.log_likelihood == other.log_likelihood


def test_several_tables_are_fitted_together(tmp_path):
    head, *lines = CSV.splitlines()
    halves = ["\n".join([head, *part]) + "\n" for part in (lines[:2], lines[2:])]
    # In minutes, and in one unit of its own: each file has the columns that it has.
    minutes = halves[0].replace("time_h", "time_min").replace("\n2,", "\n120,")
    minutes = minutes.replace("\n8,", "\n480,")
    text = TEXT.replace('"a.csv"', '["b.csv", "c.csv"]')
    both = read_fit(write(tmp_path, text, b=minutes, c=halves[1]))
    whole = read_fit(write(tmp_path))
    assert both.rows.number.tolist() == whole.rows.number.tolist()
    assert [r.reads for r in both.rows.rows] == [r.reads for r in whole.rows.rows]
    assert both.rows.source == f"{tmp_path / 'b.csv'}, {tmp_path / 'c.csv'}"
    # A row of one file repeats that of another; one that is all censored stands beside levels.
    refused(write(tmp_path, text, b=CSV, c=halves[1]), "c.csv: line 2: a repetition of the row at ")
    limits = halves[1].replace("unit", "unit,likelihood,log_sd,lower")
    limits = limits.replace("mg/L,", "mg/L,censored-log-normal,0.2,5,")
    limits = limits.replace("ug/L,", "ug/L,censored-log-normal,0.2,5000,")
    found = read_fit(write(tmp_path, text, b=halves[0], c=limits)).rows
    assert sorted({r.kind for r in found.rows}) == ["censored-log-normal", "log-normal"]
    refused(
        write(tmp_path, TEXT, a=limits),
        "a.csv: all readings lie beyond a limit of quantification; they tell no level",
    )


def test_columns_take_other_names(tmp_path):
    csv = CSV.replace("time_h", "Zeit").replace("value", "Konz").replace("unit", "comment")
    columns = '\n[columns]\ntime_h = "Zeit"\nvalue = "Konz"\nobservable = "observable"\n'
    csv = csv.replace("1000,ug/L", "1.0,ug/L")
    text = TEXT + columns + 'group = "group"\n'
    problem = read_fit(write(tmp_path, text, a=csv))
    assert problem.rows.number.tolist() == [0.9, 1.4, 0.8, 1.1, 2.1, 1.0]
    refused(
        write(tmp_path, text.replace('"Zeit"', '"Zeiten"'), a=csv),
        "a.csv: unknown column 'Zeiten'; did you mean 'Zeit'?",
    )
    wrong = text.replace("time_h =", "time =")
    refused(write(tmp_path, wrong, a=csv), "[columns]: unknown column 'time'; did you mean 'time_")
    refused(write(tmp_path, text.replace('"Konz"', "3"), a=csv), "value is a number; it must be te")


def test_regimens_may_stand_in_the_table(tmp_path):
    text = TEXT[: TEXT.index("[arms.low]")] + 'estimate = ["sorafenib_clearance"]\n'
    csv = CSV.replace("group", "regimen").replace(",low", ",sorafenib 400 mg at 0 h")
    csv = csv.replace(",high", ",sorafenib 200 mg bid x 2 d")
    problem = read_fit(write(tmp_path, text, a=csv))
    assert {name: len(arm.regimen.doses()) for name, arm in problem.arms.items()} == {
        "sorafenib 400 mg at 0 h": 1, "sorafenib 200 mg bid x 2 d": 4,
    }  # fmt: skip
    # The same by the call, which takes no arms then.
    found = fit_table(
        Model.load("sorafenib_pk"), tmp_path / "a.csv", "sorafenib_clearance", starts=1
    )
    assert found.problem.arms == problem.arms
    csv = csv.replace("sorafenib 400 mg at", "sorafenib 400 mgs at")
    told = "a.csv: line 2: group 'sorafenib 400 mgs at 0 h' without an arm of its own; as a regimen"
    refused(write(tmp_path, text, a=csv), told)


DISH = """title = "a dish"
model = "cd4_signalling"
data = "a.csv"
dose_of = "il15_soluble"
likelihood = { pstat5_cd4 = "normal" }
scale = "observable"
estimate = ["pstat5_half_share"]
"""
DOSES = """time_min,observable,value,unit,dose
15,pstat5_cd4,110,MFI,300
60,pstat5_cd4,180,MFI,300.0
15,pstat5_cd4,940,MFI,3000
60,pstat5_cd4,980,MFI,3000
"""


def test_doses_may_stand_in_the_table(tmp_path):
    problem = read_fit(write(tmp_path, DISH, a=DOSES))
    assert {name: [c.amount for c in arm.changes] for name, arm in problem.arms.items()} == {
        "300": [300.0], "3000": [3000.0],
    }  # fmt: skip
    assert {r.factor for r in problem.rows.rows} == {"scale of pstat5_cd4 (normal)"}
    assert {r.kind for r in problem.rows.rows} == {"normal"}
    doses = {"300": {"il15_soluble": 300.0}, 3000: {"il15_soluble": 3000.0}}
    other = fit_table(
        # A fit file begins at the table's own values, before any fit.
        Model.load("cd4_signalling", variants=()), tmp_path / "a.csv", "pstat5_half_share",
        arms=doses, noise={"pstat5_cd4": "normal"}, scale="observable", starts=1,
    )  # fmt: skip
    assert run_fit(problem, starts=1).frame.equals(other.frame)
    against = DOSES.replace("dose", "dose,quantity,against").replace("\n60,", "\n60.0,")
    against = against.replace(",300\n", ",300,,\n").replace(",300.0\n", ",300.0,ratio,3000.0\n")
    against = against.replace(",3000\n", ",3000,,\n").replace("180,MFI", "0.2,1")
    rows = read_fit(write(tmp_path, DISH, a=against)).rows.rows
    assert [o.arm for o in rows[1].reads.outputs] == ["300", "3000"]
    # A ratio has no factor and its own unit.
    assert (rows[1].factor, rows[1].unit) == ("", "1")


#: What is put in the place of what, in the file or its table, and what is told of it.
FILE = [
    ('data = "a.csv"', 'data = "none.csv"', "own.toml:3: "),
    ('data = "a.csv"', 'data = "none.csv"', "none.csv: cannot be read"),
    ('data = "a.csv"', "data = []", "own.toml:3: data is empty"),
    ('data = "a.csv"', "data = 3", "own.toml:3: data is a number; it must be text or a list"),
    ('data = "a.csv"', 'data = "a.csv"\nstudies = ["huang2017"]', "3: data beside studies; a file"),
    ('data = "a.csv"', 'data = "a.csv"\nnoise = 3', "4: noise beside data; it is for studies"),
    ('data = "a.csv"', 'studies = ["huang2017"]', "likelihood beside studies; it is for data"),
    ('"log-normal"', '"lognormal"', "own.toml:4: unknown likelihood 'lognormal'; did you mean 'lo"),
    ('"log-normal"', "3", "own.toml:4: likelihood is a number; it must be text"),
    ('"log-normal"', f'{{ {LEVEL} = "norml" }}', "own.toml:4: unknown likelihood 'norml'; did you"),
    ('"log-normal"', '{ sorafenib_bile = "normal" }', "own.toml:4: noise: unknown observable 'sor"),
    ("starts = 1", 'scale = "plates"', "own.toml:6: unknown scale 'plates'; did you mean 'plate'"),
    ("starts = 1", "offset = true", "own.toml:6: offset without scale; readings with a backgroun"),
    ("starts = 1", 'offset = "yes"', "own.toml:6: offset is text; it must be true or false"),
    ("starts = 1", 'dose_of = "sorafenib_volume"', "own.toml:6: dose_of beside arms; both tell wh"),
    ("[arms.low]", "[arms.lo]", "own.toml:9: arms.lo: unknown group 'lo'; did you mean 'low'?"),
    ("[arms.high]", '[arms.none]\nregimen = "x"\n[arms.high]', "own.toml:12: arms.none: unknown g"),
    ("sorafenib 400 mg at 0 h", "sorafenib 400 at 0 h", "own.toml:10: arms.low: "),
    ("gut_limit = 50.0", "gut_limi = 1", "arm 'high': unknown parameter 'sorafenib_gut_limi'; di"),
    ("gut_limit = 50.0", "gut_limit = true", "values of sorafenib_gut_limit is not a number: T"),
    ("start = 4.0", "start = 40.0", "own.toml:18: estimate number 1: start 40 lies outside the bo"),
    ("start = 4.0", "start = nan", "own.toml:18: estimate number 1: 'start' is not a finite numbe"),
    ("lower = 1.0", "lower = 16.0", "estimate 'sorafenib_clearance': bounds 16 and 15 are reverse"),
    ("lower = 1.0", "lower = 15.0\n", "it is fixed; its bounds are both 15"),
    ("upper = 15.0", "upper = 3.0\nstart_ = 1", "unknown key 'start_'; did you mean 'start'?"),
    ("prior_median = 100.0", "", "estimate number 2: prior_fold without prior_median; give both"),
    ("prior_fold = 1.5", "prior_fold = 0.5", "estimate number 2: prior_fold 0.5; it exceeds 1"),
    ('"sorafenib_volume"', '"sorafenib_volum"', "unknown parameter 'sorafenib_volum'; did you"),
]  # fmt: skip


@pytest.mark.parametrize(("old", "new", "told"), FILE)
def test_a_mistake_of_the_file_is_told_with_its_line(tmp_path, old, new, told):
    assert old in TEXT
    refused(write(tmp_path, TEXT.replace(old, new, 1)), told)


ROWS = [
    (f"8,{LEVEL}", "8,", "a.csv: line 3: no observable"),
    (f"8,{LEVEL}", "8,sorafenib_totl_mg_per_L", "a.csv: line 3: unknown observable 'sorafenib_tot"),
    ("1.4,mg/L", "1.4,", "a.csv: line 3: no unit; give one in every row, or in none"),
    ("1.4,mg/L", "1.4,mg", "a.csv: line 3: a value in 'mg' has no equivalent in"),
    ("1.4,mg/L", "nan,mg/L", "a.csv: line 3: value is not a finite number: 'nan'"),
    ("1.4,mg/L", "-1.4,mg/L", f"a.csv: line 3: value -1.4 of '{LEVEL}'; on a log scale it is pos"),
    (f"8,{LEVEL},1.4", f"2.0,{LEVEL},0.90", "a.csv: line 3: a repetition of the row at "),
    ("unit,group", "unit,dose", "a.csv: line 2: dose is not a number: 'low'"),
]  # fmt: skip


@pytest.mark.parametrize(("old", "new", "told"), ROWS)
def test_a_mistake_of_the_table_is_told_with_its_line(tmp_path, old, new, told):
    refused(write(tmp_path, a=CSV.replace(old, new, 1)), told)


def test_doses_without_their_input_are_refused(tmp_path):
    text = DISH.replace('dose_of = "il15_soluble"\n', "")
    told = refused(
        write(tmp_path, text, a=DOSES), "a.csv: line 2: group '300' without an arm of its own"
    )
    assert "or dose_of (--dose-of) with the input it is of" in told
    text = DISH.replace("il15_soluble", "il15_solubl")
    refused(
        write(tmp_path, text, a=DOSES), "4: unknown parameter 'il15_solubl'; did you mean 'il15"
    )
    named = DOSES.replace("dose", "group").replace(",300\n", ",low\n")
    refused(write(tmp_path, DISH, a=named), "own.toml:4: ")
    refused(write(tmp_path, DISH, a=named), "a.csv: line 2: dose is not a number: 'low'")
    none = "\n".join(line.rpartition(",")[0] for line in DOSES.splitlines()) + "\n"
    refused(write(tmp_path, DISH, a=none), "own.toml:4: the table has no column 'dose'; it has the")


def test_more_parameters_than_readings_and_failing_starts_are_told(tmp_path):
    few = "\n".join(CSV.splitlines()[:2]) + "\n"
    start, end = TEXT.index("[arms.high]"), TEXT.index("[[estimate]]")
    problem = read_fit(write(tmp_path, TEXT[:start] + TEXT[end:], a=few))
    with pytest.raises(InputError, match=r"a\.csv: 1 readings for 2 parameters; estimate fewer"):
        run_fit(problem)
    early = CSV.replace("\n2,", "\n0,", 1)
    with pytest.raises(InputError) as caught:
        run_fit(read_fit(write(tmp_path, a=early)), starts=2)
    told = (
        f"a.csv: all 2 searches failed; the first: the prediction of {tmp_path / 'a.csv'}: line 2"
    )
    assert told in str(caught.value)


SPREADS = [
    ({"likelihood": "normal", "sd": 0.0}, "data: row 0: likelihood 'normal': sd 0; it is positive"),
    ({"likelihood": "log-normal", "log_sd": -1.0}, "likelihood 'log-normal': log_sd -1; it is pos"),
    ({"sd": 0.1}, "data: row 0: a value in column 'sd'; 'log-normal' uses log_sd or error; leave"),
    ({"likelihood": "poisson", "error": 1.0}, "a value in column 'error'; 'poisson' uses none; le"),
    ({"error": 0.2, "log_sd": 0.1}, "data: row 0: both error and log_sd; give one of them"),
    ({"likelihood": "mean-sd", "n": 4}, "data: row 0: no sd; 'mean-sd' needs it: SD between pat"),
    ({"likelihood": "normal", "n": 0, "sd": 1.0}, "data: row 0: n 0 is not a whole number from 1"),
    ({"likelihood": "binomial", "n": 0}, "data: row 0: n 0 is not a whole number from 1"),
    ({"weight": 0.0, "error": 1.0}, "data: row 0: weight 0 is not positive"),
    ({"likelihood": "binomial", "n": 2, "value": 3}, "measured 3; k does not exceed n"),
    ({"likelihood": "censored-normal", "sd": 1.0, "lower": 5, "upper": 4}, "lower 5; it lies belo"),
    ({"likelihood": "direction", "scale": 1.0, "value": "up"}, "data: row 0: unknown direction 'u"),
    ({"likelihood": "direction", "value": "rise"}, "data: row 0: no scale; 'direction' needs it"),
    ({"likelihood": "direction", "scale": 1.0, "value": "no change"}, "'no change' means a differ"),
    ({"error": np.inf}, "data: row 0: error is not a finite number: inf"),
    ({"regimen": "A", "dose": 3.0}, "data: columns 'regimen' and 'dose'; each tells what a row w"),
]  # fmt: skip


@pytest.mark.parametrize(("columns", "told"), SPREADS)
def test_what_a_likelihood_has_to_be_told(columns, told):
    data = pd.DataFrame({"time_h": [2.0, 9.0], "observable": LEVEL, "value": 2.0})
    with pytest.raises(InputError) as caught:
        fit_table(Model.load("sorafenib_pk"), data.assign(**columns), "sorafenib_clearance")
    assert told in str(caught.value)


CHANGES = [
    ("sorafenib_gut + 5 nM at 2 h", "change of 'sorafenib_gut': a value in 'nM' has no equivalent"),
    ("sorafenib_gutt + 5 mg at 2 h", "'sorafenib_gutt'; did you mean 'sorafenib_gut'?"),
]


@pytest.mark.parametrize(("change", "told"), CHANGES)
def test_a_wrong_change_is_told_with_its_line(tmp_path, change, told):
    text = TEXT.replace("[arms.high]", f'changes = ["{change}"]\n\n[arms.high]')
    line = text.splitlines().index(f'changes = ["{change}"]') + 1
    assert f"own.toml:{line}" in refused(write(tmp_path, text), told)
