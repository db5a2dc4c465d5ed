"""Problems that others wrote, against densities in closed form."""

import math
import subprocess
import sys

import numpy as np
import pytest
from scipy import stats

from il15_sim import InputError
from il15_sim.exchange import read_petab
from il15_sim.fit import run_fit
from tests.made import petab_files as made
from tests.made.small_models import sbml_of


def log10_normal(measured, predicted, sd):
    """The density of what was measured, whose decadic logarithm is normal."""
    own = stats.norm.logpdf(math.log10(measured), math.log10(predicted), sd)
    return own - math.log(measured * math.log(10))


def likelihood_1(k_fast, k_slow, start_A, offset, scale, sd):
    fast, slow = (lambda t: start_A * math.exp(-k_fast * t)), (lambda t: 5 * math.exp(-k_slow * t))
    seen = ((31, fast(0)), (12, fast(2)), (6.5, slow(1)), (3.5, slow(4)))
    total = sum(log10_normal(m, offset + scale * a, sd) for m, a in seen)
    total += stats.norm.logpdf(14, 2 * 3 * math.log(fast(1)), 0.3)
    return total + stats.norm.logpdf(3.2, scale * 3 * math.log(slow(3)), 0.5)


def likelihood_2(k, dose, sd):
    def log_normal(m, p):
        return stats.lognorm.logpdf(m, 2 * sd, scale=p)

    falls = math.exp(-k)
    given = 10 * falls**2 + dose
    total = log_normal(20, 3 * 10 * falls) + log_normal(40, 3 * given) + log_normal(3, 3 * falls)
    twice = 10 * falls + 2 * dose
    total += stats.norm.logpdf(8, given * falls**2, 0.5)
    total += stats.norm.logpdf(20, twice, 0.7)
    return total + stats.norm.logpdf(15, twice * falls**2, 0.7)


def test_version_1(tmp_path):
    problem = read_petab(made.write(tmp_path, made.ONE), time_unit="d")
    assert {r.where for r in problem.rows.rows} > {f"{tmp_path / 'measurements.tsv'}: line 2"}
    ids = ("k_fast", "k_slow", "start_A", "offset", "scale")
    assert tuple(u.id for u in problem.unknowns) == ids
    prior = problem.unknowns[0].prior
    assert (prior.kind, prior.median) == ("log-normal", pytest.approx(10**-0.3))
    assert prior.second == pytest.approx(0.2 * math.log(10))
    objective = problem.objective()
    for point, sd in (((0.5, 0.2, 20, 0.5, 1.5), 0.1), ((0.3, 0.4, 30, 2.0, 0.8), 0.3)):
        shares = [u.share_of(x) for u, x in zip(problem.unknowns, point, strict=True)]
        found = objective.log_likelihoods(np.array([shares]), np.array([[sd]]))[0]
        assert found == pytest.approx(likelihood_1(*point, sd), rel=1e-5)


def test_version_2(tmp_path):
    problem = read_petab(made.write(tmp_path, made.TWO), time_unit="d")
    assert [u.id for u in problem.unknowns] == ["k", "dose"]
    objective = problem.objective()
    for point, sd in (((0.2, 7.0), 0.1), ((0.5, 3.0), 0.3)):
        shares = [u.share_of(x) for u, x in zip(problem.unknowns, point, strict=True)]
        found = objective.log_likelihoods(np.array([shares]), np.array([[sd]]))[0]
        assert found == pytest.approx(likelihood_2(*point, sd), rel=1e-5)


def test_a_problem_of_others_is_fitted(tmp_path):
    result = run_fit(read_petab(made.write(tmp_path, made.TWO), time_unit="d"), starts=2)
    assert result.frame["parameter"].tolist() == ["k", "dose"]
    k, dose = result.frame["value"]
    assert likelihood_2(k, dose, 0.1) > likelihood_2(0.2, 7.0, 0.1) + 1
    for step in (0.99, 1.01):
        assert likelihood_2(k, step * dose, 0.1) < likelihood_2(k, dose, 0.1) + 0.01


def test_measurements_of_steady_states(tmp_path):
    """All at time inf: each condition is brought to rest."""
    flow = "B' = inflow - loss * B; B = 1; inflow = 3; loss = 0.5;"
    (tmp_path / "flow.xml").write_text(sbml_of(flow))
    text = made.STEADY["measurements.tsv"]
    path = made.write(tmp_path, made.STEADY)
    problem = read_petab(path, time_unit="h")
    assert {r.time_h for r in problem.rows.rows} == {0.0}
    shares = [problem.unknowns[0].share_of(0.8)]
    expected = stats.norm.logpdf(5, 2 / 0.8, 0.5) + stats.norm.logpdf(9, 8 / 0.8, 0.5)
    assert problem.objective().log_likelihood(np.array(shares)) == pytest.approx(expected, rel=1e-5)
    mixed = {**made.STEADY, "measurements.tsv": text.replace("inf", "4", 1)}
    with pytest.raises(InputError, match="time inf is not supported; where all are at inf it is"):
        read_petab(made.write(tmp_path, mixed), time_unit="h")


def test_a_sum_is_told_after_tellurium_was_imported():
    # Its own copy of libSBML takes the types of nodes away from the one that reads formulas.
    code = (
        "import tellurium\n"
        "from il15_sim.exchange.petab_formula import as_sum, parse\n"
        "print(as_sum(parse('gut + 2 * 150 * area - 3', 'here')))"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert found.stdout.splitlines()[-1] == "{'gut': 1.0, 'area': 300.0, '': -3.0}", found.stderr
