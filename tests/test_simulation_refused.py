"""What `simulate` refuses, and the sentence with which it does."""

import pytest

from il15_sim import InputError, Model, Regimen, simulate
from il15_sim.simulation import MAX_DAYS

PK = Model.load("sorafenib_pk")
DAY = Regimen.parse("sorafenib 400 mg q12h x 1 d")
TMZ_DAY = Regimen.oral("temozolomide", dose_mg=100, every_h=24, days=1)
NAN, INF = float("nan"), float("inf")
REFUSED = [
    ({"observables": ["sorafenib_free"]}, "unknown observable 'sorafenib_free'; did you mean"),
    ({"observables": ["sorafenib_volume"]}, "unknown observable 'sorafenib_volume'"),
    ({"observables": []}, "no observable to report; name one"),
    ({"overrides": {"volume": 1.0}}, "unknown parameter 'volume'"),
    ({"overrides": {"sorafenib_volum": 1.0}}, "did you mean 'sorafenib_volume'"),
    ({"overrides": {"sorafenib_gut": 1.0}}, "unknown parameter 'sorafenib_gut'"),
    (
        {"overrides": {"sorafenib_volume": NAN}},
        "value of 'sorafenib_volume' is not a finite number: nan",
    ),
    (
        {"overrides": {"sorafenib_volume": -INF}},
        "value of 'sorafenib_volume' is not a finite number: -inf",
    ),
    (
        {"overrides": {"sorafenib_volume": 10**400}},
        "of 'sorafenib_volume' is not a finite number: inf",
    ),
    (
        {"overrides": {"sorafenib_volume": True}},
        "value of 'sorafenib_volume' is not a number: True",
    ),
    (
        {"overrides": {"sorafenib_volume": "big"}},
        "value of 'sorafenib_volume' is not a number: 'big'",
    ),
    ({"overrides": {"sorafenib_volume": None}}, "is not a number"),
    ({"overrides": [{}, {}]}, "2 overrides for 1 runs; give one per run"),
    ({"overrides": 5}, "overrides 5; give one mapping"),
    ({"overrides": "volume"}, "overrides 'volume'; give one mapping"),
    ({"overrides": [None]}, r"overrides \[None\]; give one mapping"),
    ({"names": ["a", "b"]}, "2 names for 1 runs; give one per run"),
    *[({"until_days": d}, "a horizon is a positive number of days") for d in (0, -1, NAN, INF)],
    ({"until_days": MAX_DAYS + 1}, "at most 18262"),
    ({"until_days": "month"}, "until_days='month'; it must be a number of days"),
    ({"until_days": 1, "times_h": [1]}, "both until_days and times_h are given; give one"),
    ({"times_h": []}, "at least one time"),
    ({"times_h": [[1.0]]}, "at least one time"),
    ({"times_h": 5}, "at least one time"),
    ({"times_h": ["noon"]}, "it must be a list of numbers"),
    *[({"times_h": t}, "finite, not negative and not dec") for t in ([-1], [2, 1], [NAN], [INF])],
    ({"times_h": [1e9]}, r"times_h up to 1e\+09 h; more than 18262 days"),
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
        (None, "no regimen to simulate"),
        (5, "5 is not a regimen"),
        ("sorafenib 400 mg", "is not a regimen; read text with Regimen.parse"),
        ([DAY, None], "None is not a regimen"),
        (Regimen.none(), "until_days=0.0; a horizon is a positive number"),
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
