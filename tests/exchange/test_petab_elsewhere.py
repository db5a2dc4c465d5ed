"""What is written means the same to others: their engines find the same likelihood."""

import math
import os
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from scipy import integrate, stats

from il15_sim.exchange import write_petab
from il15_sim.fit.rows import Rows
from tests.made import petab_problems as made
from tests.oracles.petab_likelihood import log_likelihood


def without_apart(problem):
    """The problem without what PEtab has no formula for."""
    kept = tuple(r for r in problem.rows.rows if r.reads.quantity != "peak")
    return replace(problem, rows=Rows(kept, problem.rows.source))


def by_parameter(problem, folder, shares, size):
    """A point as values by the parameters of a written problem."""
    ids = [line.split("\t")[0] for line in (folder / "parameters.tsv").read_text().split("\n")]
    found = {}
    for u, share in zip(problem.unknowns, shares, strict=True):
        name = u.id if u.id in ids else f"{u.id}_estimated"
        found[name] = float(u.value_at(share))
    return found | {name: size for name in ids if name.startswith("error_")}


def check(problem, folder, other, rtol):
    write_petab(problem, folder)
    objective = problem.objective()
    for shares in made.points(problem, 2):
        size = np.full((1, len(objective.rows.sizes)), 0.3)
        expected = objective.log_likelihoods(shares[None], size)[0]
        found = other(folder, by_parameter(problem, folder, shares, 0.3))
        assert found == pytest.approx(expected, rel=rtol)


def test_a_dish(tmp_path):
    check(made.dish(tmp_path), tmp_path / "petab", log_likelihood, 1e-5)


def test_estimates_of_groups(tmp_path):
    problem = made.cells(tmp_path)
    own = tuple(replace(u, id=u.id.replace(" ", "_")) for u in problem.unknowns)
    check(replace(problem, unknowns=own), tmp_path / "petab", log_likelihood, 1e-5)


def test_doses_and_areas(tmp_path):
    problem = without_apart(made.dosed(tmp_path))
    assert {r.reads.quantity for r in problem.rows.rows} == {"value", "area"}
    check(problem, tmp_path / "petab", log_likelihood, 1e-5)


def test_the_factor_of_a_cohort(tmp_path):
    """A parameter with a prior there, integrated out here: over it the likelihoods are one."""
    shipped = made.shipped()
    others = [s for s in shipped.studies if s not in ("hornecker2012", "flaherty2011")]
    problem = shipped.without(others)
    kept = tuple(r for r in problem.rows.rows if r.used and r.arm == "hornecker2012_400mg")
    problem = replace(problem, rows=Rows(kept, problem.rows.source))
    written = write_petab(problem, tmp_path / "petab")
    assert (written.measurements, written.apart) == (len(kept), 0)
    shares = made.points(problem, 1)[0]
    point = by_parameter(problem, tmp_path / "petab", shares, 0.0)
    logs = np.array([-0.5, 0.0, 0.5, 1.0])
    each = [
        log_likelihood(tmp_path / "petab", {**point, "factor_hornecker2012_400mg": math.exp(x)})
        for x in logs
    ]
    # Errors of the logarithm are normal: a parabola, which is easy to integrate.
    parabola = np.polyfit(logs[:3], each[:3], 2)
    assert np.polyval(parabola, 1.0) == pytest.approx(each[3], rel=1e-6)

    def joint(x):
        return math.exp(np.polyval(parabola, x)) * stats.norm.pdf(x, 0, problem.omega)

    found = math.log(integrate.quad(joint, -4, 4, points=[0.0], epsabs=0)[0])
    assert found == pytest.approx(problem.objective().log_likelihood(shares), rel=1e-5)


@pytest.mark.slow
@pytest.mark.parametrize(("make", "smallest"), [(made.dish, 1e-12), (made.dosed, 1e-8)])
def test_amici(tmp_path, monkeypatch, make, smallest):
    """Skipped where AMICI is not installed; it compiles C++ for half a minute.

    Its steps do not get over a dose where the absolute tolerance is small.
    """
    pytest.importorskip("amici")
    from amici.importers.petab import PetabImporter
    from petab.v2 import Problem

    # The SWIG that AMICI was built with, and no other one of the machine.
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    monkeypatch.setenv("PATH", path)
    monkeypatch.setenv("CXXFLAGS", "-O1")
    made_before = []

    def amici(folder, point):
        if not made_before:
            given = Problem.from_yaml(folder / "problem.yaml")
            simulator = PetabImporter(given, output_dir=tmp_path / "amici").create_simulator()
            simulator.solver.set_relative_tolerance(1e-8)
            simulator.solver.set_absolute_tolerance(smallest)
            simulator.solver.set_relative_tolerance_steady_state(1e-10)
            simulator.solver.set_absolute_tolerance_steady_state(1e-14)
            made_before.append(simulator)
        return made_before[0].simulate(point).llh

    check(without_apart(make(tmp_path)), tmp_path / "petab", amici, 1e-5)
