"""Every fault of a table, its arms or what is estimated: one line with place and way out."""

import io
import re
from dataclasses import replace

import pandas as pd
import pytest

from il15_sim import Change, InputError, Model, Regimen
from il15_sim.fit import fit_table
from il15_sim.fit.estimates import read_unknowns
from il15_sim.fit.rows import Rows
from il15_sim.fit.tables.cells import Table
from il15_sim.fit.tables.readings import Reader
from il15_sim.simulation.subject import subject_of
from tests.made import own_tables

LEVEL = "sorafenib_total_mg_per_L"
GOOD = f"""time_h,observable,value,unit,group
2,{LEVEL},1.2,mg/L,A
6,{LEVEL},2.4,mg/L,A
24,{LEVEL},1.8,mg/L,B
"""
ARMS = {
    "A": Regimen.parse("sorafenib 400 mg at 0 h"),
    "B": Regimen.parse("sorafenib 800 mg at 0 h"),
}


@pytest.fixture(scope="module")
def model():
    return Model.load("sorafenib_pk")


def refused(model, data, told, estimate="sorafenib_clearance", **options):
    with pytest.raises(InputError, match=re.escape(told)) as caught:
        fit_table(model, data, estimate, **{"arms": ARMS, "starts": 1, **options})
    assert "\n" not in str(caught.value)


# What is put in the place of what, and what is told of it.
TEXTS = {
    "unknown observable": (
        "2,sorafenib_total_mg_per_L", "2,sorafenib_total",
        "a.csv: line 2: unknown observable 'sorafenib_total'; did you mean",
    ),
    "no observable": ("2,sorafenib_total_mg_per_L", "2,", "a.csv: line 2: no observable; name"),
    "unknown group": ("mg/L,B", "mg/L,BB", "a.csv: line 4: unknown group 'BB'; "),
    "no group": ("mg/L,B", "mg/L,", "a.csv: line 4: no group; name one in every row"),
    "wrong unit": ("2.4,mg/L", "2.4,mg", "a.csv: line 3: a value in 'mg' has no equivalent in"),
    "no such unit": ("2.4,mg/L", "2.4,foo", "a.csv: line 3: unit 'foo' does not parse"),
    "mixed units": ("2.4,mg/L", "2.4,", "a.csv: line 3: no unit; give one in every row, or in no"),
    "NaN": ("2.4", "NaN", "a.csv: line 3: value is not a finite number: 'NaN'"),
    "no value": ("2.4", "", "a.csv: line 3: value is not a number: ''"),
    "decimal comma": ("2.4", '"2,4"', "a.csv: line 3: value is not a number: '2,4'; write it with"),
    "not positive": ("2.4", "-2.4", f"a.csv: line 3: value -2.4 of '{LEVEL}'; on a log scale it"),
    "negative time": ("\n6,", "\n-6,", "a.csv: line 3: time_h -6 is negative"),
    "duplicate": (
        f"6,{LEVEL},2.4", f"2.0,{LEVEL},1.20",
        "a.csv: line 3: a repetition of the row at ",
    ),
    "cells": ("mg/L,B", "mg/L", "a.csv: line 4: 4 cells instead of 5"),
    "quote": ("2.4", '"2.4', "a.csv: line 3: cells cannot be read: unexpected end of data"),
    "unknown column": ("group", "grup", "a.csv: unknown column 'grup'; did you mean 'group'?"),
    "double column": ("unit,", "value,", "a.csv: column 'value' stands twice"),
    "no time": ("time_h,", "n,", "a.csv: no column of times; give one of time_h, time_min and"),
    "two times": ("unit", "time_d", "a.csv: columns 'time_h' and 'time_d'; give one of"),
    "no column": ("observable", "n", "a.csv: missing column 'observable'"),
}  # fmt: skip


@pytest.mark.parametrize("fault", TEXTS)
def test_a_fault_of_a_file_is_told_by_its_line(fault, model, tmp_path):
    old, new, told = TEXTS[fault]
    file = tmp_path / "a.csv"
    text = GOOD.replace(old, new, 1)
    assert text != GOOD
    file.write_text(text, encoding="utf-8")
    refused(model, file, told)


COLUMNS = {
    "error": ([0.1, 0.0, 0.1], "data: row 1: error 0 is not positive; a reading without any spr"),
    "n": ([3, 2.5, 3], "data: row 1: n 2.5 is not a whole number from 1 on"),
    "likelihood": (
        ["normal", "poisson", "normal"],
        "data: row 1: likelihood 'poisson': measured 2.4; it is a whole number from 0 on",
    ),
}


@pytest.mark.parametrize("column", COLUMNS)
def test_a_fault_of_a_column_is_told_by_its_row(column, model, tmp_path):
    (tmp_path / "a.csv").write_text(GOOD, encoding="utf-8")
    cells, told = COLUMNS[column]
    refused(model, pd.read_csv(tmp_path / "a.csv").assign(**{column: cells}), told)


def test_errors_in_some_rows_only_are_refused(model, tmp_path):
    (tmp_path / "a.csv").write_text(GOOD, encoding="utf-8")
    data = pd.read_csv(tmp_path / "a.csv").assign(error=[0.1, None, 0.1])
    refused(model, data, f"data: row 1: no error of '{LEVEL}'; other rows of it have one; give")


def test_a_table_is_a_file_with_rows(model, tmp_path):
    refused(model, tmp_path / "none.csv", "none.csv: cannot be read: No such file")
    (tmp_path / "a.csv").write_text(GOOD.splitlines()[0], encoding="utf-8")
    refused(model, tmp_path / "a.csv", "a.csv: the table has no rows")
    refused(model, [1, 2], "data list; give a file or a DataFrame")


def frame(rows=3, **columns):
    times = [2.0, 6.0, 24.0, 30.0][:rows]
    given = {"time_h": times, "observable": LEVEL, "value": [1.2, 2.4, 1.8, 1.5][:rows], **columns}
    return pd.DataFrame(given)


ASKED = {
    "unknown": (
        {"estimate": "sorafenib_clearence"},
        "estimate: unknown parameter 'sorafenib_clearence'; did you mean 'sorafenib_clearance'?",
    ),
    "none": ({"estimate": []}, "nothing to estimate; name parameters in estimate"),
    "twice": (
        {"estimate": ["sorafenib_volume"] * 2},
        "estimate: two parameters are called 'sorafenib_volume'; name each once",
    ),
    "zero width": (
        {"bounds": {"sorafenib_clearance": (4, 4)}},
        "estimate 'sorafenib_clearance': it is fixed; its bounds are both 4; give wider bounds",
    ),
    "reversed": (
        {"bounds": {"sorafenib_clearance": (40, 4)}},
        "estimate 'sorafenib_clearance': bounds 40 and 4 are reversed",
    ),
    "no pair": (
        {"bounds": {"sorafenib_clearance": 4}},
        "estimate 'sorafenib_clearance': bounds 4; give (lower, upper)",
    ),
    "start outside": (
        {"bounds": {"sorafenib_clearance": (10, 40)}},
        "the model's value 4.8831 lies outside the bounds 10 to 40; start elsewhere with model.wi",
    ),
    "bounds of another": (
        {"bounds": {"sorafenib_volume": (10, 40)}},
        "bounds of what is not estimated: unknown parameter 'sorafenib_volume'",
    ),
    "set by an arm": (
        {"arms": {"sorafenib_clearance": 3.0}},
        "arm 'sorafenib_clearance': 3.0; it is neither a Regimen, a Change, Patients nor values",
    ),
    "fixed by an arm": (
        {"arms": {"A": {"sorafenib_clearance": 3.0}}},
        "estimate 'sorafenib_clearance': it is fixed; arm '' sets it",
    ),
    "noise": ({"noise": "lognormal"}, "unknown likelihood 'lognormal'; did you mean 'log-normal'?"),
    "noise of another": (
        {"noise": {"sorafenib_free_nM": "normal"}},
        "noise: unknown observable 'sorafenib_free_nM'; did you mean 'sorafenib_total_mg_per_L'?",
    ),
    "noise as a number": ({"noise": 3}, 'noise 3; give "log-normal", "normal" or a mapping'),
    "estimate as a number": ({"estimate": 3}, "estimate is 3; it must be a list"),
    "bounds as a pair": ({"bounds": (1, 2)}, "bounds (1, 2); give {'id': (lower, upper)}"),
    "scale": ({"scale": "groups"}, "unknown scale 'groups'; did you mean 'group'?"),
    "no starts": ({"starts": 0}, "starts 0; at least one is needed"),
    "starts": ({"starts": 2.5}, "starts 2.5; it is a whole number"),
    "too many": (
        {"estimate": ["sorafenib_clearance", "sorafenib_volume", "sorafenib_gut_limit"]},
        "data: 3 readings for 3 parameters; nothing is left to tell the size of their errors by; "
        "estimate fewer, or give a column 'error'",
    ),
}  # fmt: skip


@pytest.mark.parametrize("fault", ASKED)
def test_a_fault_of_what_is_asked(fault, model):
    options, told = ASKED[fault]
    refused(model, frame(), told, **{"arms": ARMS["A"], **options})


def test_more_parameters_than_readings_are_refused(model):
    names = ["sorafenib_clearance", "sorafenib_volume", "sorafenib_gut_limit"]
    told = "data: 2 readings for 3 parameters; estimate fewer"
    refused(model, frame(2, error=0.1), told, estimate=names, arms=ARMS["A"])
    told = "data: 3 readings for 3 parameters and 1 factors of scale; estimate fewer"
    refused(model, frame(error=0.1), told, estimate=names, arms=ARMS["A"], scale="observable")


def test_an_input_needs_bounds():
    cell = Model.load("cd4_signalling")
    data = frame().assign(observable="pstat5_cd4", value=0.5)
    told = "estimate 'il15_soluble': it has no bounds; no table has it; give bounds={'il15_soluble'"
    refused(cell, data, told, estimate="il15_soluble", arms=None)
    # What an arm sets cannot be estimated too, even from a time on.
    told = "estimate 'il15_soluble': it is fixed; arm '' sets it"
    refused(cell, data, told, estimate="il15_soluble", arms=Change(0, "il15_soluble", 1, sets=True))


def test_arms_and_groups_have_to_match(model):
    two = frame(group=["A", "A", "B"])
    told = "data: groups 'A' and 'B' without arms of their own; say what each was given, as arms="
    refused(model, two, told, arms=ARMS["A"])
    refused(model, frame(), "data: 2 arms and no column 'group'; add the column", arms=ARMS)
    refused(model, two, "arm 'A': 'sorafenib 400 mg at 0 h'", arms={"A": "sorafenib 400 mg at 0 h"})
    told = "arm 'A': unknown parameter 'sorafenib_volum'; did you mean 'sorafenib_volume'?"
    refused(model, two, told, arms={"A": {"sorafenib_volum": 3.0}})


def test_zero_has_no_logarithm(model):
    data = frame().assign(time_h=[0.0, 6.0, 24.0])
    told = "data: all 1 searches failed; the first: the prediction of data: row 0 is 0, which has n"
    refused(model, data, told, arms=ARMS["A"])


def test_a_curve_of_zeros_has_no_factor(model):
    data = frame().assign(observable="sorafenib_bile", time_h=0.0, error=0.1)
    told = (
        "the first: the prediction of data: row 0 is 0 like all of its curve: zeros have no scale"
    )
    refused(model, data, told, arms=ARMS["A"], noise="normal", scale="observable")


def test_compiled_sbml_knows_neither_drugs_nor_units():
    line, data = own_tables.line(), own_tables.table([1.0, 2.0], [2.0, 3.0])
    asked = {"estimate": "a", "bounds": {"a": (-9.0, 9.0)}, "noise": "normal"}
    refused(line, data, "a regimen for a compiled SBML model", arms=ARMS["A"], **asked)
    told = "arms: unknown parameter 'd'; choose one of: a, b"
    refused(line, data, told, arms=[{"d": 1.0}], **asked)
    told = "data: row 0: unit 'mg/L'; the model has no unit of 'y'; leave the column out"
    refused(line, data.assign(unit="mg/L"), told, arms=None, **asked)
    refused(line, data, "estimate 'b': it has no bounds; no table has it", "b", arms=None)


def test_readings_without_spread_do_not_tell_their_errors(model):
    data = frame().assign(observable="sorafenib_bile", value=0.0, time_h=[0.0, 0.0, 0.0])
    data["replicate"] = [1, 2, 3]
    told = "data: the readings of 'sorafenib_bile' have no spread around the curves; the size of"
    refused(model, data, told, arms=ARMS["A"], noise="normal")


def test_relative_readings_have_one_unit(model):
    data = frame(unit=["MFI", "MFI", "mg/L"])
    told = f"data: row 2: unit 'mg/L'; relative readings of '{LEVEL}' before it are in 'MFI'"
    refused(model, data, told, arms=ARMS["A"], scale="observable")


def test_a_profile_is_of_what_was_estimated_and_a_fit_is_saved_as_a_file(model, tmp_path):
    result = fit_table(model, frame(), "sorafenib_clearance", arms=ARMS["A"], starts=1)
    with pytest.raises(InputError, match="unknown estimated parameter 'sorafenib_volume'"):
        result.profile("sorafenib_volume")
    with pytest.raises(InputError, match="cannot be written: Is a directory"):
        result.save(tmp_path)


def test_a_setting_is_estimated_only_within_bounds_of_ones_own(model):
    told = (
        "estimate 'sorafenib_infusion_rate': it is a setting; it says what is given, who the "
        "patient is or which link is on; set it in the arms, or estimate it with bounds of your "
        "own for 'sorafenib_infusion_rate'"
    )
    rate = "sorafenib_infusion_rate"
    refused(model, pd.read_csv(io.StringIO(GOOD)), told, ["sorafenib_clearance", rate])
    (found,) = read_unknowns(rate, {rate: (0.0, 5.0)}, subject_of(model), {})
    assert (found.id, found.start, found.lower, found.upper) == (rate, 0.0, 0.0, 5.0)


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_a_file_reads_as_the_frame_does(delimiter, model, tmp_path):
    file = tmp_path / "a.csv"
    text = "# from the laboratory\n\n" + GOOD.replace(",", delimiter)
    file.write_bytes(b"\xef\xbb\xbf" + text.replace("\n", "\r\n").encode())
    subject = subject_of(model)
    found = Reader(subject).rows(Table.of(file))
    frame_ = pd.read_csv(file, sep=delimiter, comment="#", skip_blank_lines=True)
    other = Reader(subject).rows(Table.of(frame_))
    assert [r.where for r in found] == [f"{file}: line {n}" for n in (4, 5, 6)]
    assert [replace(r, where="") for r in found] == [replace(r, where="") for r in other]
    assert [r.measured for r in found] == [1.2, 2.4, 1.8]


def test_times_units_and_kinds_are_those_of_the_columns(model):
    data = pd.DataFrame(
        {
            "time_min": [30, 90], "observable": LEVEL, "value": [1500.0, 2.5],
            "error": [300.0, 0.5], "n": [4, 1], "unit": ["ug/L", "mg/L"],
            "likelihood": ["normal", None], "group": [10, 10.0],
        }
    )  # fmt: skip
    found = Reader(subject_of(model), {LEVEL: "log-normal"}).rows(Table.of(data))
    assert [r.time_h for r in found] == [0.5, 1.5]
    assert [r.measured for r in found] == pytest.approx([1.5, 2.5])
    assert [r.kind for r in found] == ["normal", "log-normal"]
    assert Rows(found, "data").spread == pytest.approx([0.15, 0.198042], rel=1e-5)
    assert [r.arm for r in found] == ["10", "10"]
