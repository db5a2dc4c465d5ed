"""The rivals of sorafenib's kinetics: each is the shipped module with some lines changed."""

import runpy

import numpy as np
import pytest

from il15_sim import Model, Regimen, simulate
from il15_sim.files.resources import experiments_dir
from il15_sim.fit import read_fit

SCRIPT = runpy.run_path(str(experiments_dir() / "compare_sorafenib_structures.py"))
UNKNOWNS = {"saturable": 10, "peripheral": 10, "bile_emptying": 9}


@pytest.mark.parametrize("name", SCRIPT["RIVALS"])
def test_a_rival_is_read_and_gives_another_course(name, tmp_path):
    path, models = SCRIPT["write_rival"](name, tmp_path)
    assert len(read_fit(path, models_dir=models).unknowns) == UNKNOWNS.get(name, 8)
    level, regimen = "sorafenib_total_mg_per_L", Regimen.parse("sorafenib 400 mg q12h x 2 d")
    ours, other = (
        simulate(model, regimen, observables=level, times_h=[9, 30, 50]).values.ravel()
        for model in (
            Model.load("sorafenib_pk", variants=()),
            Model.load("sorafenib_pk", models_dir=models, variants=()),
        )
    )
    assert np.all(other > 0)
    # Only a parameter that is free instead of fixed leaves the start values as they are.
    assert np.allclose(ours, other, rtol=1e-3) == (name == "bile_emptying")
