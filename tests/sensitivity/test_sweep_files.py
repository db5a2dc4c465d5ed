"""Sweep files: what they mean, and every fault told by its line."""

import math

import pytest

from il15_sim import InputError, Model, Regimen, endpoints
from il15_sim.files.resources import shipped
from il15_sim.sensitivity import factors
from il15_sim.sensitivity.map_file import read_any
from il15_sim.sensitivity.sweep import Quantify, Screen, Sweep
from il15_sim.sensitivity.sweep_file import read_sweep

TOP = """title = "T"
model = "sorafenib_pk"
regimen = "sorafenib 400 mg bid x 3 d"
horizon_days = 3
"""
PART = """[quantify]
n = 8
"""
END = """[[endpoints]]
name = "top"
kind = "cmax"
observable = "sorafenib_total_mg_per_L"
"""
PK = Model.load("sorafenib_pk")


@pytest.fixture
def read(tmp_path):
    def one(text):
        file = tmp_path / "Mine.toml"
        file.write_text(text, encoding="utf-8")
        return read_sweep(file)

    return one


def test_the_least_that_a_sweep_says(read):
    sweep = read(TOP + PART + END)
    assert (sweep.name, sweep.title, sweep.model) == ("mine", "T", "sorafenib_pk")
    assert sweep.regimen == Regimen.parse("sorafenib 400 mg bid x 3 d")
    assert (sweep.against, sweep.screen, sweep.quantify) == (None, None, Quantify(8, False))
    assert (sweep.failures, sweep.seed) == ("refuse", 0)
    (asked,) = sweep.endpoints
    assert asked.endpoint == endpoints.cmax("sorafenib_total_mg_per_L").named("top")
    assert sweep.factors(PK) == factors(PK)
    sweep.check(PK)


def test_factors_are_those_that_are_named(read):
    chosen = """[factors]
ids = ["sorafenib_volume", "sorafenib_clearance", "sorafenib_infusion_rate"]
ranges = { sorafenib_volume = [50, 100] }
distributions = { sorafenib_volume = ["normal", 75, 10], sorafenib_clearance = "uniform" }
groups = { both = ["sorafenib_volume", "sorafenib_clearance"] }
"""
    assert read(TOP + chosen + PART + END).factors(PK) == factors(
        PK,
        ["sorafenib_volume", "sorafenib_clearance", "sorafenib_infusion_rate"],
        bounds={"sorafenib_volume": (50, 100)},
        distributions={"sorafenib_volume": ("normal", 75, 10), "sorafenib_clearance": "uniform"},
        groups={"both": ["sorafenib_volume", "sorafenib_clearance"]},
    )


def test_factors_are_of_a_kind_but_for_some(read):
    chosen = '[factors]\nkinds = "fitted"\nwithout = "sorafenib_volume"\n'
    found = read(TOP + chosen + PART + END).factors(PK)
    whole = factors(PK, kinds="fitted")
    assert found == tuple(f for f in whole if f.name != "sorafenib_volume")
    assert len(found) == len(whole) - 1


def test_every_endpoint_can_be_asked_for(read):
    named = {
        "auc_0_12": "day = 1",
        "cmin": "days = [1, 2]",
        "value_at": "hour = 5",
        "time_above": "level = 2.5",
        "time_to_baseline": "after_day = 1\nwithin = 0.1",
        "half_life": 'drug = "sorafenib"\nhours = [1, 9]',
        "accumulation": "every_h = 12\nday = 2",
        "max_fold": "",
    }
    total = "sorafenib_total_mg_per_L"
    rows = "".join(
        f'[[endpoints]]\nkind = "{kind}"\nobservable = "{total}"\n{more}\n'
        for kind, more in named.items()
    )
    found = [asked.endpoint for asked in read(TOP + PART + rows).endpoints]
    assert found == [
        endpoints.auc_0_12(total, day=1),
        endpoints.cmin(total, days=(1, 2)),
        endpoints.value_at(total, hour=5),
        endpoints.time_above(total, 2.5),
        endpoints.time_to_baseline(total, after_day=1, within=0.1),
        endpoints.half_life(total, drug="sorafenib", hours=(1, 9)),
        endpoints.accumulation(total, every_h=12, day=2),
        endpoints.max_fold(total),
    ]


def test_outputs_are_called_by_what_is_analysed(read):
    more = 'kind = "fold"\nobservable = "sorafenib_total_mg_per_L"\nday = 1\n'
    text = TOP + 'against = "none"\n' + PART + END + 'compare = "difference"\n'
    text += f'[[endpoints]]\nname = "a"\n{more}'
    text += f'[[endpoints]]\nname = "b"\nscale = "log"\n{more}'
    sweep = read(text)
    assert sweep.against == Regimen.none()
    assert [asked.output for asked in sweep.endpoints] == ["top_difference", "a", "b_log"]
    assert [asked.no_change for asked in sweep.endpoints] == [0.0, 1.0, math.log(1.0)]
    assert [asked.words for asked in sweep.endpoints] == [
        "top, difference from no treatment",
        "a",
        "b, logarithm",
    ]
    assert read(TOP + PART + END).endpoints[0].no_change is None
    other = read(text.replace('"none"', '"sorafenib 1 mg bid x 3 d"'))
    assert other.endpoints[0].words == "top, difference from the other regimen"


COURSE = """[[courses]]
observable = "sorafenib_total_mg_per_L"
days = [1, 2.5]
"""


def test_courses_are_told_beside_endpoints(read):
    assert read(TOP + PART + END).courses == ()
    (course,) = read(TOP + PART + END + COURSE).courses
    assert (course.days, course.output) == ((1.0, 2.5), "sorafenib_total_mg_per_L")
    assert course.words == "sorafenib total mg per L"
    more = COURSE + 'title = "Level"\n'
    (course,) = read(TOP + PART + END + more + 'scale = "log"\n').courses
    assert (course.output, course.words) == ("sorafenib_total_mg_per_L_log", "Level, logarithm")
    top = TOP + 'against = "none"\n' + PART + END
    (course,) = read(top + more + 'compare = "difference"\n').courses
    assert course.output == "sorafenib_total_mg_per_L_difference"
    assert course.words == "Level, difference from no treatment"


def test_another_size_goes_to_the_last_stage(read):
    both = read(TOP + "[screen]\ntrajectories = 4\nkeep = 0.1\n" + PART + END)
    assert both.screen == Screen(4, 0.1)
    assert both.with_size(64).quantify == Quantify(64)
    assert both.with_size(64).screen == both.screen
    alone = read(TOP + "[screen]\n" + END)
    assert alone.with_size(9).screen == Screen(9, 12)
    with pytest.raises(InputError, match=r"n 100; .* powers of two; give 64 or 128"):
        both.with_size(100)
    with pytest.raises(InputError, match="trajectories 1; it is a whole number from 2 on"):
        alone.with_size(1)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (TOP.replace("regimen", "regime") + PART + END, r":3: unknown key 'regime'; .*'regimen'"),
        (TOP + END, r"Mine\.toml: neither \[screen\] nor \[quantify\]; add one of them"),
        (TOP + PART, r"endpoints is missing"),
        (
            TOP + 'name = "A B"\n' + PART + END,
            r":5: sweep name 'A B'; results are filed under it: .* such as name = \"my_sweep\"",
        ),
        (TOP + "seed = -1\n" + PART + END, r":5: seed -1; it is a whole number from 0 on"),
        (TOP + 'failures = "dropp"\n' + PART + END, r":5: unknown choice .* mean 'drop'"),
        (TOP + "horizon_days = 3\n" + PART + END, r":5: no valid TOML"),
        (
            TOP.replace("= 3", "= 1.5") + PART + END.replace("cmax", "value_at") + "day = 2\n",
            r":\d+: endpoints number \d: endpoint '\w+' reads day 2; the runs end on day 1\.5; "
            r"horizon_days = 2, or an earlier day",
        ),
        (TOP.replace("= 3", "= 0") + PART + END, r":4: horizon_days is 0 d"),
        (TOP.replace("400 mg", "400 qg") + PART + END, r":3: .*unknown unit 'qg'"),
        (TOP + "quantify = 3\n" + END, r":5: quantify is a number; it must be a table, .*\[quant"),
        (
            TOP + PART.replace("8", "1000") + END,
            r":6: \[quantify\]: n 1000; the points of Sobol .*; give 512 or 1024",
        ),
        (TOP + PART.replace("8", "1") + END, r":6: \[quantify\]: n 1; it is a whole number from"),
        (TOP + PART.replace("n =", "m =") + END, r":6: \[quantify\]: unknown key 'm'"),
        (TOP + PART + "second_order = 1\n" + END, r":7: \[quantify\]: second_order is a number"),
        (
            TOP + PART + 'method = "morris"\n' + END,
            r":7: \[quantify\]: unknown method 'morris'; choose one of: sobol",
        ),
        (TOP + "[screen]\nkeep = 1.5\n" + END, r":6: \[screen\]: keep 1\.5; it is how many"),
        (TOP + "[screen]\nkeep = 0\n" + END, r":6: \[screen\]: keep 0; it is how many"),
        (TOP + "[screen]\nkeep = true\n" + END, r":6: \[screen\]: keep True; it is how many"),
        (TOP + '[screen]\ntrajectories = "9"\n' + END, r":6: \[screen\]: trajectories '9'; it is"),
        (TOP + PART + END.replace("cmax", "cmaxx"), r":9: .*unknown endpoint 'cmaxx'; .* 'cmax'"),
        (
            TOP + PART + END + "dayz = 3\n",
            r":11: endpoints number 1: unknown key 'dayz'; .* 'days'",
        ),
        (TOP + PART + END + "days = 3\n", r":9: .*days=3 of .*; give begin and end"),
        (TOP + PART + END.replace("cmax", "trough"), r":9: .*give the day or the hour, one of"),
        (TOP + PART + END.replace("cmax", "auc_0_12"), r"day is missing; add e\.g\. day = 28"),
        (
            TOP + PART + END.replace('"top"', '"to p"'),
            r":8: .*endpoint name 'to p'; it is a column",
        ),
        (TOP + PART + END + END, r":12: .*two endpoints are called 'top'; give each a name"),
        (
            TOP + PART + END + 'compare = "difference"\n',
            r":11: .*compare of 'top'; there is no other",
        ),
        (
            TOP + 'against = "none"\n' + PART + END,
            r":5: no endpoint is compared with the regimen of against; give one of them compare",
        ),
        (
            TOP + 'against = "none"\n' + PART + END + 'compare = "ratio"\n',
            r":12: .*unknown comparison 'ratio'; did you mean 'log_ratio'",
        ),
        (TOP + PART + END + 'scale = "logg"\n', r":11: .*unknown scale 'logg'; did you mean 'log'"),
        (
            TOP + 'against = "none"\n' + PART + END + 'compare = "log_ratio"\nscale = "log"\n',
            r':13: .*scale "log" of compare "log_ratio"; it is a logarithm already; leave scale',
        ),
        (
            TOP + PART + END.replace("cmax", "change") + 'day = 1\nscale = "log"\n',
            r':12: .*scale "log" of a change; it has no logarithm',
        ),
        (
            TOP + PART + END + COURSE.replace("2.5", "4"),
            r":13: .*days \[1, 4\]; they are two or more ascending numbers .*, to day 3 at most",
        ),
        (TOP + PART + END + COURSE.replace("1, ", ""), r":13: .*days \[2\.5\]; they are two or"),
        (TOP + PART + END + COURSE.replace("1, ", "0, "), r":13: .*days \[0, 2\.5\]; they are"),
        (TOP + PART + END + COURSE.replace("1, ", "3, "), r":13: .*days \[3, 2\.5\]; they are"),
        (TOP + PART + END + COURSE.replace("1, ", "true, "), r":13: .*days \[True, 2\.5\]; they"),
        (TOP + PART + END + COURSE.replace("[1, 2.5]", "3"), r":13: .*days 3; they are two or"),
        (
            TOP + PART + END + COURSE.replace("days = [1, 2.5]\n", ""),
            r":11: courses number 1: days is missing; add e\.g\. days = \[7, 14, 28\]",
        ),
        (TOP + PART + END + COURSE + "day = 3\n", r":14: .*unknown key 'day'; .* 'days'"),
        (TOP + PART + END + COURSE + COURSE, r":15: .*two courses are called 'soraf.*; ask for"),
        (
            TOP + PART + END + COURSE + 'compare = "difference"\n',
            r":14: .*compare of 'sorafenib_total_mg_per_L'; there is no other regimen",
        ),
        (
            TOP + "[screen]\n" + END + COURSE,
            r":10: \[\[courses\]\] without \[quantify\]; indices over time are .*; add",
        ),
        (
            TOP + PART + END.replace('"top"', '"sorafenib_total_mg_per_L"') + COURSE,
            r":8: .*endpoint 'sorafenib_total_mg_per_L'; a time course is called so; give the end",
        ),
        (TOP + "[factors]\nid = 3\n" + PART + END, r":6: \[factors\]: unknown key 'id'; .* 'ids'"),
        (
            TOP + "[factors]\nranges = { sorafenib_volume = 3 }\n" + PART + END,
            r":6: \[factors\]: ranges is a table; it must be a table of lists such as",
        ),
    ],
)
def test_a_fault_is_told_by_its_line(read, text, told):
    with pytest.raises(InputError, match=told):
        read(text)


@pytest.mark.parametrize(
    ("factors_table", "told"),
    [
        ('ids = ["sorafenib_volme"]', "unknown parameter 'sorafenib_volme'; .*'sorafenib_volume'"),
        ('ids = ["nM_per_mM_factor"]', "parameter 'nM_per_mM_factor' is fixed"),
        ('kinds = ["input"]', "kind 'input'; settings say what is given"),
        ('kinds = ["fited"]', "unknown kind 'fited'; did you mean 'fitted'"),
        (
            'without = ["sorafenib_volme"]',
            "without: unknown factor 'sorafenib_volme'; did you mean",
        ),
        ("ranges = { sorafenib_volume = [50, 50] }", "are both 50; nothing varies"),
        ("ranges = { sorafenib_volume = [60, 50] }", "reversed bounds of .*: 60 > 50"),
        ("ranges = { sorafenib_volume = [60] }", r"bounds \(60,\) of .*; give \(low, high\)"),
        ('ranges = { sorafenib_volume = [60, "x"] }', "they must be finite numbers"),
        ('groups = { g = ["sorafenib_volme"] }', "group 'g': unknown factor 'sorafenib_volme'"),
    ],
)
def test_bad_factors_are_told_with_the_file(read, factors_table, told):
    sweep = read(f"{TOP}[factors]\n{factors_table}\n{PART}{END}")
    with pytest.raises(InputError, match=rf"Mine\.toml: \[factors\]: .*{told}"):
        sweep.factors(PK)


def test_ids_of_drugs_and_observables_are_checked(read):
    sweep = read(TOP + PART + END.replace("total", "totl"))
    with pytest.raises(
        InputError, match=r"toml: endpoint 'top': unknown observable 'sorafenib_totl_mg_per_L'; did"
    ):
        sweep.check(PK)
    sweep = read(TOP + PART + END + COURSE.replace("total", "totl"))
    with pytest.raises(
        InputError, match=r"toml: courses: unknown observable 'sorafenib_totl_mg_per_L'; did you"
    ):
        sweep.check(PK)
    sweep = read(TOP.replace("sorafenib 4", "sorafenb 4") + PART + END)
    with pytest.raises(InputError, match=r"toml: unknown drug 'sorafenb'; did you mean 'soraf"):
        sweep.check(PK)


@pytest.mark.parametrize("name", shipped("sweeps"))
def test_a_packaged_sweep_is_short_and_fits_its_model(name):
    path = shipped("sweeps")[name]
    sweep = read_any(path)
    model = Model.load(sweep.model)
    sweep.check(model)
    if isinstance(sweep, Sweep):
        # Neither inputs nor switches nor fixed parameters, by default.
        assert {f.name for f in sweep.factors(model)} <= {f.name for f in factors(model)}
    assert all(asked.endpoint.last_h <= 24 * sweep.horizon_days for asked in sweep.endpoints)
    assert path.read_text(encoding="utf-8").count("\n") <= 80
