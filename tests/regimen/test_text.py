"""The text form of regimens: what is read, how it is written, and every error by its text."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from il15_sim.errors import InputError
from il15_sim.regimen import Regimen

SORAFENIB = "sorafenib 400 mg q12h x 56 d"


@pytest.mark.parametrize(
    "text",
    [
        "none",
        SORAFENIB,
        f"{SORAFENIB}; hold d14-d21; then 200 mg q12h x 28 d",
        f"{SORAFENIB}; then 200 mg q12h x 28 d; hold d50-d60",
        f"{SORAFENIB}; hold d7-d9; hold d14-d21; reduce d28-d42 to 200 mg",
        f"{SORAFENIB}; skip dose 5, 9-11; dose 7 late by 3 h; dose 12 late by 1.5 h",
        f"{SORAFENIB}; skip every 4th dose",
        f"{SORAFENIB}; skip every 2nd dose",
        f"{SORAFENIB}; skip every 3rd dose",
        f"{SORAFENIB}; skip every 12th dose",
        f"{SORAFENIB}; skip every 21st dose",
        f"{SORAFENIB}; skip dose 1-112",
        "temozolomide 150 mg/m2 q24h d1-5/28 x 56 d",
        f"{SORAFENIB} + temozolomide 75 mg/m2 q24h d1-42/56 x 56 d from d7",
        "il15 2 ug/kg iv over 24 h q24h x 10 d",
        "il15 0.25 ug/kg iv q24h x 12 d",
        "n803 15 ug/kg sc q168h x 28 d",
        "sorafenib 400 mg at 0, 12, 25.5 h",
        "sorafenib 400, 200, 400 mg at 0, 12, 25.5 h",
        "il15 1e-05 ug iv over 0.5 h at 0.1 h",
    ],
)
def test_canonical_texts_are_written_as_they_are_read(text: str) -> None:
    assert str(Regimen.parse(text)) == text


@pytest.mark.parametrize(
    ("text", "canonical"),
    [
        ("sorafenib 400mg BID x 8 w", SORAFENIB),
        ("sorafenib 400 mg oral q12h x56d", SORAFENIB),
        ("sorafenib 400 mg po q 0.5 d × 1344 h", SORAFENIB),
        (" sorafenib\u00a0400\nmg\tq12h x 56 d ", SORAFENIB),
        (f"none + {SORAFENIB}", SORAFENIB),
        ("a 5 µg/kg daily x 2 d", "a 5 ug/kg q24h x 2 d"),
        ("a 5 μg/m² tid x 2 d", "a 5 ug/m2 q8h x 2 d"),
        ("a 5 mcg/m^2 weekly x 2 w", "a 5 ug/m2 q168h x 14 d"),
        ("a 5 mg d1-5/28 x 28 d", "a 5 mg q24h d1-5/28 x 28 d"),
        ("a 5 mg d1-1/21 x 21 d", "a 5 mg q24h d1/21 x 21 d"),
        (
            "a 5 mg q24h d1-d5/28 x 28 d; then 6 mg x 28 d",
            "a 5 mg q24h d1-5/28 x 28 d; then 6 mg q24h d1-5/28 x 28 d",
        ),
        (f"{SORAFENIB}; hold 14-21", f"{SORAFENIB}; hold d14-d21"),
        (f"{SORAFENIB}; skip doses 3, 2, 2", f"{SORAFENIB}; skip dose 2-3"),
        ("b 1 mg at 1 d + a 1 mg at 2, 1 h", "a 1 mg at 1, 2 h + b 1 mg at 24 h"),
        ("sorafenib 0.4 g twice daily for 8 weeks", SORAFENIB),
        ("sorafenib 400mg BD x 56 days", SORAFENIB),
        ("sorafenib 400 mg b.i.d. x 56 d", SORAFENIB),
        ("sorafenib 400 mg 2x daily for 56 d", SORAFENIB),
        ("sorafenib 400 mg every 12 h x 8 wk", SORAFENIB),
        ("sorafenib 400 mg by mouth every 12 hours x 56 d", SORAFENIB),
        ("sorafenib 400 mg q12hours x 56 d", SORAFENIB),
        ("a 0.0003 g/m2 qd x 2 d", "a 0.3 mg/m2 q24h x 2 d"),
        ("a 1 g at 0 h", "a 1000 mg at 0 h"),
        ("a 0.4, 0.2 g at 0, 12 h", "a 400, 200 mg at 0, 12 h"),
        ("a 2 mg qid x 1 d", "a 2 mg q6h x 1 d"),
        ("a 2 mg QID x 1 d", "a 2 mg q6h x 1 d"),
        ("a 2 mg QDS x 1 d", "a 2 mg q6h x 1 d"),
        ("a 2 mg four times a day x 1 d", "a 2 mg q6h x 1 d"),
        ("a 2 mg three times daily x 1 d", "a 2 mg q8h x 1 d"),
        ("a 2 mg t.d.s. x 1 d", "a 2 mg q8h x 1 d"),
        ("a 2 mg od x 2 d", "a 2 mg q24h x 2 d"),
        ("a 2 mg once daily x 2 d", "a 2 mg q24h x 2 d"),
        ("a 2 mg once a day x 2 d", "a 2 mg q24h x 2 d"),
        ("a 2 mg every day x 2 d", "a 2 mg q24h x 2 d"),
        ("a 2 mg every other day x 4 d", "a 2 mg q48h x 4 d"),
        ("a 2 mg once weekly x 2 w", "a 2 mg q168h x 14 d"),
        ("a 2 mg once every 3 weeks x 6 weeks", "a 2 mg q504h x 42 d"),
        ("a 2 mg q2w x 4 w", "a 2 mg q336h x 28 d"),
        ("a 2 mg iv over 30 min q24h x 2 d", "a 2 mg iv over 0.5 h q24h x 2 d"),
        ("a 2 mg i.v. infusion over 2 hours q24h x 2 d", "a 2 mg iv over 2 h q24h x 2 d"),
        ("a 2 mg iv bolus q24h x 2 d", "a 2 mg iv q24h x 2 d"),
        ("a 2 mg subcutaneously q24h x 2 d", "a 2 mg sc q24h x 2 d"),
        ("a 2 mg s.c. q24h x 2 d", "a 2 mg sc q24h x 2 d"),
        ("a 2 mg q24h x 2 d from day 7", "a 2 mg q24h x 2 d from d7"),
        (f"{SORAFENIB}; hold day 14-21", f"{SORAFENIB}; hold d14-d21"),
        (f"{SORAFENIB}; hold days 14\u201321", f"{SORAFENIB}; hold d14-d21"),
        # A clause speaks of the course written before it: here of four doses, not of six.
        (
            "a 2 mg daily x 4 d; skip every 2nd dose; then 1 mg x 2 d",
            "a 2 mg q24h x 4 d; then 1 mg q24h x 2 d; skip dose 2, 4",
        ),
    ],
)
def test_other_spellings(text: str, canonical: str) -> None:
    assert str(Regimen.parse(text)) == canonical


def test_text_and_constructors_agree() -> None:
    sorafenib = Regimen.oral("sorafenib", dose_mg=400, every_h=12, days=56)
    assert Regimen.parse(f"{SORAFENIB}; hold d14-d21; then 200 mg x 28 d") == sorafenib.hold(
        days=(14, 21)
    ).then(dose_mg=200, every_h=12, days=28)
    il15 = Regimen.infusion("il15", dose_ug_per_kg=2, duration_h=24, every_h=24, days=10)
    assert Regimen.parse("il15 2 ug/kg iv over 1 d daily x 10 d") == il15


@pytest.mark.parametrize(
    ("text", "column", "message"),
    [
        ("400 mg q12h x 56 d", 1, "drug name '400'; a drug name is a letter followed by"),
        ("so-rafenib 400 mg q12h x 5 d", 1, "drug name 'so-rafenib'"),
        ("sorafenib", 10, "the text ends where the dose of sorafenib is due; write e.g."),
        ("sorafenib mg", 11, "'mg' stands where the dose of sorafenib is due"),
        ("sorafenib 400", 14, "dose 400 has no unit; write e.g. 400 mg or 400 mg/m2"),
        ("sorafenib 400 q12h x 5 d", 15, "dose 400 has no unit"),
        ("sorafenib 400 bid x 5 d", 15, "dose 400 has no unit"),
        ("sorafenib 400 ng q12h x 5 d", 15, "unknown unit 'ng'; units are"),
        (
            "sorafenib 400 mg/sqm q12h x 5 d",
            15,
            "unknown unit 'mg/sqm'; did you mean 'mg/m2'? units",
        ),
        ("sorafenib 400 MG q12h x 5 d", 15, "unknown unit 'MG'; did you mean 'mg'?"),
        ("sorafenib -400 mg q12h x 5 d", 11, "dose of sorafenib is -400; it must be a positive"),
        ("sorafenib 0 mg q12h x 5 d", 11, "dose of sorafenib is 0; it must be a positive finite"),
        ("sorafenib nan mg q12h x 5 d", 11, "dose of sorafenib is nan"),
        ("sorafenib 1e999 mg q12h x 5 d", 11, "dose of sorafenib is inf"),
        (
            "sorafenib 400 mg ivv q12h x 5 d",
            18,
            "'ivv' stands where an interval is due; expected one of: oral, iv, sc",
        ),
        ("sorafenib 400 mg iv over q12h x 5 d", 26, "'q12h' stands where the infusion time is due"),
        ("sorafenib 400 mg iv over 2 q12h x 5 d", 28, "unknown unit of the infusion time 'q'"),
        (
            "a 1 mg iv over 48 h daily x 5 d",
            1,
            "infusion of a over 48 h every 24 h; the next would",
        ),
        ("sorafenib 400 mg x 5 d", 18, "no interval before 'x'; write e.g. q12h x 56 d"),
        ("sorafenib 400 mg", 17, "the text ends where an interval is due; expected one of: oral"),
        ("sorafenib 400 mg dayly x 5 d", 18, "unknown word 'dayly'; did you mean 'daily'?"),
        ("sorafenib 400 mg q12 x 5 d", 22, "'x' stands where the unit of the interval is due"),
        ("sorafenib 400 mg q12 m x 5 d", 22, "unknown unit of the interval 'm'; it can be minutes"),
        (
            "sorafenib 400 mg q-12h x 5 d",
            19,
            "interval is -12; it must be a positive finite number",
        ),
        ("sorafenib 400 mg q0.0001h x 56 d", 1, "has 13440000 doses; at most 100000 fit"),
        ("sorafenib 400 mg q12h", 22, "the text ends where 'x' and a duration is due"),
        ("sorafenib 400 mg q12h 4x5 d", 23, "'4x5' stands where 'x' and a duration is due"),
        (
            "sorafenib 400 mg q12h x d",
            25,
            "'d' stands where the duration is due; write e.g. x 56 d",
        ),
        ("sorafenib 400 mg q12h x 56", 27, "the text ends where the unit of the duration is due"),
        (
            "sorafenib 400 mg q12h x 5 y",
            27,
            "unknown unit of the duration 'y'; it has no fixed number of days; choose one of: min",
        ),
        ("sorafenib 400 mg q12h x inf d", 25, "duration is inf; it must be a positive finite"),
        ("sorafenib 400 mg q12h x 1e300 d", 1, "the longest course is 36525 days"),
        ("sorafenib 400 mg d1-5 x 5 d", 18, "cycle 'd1-5' has no length; how often"),
        ("sorafenib 400 mg d5-1/28 x 5 d", 18, "cycle d5-1/28; its days count from one and lie"),
        ("a 1 mg d1-5/9999999999 x 5 d", 23, "number 9999999999... is too long"),
        (f"{SORAFENIB} from d-3", 36, "start day is -3; it must be a non-negative finite number"),
        (f"{SORAFENIB} hold d1-d2", 34, "';' is missing before 'hold'"),
        (f"{SORAFENIB}, b", 29, "',' stands where the end is due; expected one of: +, ;, from"),
        (f"{SORAFENIB} +", 31, "the text ends where a drug is due; write e.g. sorafenib"),
        ("none; hold d1-d2", 5, "';' stands where the end is due"),
        (f"{SORAFENIB};", 30, "the text ends where a clause is due; expected one of: hold"),
        (f"{SORAFENIB}; hld d1-d2", 31, "unknown word 'hld'; did you mean 'hold'?"),
        (f"{SORAFENIB}; hold", 35, "the text ends where the first day of a hold is due; write"),
        (f"{SORAFENIB}; hold d14", 39, "the text ends where the last day of a hold is due"),
        (f"{SORAFENIB}; hold d21-d14", 31, "hold d21-d14 is reversed or empty; write the earlier"),
        (f"{SORAFENIB}; hold d50-d60", 31, "hold d50-d60 lies outside the course of sorafenib"),
        (f"{SORAFENIB}; hold d1-d3; hold d2-d4", 43, "hold d1-d3 and hold d2-d4 overlap"),
        (f"{SORAFENIB}; reduce d1-d2 200 mg", 44, "'200' stands where 'to' and a dose is due"),
        (f"{SORAFENIB}; reduce d1-d2 to 600 mg", 31, "the planned dose is 400 mg; use 'then' for"),
        (f"{SORAFENIB}; reduce d1-d2 to 200 ug", 31, "use the same unit"),
        (f"{SORAFENIB}; then q12h x 3 d", 36, "'q12h' stands where the next dose is due; write"),
        (f"{SORAFENIB}; then 200 x 3 d", 40, "dose 200 has no unit"),
        (f"{SORAFENIB}; then 200 mg", 42, "the text ends where 'x' and a duration is due"),
        (f"{SORAFENIB}; skip 5", 36, "'5' stands where 'dose' or 'every' is due"),
        (f"{SORAFENIB}; skip dosis 5", 36, "unknown word 'dosis'; did you mean 'dose'?"),
        (f"{SORAFENIB}; skip dose x", 41, "'x' stands where the number of a dose is due; write"),
        (f"{SORAFENIB}; skip dose 0", 41, "there is no dose 0; the course of sorafenib has doses"),
        (f"{SORAFENIB}; skip dose 9-5", 41, "doses 9-5 are reversed"),
        (f"{SORAFENIB}; skip dose 1-999999999", 41, "there is no dose 999999999"),
        (f"{SORAFENIB}; skip every 200th dose", 31, "there is no dose 200 for every nth"),
        (f"{SORAFENIB}; dose x late by 3 h", 36, "'x' stands where the number of a dose is due"),
        (f"{SORAFENIB}; dose 7 late", 42, "the text ends where 'late by' is due; expected one of"),
        (f"{SORAFENIB}; dose 7 later by 3 h", 38, "unknown word 'later'; did you mean 'late'?"),
        (f"{SORAFENIB}; dose 7 late by 3", 47, "the text ends where the unit of the delay is due"),
        (f"{SORAFENIB}; dose 7 late by -3 h", 46, "delay is -3; it must be a positive finite"),
        (f"{SORAFENIB}; dose 112 late by 12 h", 31, "it would come after the course"),
        ("sorafenib 400, 200 mg q12h x 5 d", 23, "'q12h' stands where 'at' and the times of the"),
        ("sorafenib 400, 200 mg at 0 h", 1, "2 doses of sorafenib at 1 times; give one dose"),
        ("sorafenib 400 mg at 0, -12 h", 24, "time of a dose is -12; it must be a non-negative"),
        ("sorafenib 400 mg at h", 21, "'h' stands where the time of a dose is due; write e.g."),
        ("sorafenib 400 mg at 0, 12", 26, "the text ends where the unit of the dose times is due"),
        ("sorafenib 400 mg at 0 h; hold d1-d2", 25, "listed doses take no clause; leave the dose"),
    ],
)
def test_errors_tell_column_and_remedy(text: str, column: int, message: str) -> None:
    with pytest.raises(InputError) as error:
        Regimen.parse(text)
    where, _, said = str(error.value).partition(f", column {column}: ")
    assert where == f"regimen '{text}'"
    assert message in said


COMMA = "a comma inside a number can part thousands or decimals; write"


@pytest.mark.parametrize(
    ("text", "column", "message"),
    [
        ("a 1,000 mg bid x 5 d", 3, f"dose of a is 1,000; {COMMA} 1000 or 1.000, or in a list"),
        ("a 1,000,000 mg bid x 5 d", 3, f"dose of a is 1,000,000; {COMMA} 1000000 or 1000.000"),
        ("a 400,5 mg at 0, 12 h", 3, f"dose of a is 400,5; {COMMA} 4005 or 400.5, or in a list a"),
        ("a 4 mg at 0,12 h", 11, f"time of a dose is 0,12; {COMMA} 012 or 0.12"),
        ("a 4 mg q4,8h x 5 d", 9, f"interval is 4,8; {COMMA} 48 or 4.8"),
        ("a 4 mg bid x 1,5 d", 14, f"duration is 1,5; {COMMA} 15 or 1.5"),
        ("a 4 mg bid x 9 d; skip dose 1,000", 29, "number of a dose is 1,000; a comma inside"),
        (
            "a 1 000 mg bid x 5 d",
            5,
            "a number stands after dose 1 where its unit is due; write one",
        ),
        ("a 1.000 mg bid x 5 d", 3, "dose of a is 1.000; its point can part thousands; write 1000"),
        ("a 1.000.000 ug bid x 5 d", 3, "dose of a is 1.000.000; its point can part thousands"),
        ("a 1'000 mg bid x 5 d", 4, "a number stands after dose 1 where its unit is due"),
        ("a 1_000 mg bid x 5 d", 4, "a number stands after dose 1 where its unit is due"),
        ("a 400-600 mg bid x 5 d", 6, "dose 400 to another one; a range is no dose; write one"),
        ("a 400 to 600 mg bid x 5 d", 7, "dose 400 to another one; a range is no dose"),
        ("a 4 mg BIW x 5 d", 8, "'BIW' is not read; it can mean twice a week or every two weeks"),
        ("a 4 mg biweekly x 5 d", 8, "'biweekly' is not read; it can mean twice a week or every"),
        ("a 4 mg twice weekly x 5 d", 8, "'twice weekly' is not read; it does not tell on which"),
        ("a 4 mg tiw x 5 d", 8, "'tiw' is not read; it does not tell on which days, and"),
        ("a 4 mg 3 times a week x 5 d", 8, "'3 times a week' is not read; it does not tell on"),
        ("a 4 mg monthly x 5 d", 8, "'monthly' is not read; months differ in length; write it in"),
        ("a 4 mg bidaily x 5 d", 8, "'bidaily' is not read; it can mean twice a day or every two"),
        ("a 4 mg prn x 5 d", 8, "'prn' is not read; it does not tell when; write an interval"),
        ("a 4 mg qhs x 5 d", 8, "'qhs' is not read; the text knows no time of day"),
        ("a 4 mg per day x 5 d", 8, "'per day' is not read; the amount can be one dose or the"),
        ("a 4 mg /d x 5 d", 8, "'/d' is not read; the amount can be one dose or the sum"),
        ("a 4 mg/day x 5 d", 5, "unknown unit 'mg/day'; it is an amount per time; give the amount"),
        ("a 4 ug/kg/min civ x 5 d", 5, "unknown unit 'ug/kg/min'; it is an amount per time"),
        ("a 4 mg civ q24h x 5 d", 8, "'civ' is not read; an infusion needs its length; write e.g."),
        ("a 4 mg iv infusion q24h x 5 d", 8, "'iv infusion' is not read; an infusion needs"),
        ("a 4 mg im q24h x 5 d", 8, "'im' is not read; this route is not known; routes are oral"),
        ("a 4 IU q24h x 5 d", 5, "unknown unit 'IU'; units are mg"),
        ("a 4 QID x 5 d", 5, "dose 4 has no unit"),
        ("a 4 BIW x 5 d", 5, "dose 4 has no unit"),
        ("a 4 mg quid x 5 d", 8, "'quid' stands where an interval is due; expected one of"),
        ("a 4 mg dail x 5 d", 8, "unknown word 'dail'; did you mean 'daily'?"),
        ("a 4 mg orla bid x 5 d", 8, "unknown word 'orla'; did you mean 'oral'?"),
        ("a 4 mg bid x 2 months", 16, "unknown unit of the duration 'months'; it has no fixed"),
    ],
)
def test_what_can_mean_two_things_is_refused_with_the_reason(
    text: str, column: int, message: str
) -> None:
    with pytest.raises(InputError) as error:
        Regimen.parse(text)
    where, _, said = str(error.value).partition(f", column {column}: ")
    assert where == f"regimen '{text}'"
    assert said.startswith(message)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "the regimen is empty; write none for no treatment"),
        (" \n", "the regimen is empty; write none for no treatment"),
        (5, "regimen 5; a regimen is told in text"),
        (None, "regimen None; a regimen is told in text"),
    ],
)
def test_what_is_no_text(text: str, message: str) -> None:
    with pytest.raises(InputError) as error:
        Regimen.parse(text)
    assert str(error.value) == message


def test_long_texts_are_shortened_around_the_fault() -> None:
    with pytest.raises(InputError) as error:
        Regimen.parse(f"{SORAFENIB} + " * 50 + "b 1 mg hourly x 3 d")
    assert len(str(error.value)) < 300
    assert "b 1 mg hourly" in str(error.value)
    assert "column 1558" in str(error.value)


words = [
    "sorafenib",
    "400",
    "mg",
    "q12h",
    "d1-5/28",
    "x",
    "56",
    "d",
    ";",
    "hold",
    "d14-d21",
    "then",
]
words += [
    "skip",
    "dose",
    "every",
    "4th",
    "late",
    "by",
    "h",
    "+",
    "at",
    "0",
    ",",
    "iv",
    "over",
    "-1",
]
words += ["QID", "once", "twice daily", "every", "biweekly", "civ", "0.4 g", "1,000", "28 days"]
words += ["reduce", "to", "none", "from", "d7", "1e308", "nan", "ſc", "\u2160", "\x1b"]


@given(st.lists(st.sampled_from(words), max_size=14).map(" ".join) | st.text(max_size=30))
def test_any_text_is_a_regimen_or_an_input_error(text: str) -> None:
    try:
        regimen = Regimen.parse(text)
    except InputError:
        return
    assert Regimen.parse(str(regimen)) == regimen
