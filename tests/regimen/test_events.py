"""Regimens as tables: out as data frames and HTML, in from rows of dosing events."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from il15_sim import Dose, InputError, Regimen
from tests.regimen.test_regimen import regimens

CMT = {1: ("sorafenib", "oral", "mg"), 2: ("il15", "iv", "ug"), "depot": ("il15", "sc", "ug/kg")}
HEADER = "ID,TIME,AMT,RATE,II,ADDL,CMT,EVID,DV"


def dose(time_h: object, amount: object, ID: object = 1, **more: object) -> dict[str, object]:
    return {"ID": ID, "TIME": time_h, "AMT": amount, "CMT": 1, **more}


def read(*rows: dict[str, object]) -> dict[int | str, Regimen]:
    return Regimen.from_events(pd.DataFrame(list(rows)), CMT)


# Out.


def test_a_frame_has_a_row_for_every_dose() -> None:
    both = Regimen.parse("il15 2 ug/kg iv over 24 h q24h x 2 d + sorafenib 400 mg at 12 h")
    frame = both.to_frame()
    assert list(frame) == ["time_h", "drug", "amount", "unit", "route", "duration_h"]
    assert frame.to_numpy().tolist() == [
        [0.0, "il15", 2.0, "ug/kg", "infusion", 24.0],
        [12.0, "sorafenib", 400.0, "mg", "oral", 0.0],
        [24.0, "il15", 2.0, "ug/kg", "infusion", 24.0],
    ]


def test_no_treatment_is_a_frame_without_rows() -> None:
    frame = Regimen.none().to_frame()
    assert len(frame) == 0
    assert frame.time_h.dtype == frame.amount.dtype == float


def test_a_long_regimen_shows_itself_in_short() -> None:
    days = np.arange(0, 112)
    long = Regimen.from_doses("sorafenib", times_h=24 * days, dose_mg=200 + days)
    assert repr(long).startswith("<Regimen: 112 doses of sorafenib in 111 d; sorafenib 200, 201")
    assert len(repr(long)) < 150
    short = Regimen.parse("sorafenib 400 mg bid x 5 d")
    assert repr(short) == "Regimen.parse('sorafenib 400 mg q12h x 5 d')"


def test_a_notebook_shows_a_row_for_every_phase() -> None:
    text = (
        "sorafenib 400 mg bid x 5 d from d7; hold d1-d2; then 200 mg x 2 d + il15 1 ug iv at 12 h"
    )
    shown = Regimen.parse(text)._repr_html_()
    assert shown.count("<tr>") == 4
    cells = "<td>sorafenib</td><td>400 mg</td><td>oral</td><td>every 12 h</td><td>7-12</td>"
    assert f"{cells}<td>10</td><td>hold d1-d2</td>" in shown
    assert "<td>200 mg</td><td>oral</td><td>every 12 h</td><td>12-14</td><td>4</td>" in shown
    assert "<td>il15</td><td>1 ug</td><td>iv</td><td>listed times</td><td>0.5-0.5</td>" in shown
    assert Regimen.none()._repr_html_() == "<p>no treatment</p>"


# In.


@given(regimens)
def test_what_goes_out_comes_back_with_the_same_doses(regimen: Regimen) -> None:
    back = Regimen.from_events(regimen.to_frame())
    assert list(back) == [1] * bool(regimen.doses())
    for again in back.values():
        assert again.doses() == regimen.doses()


@given(st.floats(0, 5000), st.floats(0.01, 1e4), st.integers(1, 30), st.floats(0.5, 200))
def test_additional_doses_are_doses_written_out(
    time: float, amount: float, more: int, every_h: float
) -> None:
    short = read(dose(time, amount, ADDL=more, II=every_h))[1]
    written_out = read(*(dose(time + k * every_h, amount) for k in range(more + 1)))[1]
    found = [(d.time_h, d.amount) for d in short.doses()]
    right = [(d.time_h, d.amount) for d in written_out.doses()]
    assert np.array(found) == pytest.approx(np.array(right), rel=1e-12, abs=2e-9)


def test_a_nonmem_file_is_read_by_patient(tmp_path: Any) -> None:
    file = tmp_path / "events.csv"
    rows = [
        HEADER,
        "# a comment",
        "7,0,400,.,12,27,1,1,.",
        "7,24,.,.,.,.,1,0,3.5",
        "",
        "A2,0,2,0.5,0,0,2,1,.",
        'A2,48,"30",,,,depot,1,.',
        "3,5,0,,,,1,0,2.5",
    ]
    file.write_text("\ufeff" + "\r\n".join(rows), encoding="utf-8")
    found = Regimen.from_events(file, CMT)
    assert {patient: str(regimen) for patient, regimen in found.items()} == {
        7: "sorafenib 400 mg q12h x 14 d",
        "A2": "il15 2 ug iv over 4 h at 0 h + il15 30 ug/kg sc at 48 h",
        3: "none",
    }
    assert Regimen.from_events(str(file), CMT) == found


def test_without_evid_rows_with_an_amount_are_doses() -> None:
    assert str(read(dose(0, 400), dose(6, 0), dose(12, float("nan")), dose(24, 200))[1]) == (
        "sorafenib 400, 200 mg at 0, 24 h"
    )


def test_columns_tell_drug_unit_and_route() -> None:
    table = pd.DataFrame(
        {"ID": ["a", "b"], "TIME": [0, 1], "AMT": [2, 3], "drug": "il15", "unit": "ug/kg"}
    ).assign(route=["infusion", "sc"], duration_h=[24.0, None])
    assert Regimen.from_events(table) == {
        "a": Regimen.taken([Dose(0, "il15", 2, "ug/kg", "infusion", 24)]),
        "b": Regimen.taken([Dose(1, "il15", 3, "ug/kg", "sc")]),
    }


@pytest.mark.parametrize(
    ("row", "text"),
    [
        (dose(-1, 4), "row 1: TIME is -1 h; it must be a non-negative finite number"),
        (dose("08:00", 4), "row 1: TIME is '08:00'; it must be a finite number"),
        (dose(np.timedelta64(1, "h"), 4), "row 1: TIME is Timedelta('0 days 01:00:00'); it must"),
        (dose(None, 4), "row 1: TIME is None h; it must be a non-negative finite number"),
        (dose(1e9, 4), "ID 1: dose time of sorafenib is 1000000000 h; it is after day 36525"),
        (dose(0, "1_000"), "row 1: AMT is '1_000'; it must be a finite number"),
        (dose(0, "１００"), "row 1: AMT is '１００'; it must be a finite number"),
        (dose(0, True), "row 1: AMT is True; it must be a finite number"),
        (dose(0, -4), "row 1: AMT is -4 mg; it must be a positive finite number"),
        (dose(0, 0, EVID=1), "row 1: AMT is 0 mg; it must be a positive finite number"),
        (dose(0, np.inf), "row 1: AMT is inf; it must be a finite number"),
        (dose(0, 4, EVID=0), "row 1: AMT is 4; EVID is 0, which means no dose; write EVID 1 or"),
        (dose(0, 0, EVID=2), "row 1: EVID is 2; other events than doses are not read; leave the"),
        (dose(0, 0, EVID=3), "row 1: EVID is 3; a reset is not read; give the doses after it an"),
        (dose(0, 4, EVID=4), "row 1: EVID is 4; a reset is not read; give the doses after it an"),
        (dose(0, 4, EVID=5), "row 1: EVID is 5; it must be 0 (no dose) or 1 (dose)"),
        (dose(0, 4, SS=1), "row 1: SS is 1; a steady state is not read; write the doses before"),
        (dose(0, 4, ADDL=-1), "row 1: ADDL is -1; it must be a whole number, not negative"),
        (dose(0, 4, ADDL=1.5, II=12), "row 1: ADDL is 1.5; it must be a whole number"),
        (dose(0, 4, ADDL=199999, II=0.24), "row 1: q0.24h x 2000 d has 200000 doses; at most"),
        (dose(0, 4, ADDL=3), "row 1: II is None h; it must be a positive finite number"),
        (dose(0, 4, ADDL=3, II=0), "row 1: II is 0 h; it must be a positive finite number"),
        (dose(0, 4, II=12), "row 1: II is 12; there are no additional doses; give ADDL, or II 0"),
        (dose(0, 4, RATE=2), "row 1: RATE is 2; route oral takes no infusion"),
        (dose(0, 4, duration_h=2), "row 1: duration_h is 2; route oral takes no infusion"),
        (dose(0, 4, CMT=2, RATE=-2), "row 1: RATE is -2; a rate or duration that is a parameter"),
        (dose(0, 4, CMT=2, RATE=2, duration_h=2), "row 1: duration_h is 2; RATE is given too"),
        (dose(0, 4, CMT=9), "row 1: CMT is 9; compartments has no such key; it has 1, 2, 'depot'"),
        (dose(0, 4, CMT=None), "row 1: CMT is missing"),
        (dose(0, 4, CMT=True), "row 1: CMT is True; it must be a whole number or a text"),
        (dose(0, 4, ID=""), "row 1: ID is missing"),
        (dose(0, 4, ID=1.5), "row 1: ID is 1.5; it must be a whole number or a text"),
        (dose(0, 4, ADLD=1), "unknown column 'ADLD'; did you mean 'addl'? Rename or drop it"),
        (dose(0, 4, DATE="1/1"), "column 'DATE'; dates are not read; write TIME in hours since"),
        (dose(0, 4, Amount=4), "columns 'AMT' and 'Amount' are the same"),
    ],
)
def test_rows_that_are_refused(row: dict[str, object], text: str) -> None:
    with pytest.raises(InputError) as error:
        read(row)
    assert str(error.value).startswith(text)


def test_columns_that_look_like_ours_and_are_not_are_left_alone() -> None:
    assert str(read(dose(0, 4, RACE=1, DV=3, MDV=1, WT=70, AGE=50, SEX="f", BSA=1.9))[1]) == (
        "sorafenib 4 mg at 0 h"
    )


def test_the_row_is_counted_from_one() -> None:
    with pytest.raises(InputError, match=r"^row 3: TIME is 'x'"):
        read(dose(0, 4), dose(1, 4), dose("x", 4))


@pytest.mark.parametrize(
    ("events", "compartments", "text"),
    [
        (5, None, "events 5; give a DataFrame or the path of a CSV file"),
        ({"ID": [1]}, None, "events {'ID': [1]}; give a DataFrame or the path"),
        ("nowhere.csv", None, "nowhere.csv: cannot be read: No such file"),
        ("a\0.csv", None, r"file name 'a\x00.csv'; embedded null byte"),
        (pd.DataFrame({"ID": [1], "TIME": [0]}), CMT, "column AMT is missing; there are: ID, TIME"),
        (
            pd.DataFrame({"TIME": [0], "AMT": [1]}),
            CMT,
            "column CMT is missing; compartments are given",
        ),
        (
            pd.DataFrame({"TIME": [0], "AMT": [1], "drug": ["a"]}),
            None,
            "column route is missing; add it, or give compartments={1:",
        ),
        (pd.DataFrame(), [1], "compartments [1]; write e.g. {1: ('sorafenib', 'oral', 'mg')}"),
        (pd.DataFrame(), {1: "mg"}, "compartment 1 is 'mg'; it must be drug, route and unit; wri"),
        (pd.DataFrame(), {1: ("a", "civ", "mg")}, "compartment 1: unknown route 'civ'; routes are"),
        (pd.DataFrame(), {1: ("a", "iv", "g")}, "compartment 1: unknown unit 'g'; units are"),
    ],
)
def test_tables_that_are_refused(events: Any, compartments: Any, text: str) -> None:
    with pytest.raises(InputError) as error:
        Regimen.from_events(events, compartments)
    assert str(error.value).startswith(text)


@pytest.mark.parametrize(
    ("content", "text"),
    [
        ("", "the table is empty"),
        (HEADER, "the table is empty"),
        (f"{HEADER}\n1,0", "line 2: 2 cells instead of 9; separate the cells by commas, with"),
        ("ID;TIME;AMT\n1;0;4", "line 1: columns are not separated by commas"),
        ('ID,TIME,AMT,CMT\n1,0,"4,1\n2,0,4,1', "line 2: does not parse: unexpected end of data"),
        ("ID,TIME,AMT,CMT\n\n1,0,400.5 mg,1", "line 3: AMT is '400.5 mg'; it must be a finite num"),
        ("ID,TIME,AMT,CMTT\n1,0,4,1", "column CMT is missing; compartments are given"),
        ("ID,TIME,AMT,CMT,RAET\n1,0,4,1,1", "line 1: unknown column 'RAET'; did you mean 'rate'?"),
    ],
)
def test_files_that_are_refused(tmp_path: Any, content: str, text: str) -> None:
    file = tmp_path / "events.csv"
    file.write_text(content, encoding="utf-8")
    with pytest.raises(InputError) as error:
        Regimen.from_events(file, CMT)
    where, _, said = str(error.value).partition("events.csv: ")
    assert (said or where).startswith(text)


def test_a_file_that_is_no_text(tmp_path: Any) -> None:
    file = tmp_path / "events.csv"
    file.write_bytes("ID,TIME\n".encode("utf-16"))
    with pytest.raises(InputError, match=r"events\.csv: is written in UTF-16; save it as UTF-8"):
        Regimen.from_events(file, CMT)
