"""The PEtab test suite, of version 1: the likelihood that each of its cases states.

Skipped where the package `petabtests` is not installed.
"""

from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest
import yaml

from il15_sim.exchange import read_petab
from il15_sim.exchange.petab_parameters import read_parameters
from il15_sim.exchange.petab_tables import Tables

FOUND = find_spec("petabtests")
ROOT = Path(*FOUND.submodule_search_locations) if FOUND else Path("absent")
CASES = sorted(ROOT.glob("cases/v1.0.0/sbml/*/_????.yaml"))


@pytest.mark.slow
@pytest.mark.skipif(not CASES, reason="petabtests is not installed")
def test_the_suite_is_there():
    assert len(CASES) >= 18


@pytest.mark.slow
@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_a_case(path):
    stated = yaml.safe_load(path.with_name(f"{path.stem}_solution.yaml").read_text())
    problem, tables = read_petab(path), Tables.read(path)
    objective, nominal = problem.objective(), read_parameters(tables.parameters, 1)
    shares = np.array([[u.share_of(u.start) for u in problem.unknowns]])
    sizes = np.array([[nominal[name].start for name in objective.rows.sizes]])
    found = objective.log_likelihoods(shares, sizes)[0]
    assert found == pytest.approx(stated["llh"], abs=stated["tol_llh"])
