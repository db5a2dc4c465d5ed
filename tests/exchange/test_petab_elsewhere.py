"""What is written means the same to others: their engines find the same likelihood."""

from dataclasses import replace

import numpy as np
import pytest

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


def test_doses_and_areas(tmp_path):
    problem = without_apart(made.dosed(tmp_path))
    assert {r.reads.quantity for r in problem.rows.rows} == {"value", "area"}
    check(problem, tmp_path / "petab", log_likelihood, 1e-5)
