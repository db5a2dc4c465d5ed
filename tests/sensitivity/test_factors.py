"""Factors of a model: ranges and distributions from its table, and what is refused."""

import csv
import math
from dataclasses import replace

import numpy as np
import pytest
from scipy import stats

from il15_sim import InputError, Model
from il15_sim.files.resources import models_dir
from il15_sim.model.parameters import ParameterTable
from il15_sim.sensitivity import Factor, factors
from tests.sensitivity.known_functions import ISHIGAMI_MODEL, model_of

PK = Model.load("sorafenib_pk")


def with_prior(name, prior, numbers):
    rows = [
        replace(p, prior=prior, prior_parameters=numbers) if p.id == name else p
        for p in PK.parameters.parameters
    ]
    return replace(PK, parameters=ParameterTable(tuple(rows)))


def test_bounds_and_priors_are_those_of_the_table():
    for factor in factors(PK):
        row = PK.parameters[factor.name]
        assert (factor.low, factor.high) == (row.lower, row.upper)
        wide = row.lower > 0 and row.upper / row.lower > 10.001
        assert factor.distribution == (row.prior or ("log-uniform" if wide else "uniform"))
        assert factor.parameters == row.prior_parameters


def test_between_bounds_that_are_given_a_prior_does_not_count():
    (own,) = factors(PK, bounds={"sorafenib_clearance": (4.0, 8.0)}, names="sorafenib_clearance")
    assert PK.parameters["sorafenib_clearance"].prior
    assert own == Factor("sorafenib_clearance", 4.0, 8.0, "uniform")


def test_settings_and_fixed_parameters_are_not_swept_unless_named():
    patient = Model.load("patient")
    found = {factor.name for factor in factors(patient)}
    kept_out = {
        "sorafenib_infusion_rate", "temozolomide_infusion_rate", "agonist_infusion_rate",
        "conversion_switch", "expansion_switch", "body_weight", "mica_expression",
        "nM_per_mM_factor",
    }  # fmt: skip
    assert found & kept_out == set()
    with (models_dir() / "parameters.tsv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))
    free = [row for row in rows if float(row["lowerBound"]) < float(row["upperBound"])]
    assert found == {row["parameterId"] for row in free if row["kind"] != "setting"}
    assert {"sorafenib_volume", "progenitor_kill", "sorafenib_fraction_unbound"} <= found
    (named,) = factors(patient, "conversion_switch")
    assert (named.low, named.high, named.distribution) == (0.0, 1.0, "uniform")


def test_parameters_can_be_chosen_by_their_kind():
    patient = Model.load("patient")
    everything = {factor.name for factor in factors(patient)}
    for kind in ("fitted", ["measured", "derived"]):
        asked = [kind] if isinstance(kind, str) else kind
        found = {factor.name for factor in factors(patient, kinds=kind)}
        assert found == {n for n in everything if patient.parameters[n].kind in asked}
    # What is named comes beside them, also what is never swept otherwise.
    both = [factor.name for factor in factors(patient, ["conversion_switch"], kinds="fitted")]
    assert set(both) - {factor.name for factor in factors(patient, kinds="fitted")} == {
        "conversion_switch"
    }


def test_a_module_knows_its_settings_by_its_own_names():
    found = {factor.name for factor in factors(Model.load("il15ra_induction"))}
    assert "il15ra_induction_max" in found
    assert "il15ra_inducibility" not in found


def test_exactly_a_decade_is_uniform():
    spread = {"sorafenib_volume": (0.3, 3.0), "sorafenib_clearance": (0.3, 3.01)}
    one, other = factors(PK, [*spread], bounds=spread)
    assert (one.distribution, other.distribution) == ("uniform", "log-uniform")


def test_bounds_distributions_and_groups_can_be_given():
    found = factors(
        PK,
        ["sorafenib_volume", "sorafenib_clearance", "nM_per_mM_factor"],
        bounds={"sorafenib_volume": (100, 200), "nM_per_mM_factor": (9e5, 1.1e6)},
        distributions={"sorafenib_volume": ("normal", 150, 20), "sorafenib_clearance": "uniform"},
        groups={"disposition": ["sorafenib_volume", "sorafenib_clearance"]},
    )
    assert found == (
        Factor("sorafenib_volume", 100.0, 200.0, "normal", (150.0, 20.0), "disposition"),
        Factor("sorafenib_clearance", 0.8, 20.0, "uniform", (), "disposition"),
        Factor("nM_per_mM_factor", 9e5, 1.1e6),
    )


def test_a_prior_of_the_table_is_the_distribution():
    model = with_prior("sorafenib_volume", "log-normal", (5.0, 0.3))
    (found,) = factors(model, "sorafenib_volume")
    assert (found.distribution, found.parameters) == ("log-normal", (5.0, 0.3))


@pytest.mark.parametrize(
    ("distribution", "numbers", "law"),
    [
        ("uniform", (0.5, 8.0), stats.uniform(0.5, 7.5)),
        ("log-uniform", (0.5, 8.0), stats.loguniform(0.5, 8.0)),
        ("normal", (2.0, 1.5), stats.norm(2.0, 1.5)),
        ("log-normal", (0.5, 0.7), stats.lognorm(0.7, scale=math.exp(0.5))),
        ("laplace", (2.0, 0.8), stats.laplace(2.0, 0.8)),
        ("cauchy", (2.0, 0.8), stats.cauchy(2.0, 0.8)),
        ("gamma", (2.0, 1.2), stats.gamma(2.0, scale=1.2)),
        ("chisquare", (3.0,), stats.chi2(3.0)),
        ("exponential", (2.0,), stats.expon(scale=2.0)),
        ("rayleigh", (2.0,), stats.rayleigh(scale=2.0)),
    ],
)
def test_values_follow_the_distribution_between_the_bounds(distribution, numbers, law):
    factor = Factor("p", 1.0, 6.0, distribution, numbers)
    unit = np.linspace(0.0, 1.0, 11)
    found = factor.values(unit)
    assert (found[0], found[-1]) == pytest.approx((1.0, 6.0))
    share = (law.cdf(found) - law.cdf(1.0)) / (law.cdf(6.0) - law.cdf(1.0))
    assert share == pytest.approx(unit, abs=1e-9)


def test_a_log_laplace_is_a_laplace_of_the_logarithm():
    factor = Factor("p", 1.0, 6.0, "log-laplace", (0.5, 0.7))
    unit = np.linspace(0.0, 1.0, 11)
    law = stats.laplace(0.5, 0.7)
    low, high = law.cdf(0.0), law.cdf(math.log(6.0))
    share = (law.cdf(np.log(factor.values(unit))) - low) / (high - low)
    assert share == pytest.approx(unit, abs=1e-9)


def test_an_unbounded_tail_is_finite_at_both_ends():
    factor = Factor("p", -50.0, 50.0, "normal", (0.0, 1.0))
    assert factor.values(np.array([0.0, 1.0])).tolist() == [-50.0, 50.0]


def test_a_kernel_has_the_factors_that_are_given_bounds():
    kernel = model_of(ISHIGAMI_MODEL)
    found = factors(kernel, bounds={"x1": (0, 1), "x3": (1, 100)})
    assert found == (Factor("x1", 0, 1), Factor("x3", 1, 100, "log-uniform"))
    with pytest.raises(InputError, match=r"parameter 'x2' has no bounds; give bounds=\{'x2'"):
        factors(kernel, ["x2"])
    with pytest.raises(InputError, match="no factor; name parameters, with bounds"):
        factors(kernel)
    with pytest.raises(InputError, match="kinds of a Kernel; it has no table; name parameters"):
        factors(kernel, kinds="fitted")


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        ({"names": ["sorafenib_volum"]}, "names: unknown parameter .* mean 'sorafenib_volume'"),
        ({"names": ["sorafenib_volume"] * 2}, "factor 'sorafenib_volume' is named twice"),
        ({"names": []}, "no factor"),
        ({"kinds": "fited"}, "unknown kind 'fited'; did you mean 'fitted'"),
        (
            {"kinds": ["fitted", "inputs"]},
            "kind 'inputs'; settings say what is given, who the patient is and which link is on: "
            "they are varied only where they are named; name their ids",
        ),
        ({"kinds": ["setting"]}, "kind 'setting'; settings say what is given"),
        ({"kinds": "switch"}, "kind 'switch'; settings say"),
        (
            {"kinds": "derived", "bounds": {"sorafenib_volume": (30, 40)}},
            "bounds of 'sorafenib_volume'; it is not among the factors",
        ),
        (
            {"names": ["nM_per_mM_factor"]},
            r"parameter 'nM_per_mM_factor' is fixed; its bounds in the table are both 1e\+06 nM/mM;"
            r" give bounds=\{'nM_per_mM_factor': \(low, high\)\}",
        ),
        ({"bounds": {"volume": (1, 2)}}, "bounds: unknown parameter 'volume'"),
        (
            {"names": ["sorafenib_volume"], "bounds": {"sorafenib_clearance": (1, 2)}},
            "bounds of 'sorafenib_clearance'; it is not among the factors",
        ),
        ({"bounds": {"sorafenib_volume": (2, 2)}}, "bounds of 'sorafenib_volume' are both 2"),
        ({"bounds": {"sorafenib_volume": (3, 2)}}, "reversed bounds of 'sorafenib_volume': 3 > 2"),
        ({"bounds": {"sorafenib_volume": (3, math.inf)}}, "must be finite numbers"),
        ({"bounds": {"sorafenib_volume": (3, "4")}}, "must be finite numbers"),
        ({"bounds": {"sorafenib_volume": 3}}, r"bounds 3 of 'sorafenib_volume'; give \(low, high"),
        ({"bounds": {"sorafenib_volume": (-1, 2)}}, "bounds: value -1 of .* is negative"),
        (
            {"distributions": {"sorafenib_volume": "norml"}},
            "'sorafenib_volume': unknown distribution 'norml'; did you mean 'normal'",
        ),
        (
            {"distributions": {"sorafenib_volume": ("normal", 3)}},
            "'normal' of 'sorafenib_volume' has 1 parameters; it takes 2: mean, sd",
        ),
        ({"distributions": {"sorafenib_volume": ("normal", 3, "x")}}, "give numbers"),
        ({"distributions": {"sorafenib_volume": ("normal", 3, 0)}}, "sd is positive"),
        ({"distributions": {"sorafenib_volume": ("gamma", -1, 2)}}, "positive, and all are finite"),
        ({"distributions": {"sorafenib_volume": ("normal", math.nan, 1)}}, "all are finite"),
        ({"distributions": {"sorafenib_volume": ("uniform", 9, 8)}}, "the lower end comes first"),
        (
            {"distributions": {"sorafenib_volume": ("uniform", 1, 2)}},
            "has nothing between its bounds 30 and 420",
        ),
        (
            {
                "bounds": {"sorafenib_volume": (0, 2)},
                "distributions": {"sorafenib_volume": "log-uniform"},
            },
            "'log-uniform' of 'sorafenib_volume' from 0; zero has no logarithm; give a positive",
        ),
        (
            {"distributions": {"sorafenib_volume": 5}},
            "distribution 5 of 'sorafenib_volume'; give a name, or a name with its parameters",
        ),
        ({"distributions": {"sorafenib_volume": ()}}, r"distribution \(\) of 'sorafenib_volume'"),
        ({"groups": ["sorafenib_volume"]}, r"groups \['sorafenib_volume'\]; give \{\"group\":"),
        ({"groups": {"g": ["sorafenib_volum"]}}, "group 'g': unknown factor 'sorafenib_volum'"),
        (
            {"groups": {"g": ["sorafenib_volume"], "h": ["sorafenib_volume"]}},
            "factor 'sorafenib_volume' is in the groups 'g' and 'h'",
        ),
        ({"groups": {"sorafenib_volume": []}}, "group 'sorafenib_volume'; a group needs a name"),
    ],
)
def test_bad_factors_are_told(asked, told):
    with pytest.raises(InputError, match=told):
        factors(PK, **asked)
