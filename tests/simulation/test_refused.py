"""What `simulate` refuses, and the sentence with which it does."""

import numpy as np
import pandas as pd
import pytest

from il15_sim import InputError, Model, ParameterRows, Regimen, simulate
from il15_sim.endpoints import cmax
from il15_sim.simulation.grid import MAX_DAYS

PK = Model.load("sorafenib_pk")
TOTAL = "sorafenib_total_mg_per_L"
DAY = Regimen.parse("sorafenib 400 mg q12h x 1 d")
TMZ_DAY = Regimen.oral("temozolomide", dose_mg=100, every_h=24, days=1)
NAN, INF = float("nan"), float("inf")
REFUSED = [
    ({"observables": ["sorafenib_free"]}, "unknown observable 'sorafenib_free'; did you mean"),
    ({"observables": ["sorafenib_volume"]}, "unknown observable 'sorafenib_volume'"),
    ({"observables": []}, "nothing to report; name observables or endpoints"),
    ({"parameters": {"volume": 1.0}}, "unknown parameter 'volume'"),
    ({"parameters": {"sorafenib_volum": 1.0}}, "did you mean 'sorafenib_volume'"),
    ({"parameters": {"sorafenib_gut": 1.0}}, "unknown parameter 'sorafenib_gut'"),
    ({"parameters": {"sorafenib_volume": NAN}}, "volume' is not a finite number: nan"),
    ({"parameters": {"sorafenib_volume": -INF}}, "volume' is not a finite number: -inf"),
    ({"parameters": {"sorafenib_volume": 10**400}}, "volume' is not a finite number: inf"),
    (
        {"parameters": {"sorafenib_volume": "big"}},
        "value of 'sorafenib_volume' is not a number: 'big'",
    ),
    *[
        ({"parameters": {"sorafenib_volume": v}}, "value of 'sorafenib_volume' is not a number")
        for v in (None, True, np.True_, "1_0", b"70", np.timedelta64(1, "h"), 1j, [1.0])
    ],
    ({"parameters": [{"sorafenib_gut": 1.0}]}, "unknown parameter 'sorafenib_gut'"),
    ({"parameters": 5}, "parameters of type int; give a DataFrame"),
    ({"parameters": "volume"}, "parameters of type str; give a DataFrame"),
    ({"parameters": [None]}, "parameters of type list; give a DataFrame"),
    ({"names": ["a", "b"]}, "2 names for 1 runs; give one per run"),
    ({"sample": "pre"}, "sample='pre' without times_h; the default grid holds every dose"),
    ({"start": [0.0, 0.0, -2.0, 0.0, 0.0]}, r"start of '\w+' is -2; no state is ever below"),
    *[({"until_days": d}, "a horizon is a positive number of days") for d in (0, -1, NAN, INF)],
    ({"until_days": MAX_DAYS + 1}, "at most 18262"),
    *[({"until_days": d}, "it must be a number of days") for d in ("3", True, b"3")],
    ({"until_days": "month"}, "until_days='month'; it must be a number of days"),
    ({"times_h": []}, "at least one"),
    ({"times_h": [[1.0]]}, "at least one"),
    ({"times_h": ["noon"]}, "it must be a list of numbers"),
    *[({"times_h": t}, "times_h; it must be a list of finite numbers") for t in ([NAN], [INF])],
    ({"times_h": [2, 1]}, "times_h from 2 to 1 h; times must increase and lie in the run, 0-1 h"),
    ({"times_h": [1, 1]}, "times must increase"),
    ({"times_h": [-1, 1]}, "times_h from -1 to 1 h; times must increase and lie in the run"),
    ({"sample": "all"}, "unknown sample 'all'; choose one of: both, post, pre"),
    ({"times_h": [1e9]}, r"times up to 1e\+09 h; more than 18262 days"),
    *[({"rtol": r}, "a relative tolerance lies in") for r in (0, -1e-6, NAN, 1, 1e-13, "x", None)],
]


@pytest.mark.parametrize(("options", "text"), REFUSED, ids=lambda x: str(x)[:40])
def test_options_that_are_refused(options, text):
    with pytest.raises(InputError, match=text):
        simulate(PK, DAY, **options)


@pytest.mark.parametrize(
    ("regimens", "text"),
    [
        ([], "no regimen to simulate; give one, or"),
        (5, "5 is not a regimen"),
        ("sorafenib 400 mg", "is not a regimen; read text with Regimen.parse"),
        ([DAY, None], "None is not a regimen"),
        (None, "a run from 0 to 0 h; it begins at 0 h or later.*give until_days"),
        (Regimen.none(), "a run from 0 to 0 h"),
        (TMZ_DAY, "unknown drug 'temozolomide'; choose one of: sorafenib"),
        (
            Regimen.bolus("sorafenib", dose_mg=1, every_h=12, days=1),
            "unknown route of sorafenib 'iv'; choose one of: infusion, oral",
        ),
        (
            Regimen.parse("sorafenib 4 mg/kg q12h x 1 d"),
            "no parameter 'body_weight'; give the dose in mg",
        ),
    ],
    ids=str,
)
def test_regimens_that_are_refused(regimens, text):
    with pytest.raises(InputError, match=text):
        simulate(PK, regimens)


PATIENTS = pd.DataFrame({"sorafenib_volume": [80.0, 90.0, 100.0]}, index=["Ann", "Bob", "Ann"])
OWN = "give each a name of its own"
TWICE = {
    "names": (
        lambda: simulate(PK, [DAY] * 3, names=["a", "b", "a"]),
        f"two runs are called 'a'; {OWN}",
    ),
    "as text": (lambda: simulate(PK, [DAY] * 2, names=[1, "1"]), f"two runs are called '1'; {OWN}"),
    "regimens": (lambda: simulate(PK, {1: DAY, "1": DAY}), f"two regimens are called '1'; {OWN}"),
    "index": (
        lambda: simulate(PK, DAY, PATIENTS),
        r"two rows are called 'Ann'; number the rows of the parameter table anew with reset_index",
    ),
    "rows": (
        lambda: ParameterRows(2, (), lambda a, b: np.zeros((b - a, 0)), "", ("a", "a")),
        f"two runs are called 'a'; {OWN}",
    ),
    "renamed": (
        lambda: simulate(PK, [DAY] * 2).renamed(["a", "a"]),
        f"two runs are called 'a'; {OWN}",
    ),
    "selected": (lambda: simulate(PK, [DAY] * 2).select(0, 0), f"two runs are called .*; {OWN}"),
    "endpoints": (
        lambda: simulate(PK, DAY, endpoints=[cmax(TOTAL), cmax(TOTAL)]),
        f"two endpoints are called 'cmax_{TOTAL}'; use Endpoint.named",
    ),
}


@pytest.mark.parametrize(("call", "text"), TWICE.values(), ids=TWICE)
def test_a_name_that_stands_twice_is_refused(call, text):
    with pytest.raises(InputError, match=text):
        call()


def test_names_of_another_number_than_the_runs_are_refused():
    with pytest.raises(InputError, match="1 names for 2 runs; give one per run"):
        simulate(PK, [DAY] * 2).renamed(["a"])
    with pytest.raises(InputError, match="1 names for 2 runs; give one per run"):
        ParameterRows(2, (), lambda a, b: np.zeros((b - a, 0)), "", ("a",))


def test_a_start_below_zero_is_told_with_its_row_and_state():
    start = np.ones((2, len(PK.states)))
    start[1, 2] = -1.0
    with pytest.raises(InputError, match=rf"start of '{PK.states[2]}' in row 1 is -1; no state is"):
        simulate(PK, DAY, [{}, {}], start=start)
    # As a run may end: within its error.
    start[1, 2] = -1e-9
    assert simulate(PK, DAY, [{}, {}], start=start).status == ("ok", "ok")
