"""Changes as text, in other units, and of each run its own."""

from __future__ import annotations

import math

import numpy as np
import pytest
import roadrunner
from hypothesis import given
from hypothesis import strategies as st

from il15_sim import Model, simulate
from il15_sim.batch.kernel import Kernel
from il15_sim.errors import InputError
from il15_sim.simulation.dosing import Change

CELL = Model.load("cd4_signalling")
numbers = st.floats(allow_nan=False, allow_infinity=False)
names = st.from_regex(r"[A-Za-z_][A-Za-z0-9_]{0,12}", fullmatch=True)


@given(
    st.floats(0, 1e6),
    names,
    numbers,
    st.sampled_from(["", "body_weight"]),
    st.booleans(),
    st.sampled_from(["", "nM", "cell/uL", "mg", "m**2", "1/h"]),
)
def test_a_change_reads_as_it_is_written(time_h, target, amount, per, sets, unit):
    change = Change(time_h, target, amount, per, sets, unit)
    assert Change.parse(str(change)) == change


@pytest.mark.parametrize(
    ("text", "change"),
    [
        ("il15 = 500 at 0 h", Change(0.0, "il15", 500.0, sets=True)),
        ("il15+500 at 30 min", Change(0.5, "il15", 500.0)),
        ("il15 - 5e-1 nM at 2 d", Change(48.0, "il15", -0.5, unit="nM")),
        (
            "gut + 2 mg/kg times weight at 20min",
            Change(20 / 60, "gut", 2.0, "weight", unit="mg/kg"),
        ),
    ],
)
def test_texts(text, change):
    assert Change.parse(text) == change


READS = "write it like 'il15_soluble = 500 pM at 30 min' or 'sorafenib_gut + 400 at 2 d'"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("il15 500 at 0 h", f"change 'il15 500 at 0 h'; it does not read; {READS}"),
        ("il15 = 1,000 at 0 h", f"change 'il15 = 1,000 at 0 h'; it does not read; {READS}"),
        ("il15 = 5", f"change 'il15 = 5'; it does not read; {READS}"),
        (7, f"change 7; it does not read; {READS}"),
        ("a = 5 at -1 h", "change 'a = 5 at -1 h'; time begins at 0 h"),
        ("a = 1e999 at 1 h", "change 'a = 1e999 at 1 h'; time and amount are finite numbers"),
        (
            "a = 5 at 3 m",
            "change 'a = 5 at 3 m': unknown unit of time 'm'; choose one of: min, h, d",
        ),
    ],
)
def test_what_does_not_read(text, said):
    with pytest.raises(InputError) as error:
        Change.parse(text)
    assert str(error.value) == said


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            "il15_soluble = 5 mg at 0 h",
            "change of 'il15_soluble': a value in 'mg' has no equivalent in 'pM'; "
            "[mass] is not [substance] / [length] ** 3",
        ),
        (
            "il15_solubel = 5 at 0 h",
            "unknown state or parameter 'il15_solubel'; did you mean 'il15_soluble'?",
        ),
    ],
)
def test_what_does_not_fit_the_model(text, said):
    with pytest.raises(InputError) as error:
        simulate(CELL, changes=[Change.parse(text)], until_days=1)
    assert str(error.value) == said


def test_a_hint_never_changes_what_is_given():
    with pytest.raises(InputError) as error:
        simulate(CELL, changes=[Change.parse("il2_soluble = 5 at 0 h")], until_days=1)
    assert "did you mean" not in str(error.value)


def test_a_target_that_is_computed_is_none():
    with pytest.raises(InputError, match=r"^unknown state or parameter 'engaged_share'; "):
        simulate(CELL, changes=[Change.parse("engaged_share = 5 at 0 h")], until_days=1)


def test_a_list_of_changes_for_each_run():
    changes = [[Change.parse("il15_soluble = 5 pM at 0 h")]] * 2
    with pytest.raises(InputError) as error:
        simulate(CELL, parameters=[{}] * 3, changes=changes, until_days=1)
    assert str(error.value) == "2 lists of changes for 3 runs; give one list for each run"


def test_each_run_has_the_numbers_that_it_has_alone_and_in_libroadrunner():
    told = ["il15_soluble = 0.05 nM at 0 h", "il15_soluble = 5 nM at 30 min"]
    changes = [[Change.parse(text)] for text in told] + [[]]
    how = {"times_h": [0.0, 0.5, 2.0, 4.0], "observables": ["pstat5_cd4"], "rtol": 1e-6}
    runs = simulate(CELL, parameters=[{}] * 3, changes=changes, **how)["pstat5_cd4"].values
    for i, own in enumerate(changes):
        alone = simulate(CELL, changes=own, **how)["pstat5_cd4"].values[0]
        np.testing.assert_allclose(runs[i], alone, rtol=1e-5, atol=1e-7)
    for i, (start_h, dose_pM) in enumerate([(0.0, 50.0), (0.5, 5000.0)]):
        engine = roadrunner.RoadRunner(CELL.sbml)
        engine.integrator.relative_tolerance, engine.integrator.absolute_tolerance = 1e-10, 1e-12
        oracle = []
        for t in (0.5, 2.0, 4.0):
            engine.reset()
            engine.setValue("il15_soluble", dose_pM)
            # At its own instant a change is in force: surface complexes follow within seconds.
            if t > start_h:
                engine.simulate(0, t - start_h, 2)
            oracle.append(engine.getValue("pstat5_cd4"))
        np.testing.assert_allclose(runs[i][1:], oracle, rtol=1e-4, atol=1e-7)
    assert (runs[2] == 0.0).all()


DECAY = """<?xml version="1.0"?>
<sbml xmlns="http://www.sbml.org/sbml/level3/version1/core" level="3" version="1">
<model id="d"><listOfParameters>
<parameter id="x" value="0" constant="false"/><parameter id="k" value="0.5" constant="true"/>
</listOfParameters><listOfRules><rateRule variable="x"><math
 xmlns="http://www.w3.org/1998/Math/MathML"><apply><times/><apply><minus/><ci>k</ci></apply>
<ci>x</ci></apply></math></rateRule></listOfRules></model></sbml>"""


@pytest.mark.parametrize(("sample", "added"), [("post", 1.0), ("pre", 0.0)])
def test_an_addition_at_the_time_of_an_output(sample, added):
    changes = [[Change.parse("x + 3 at 0 h"), Change.parse("x + 1 at 90 min")], []]
    runs = simulate(
        Kernel(DECAY, time_unit="h"),
        parameters=[{}] * 2,
        changes=changes,
        times_h=[0.5, 1.5, 2.5],
        sample=sample,
        observables=["x"],
        rtol=1e-7,
    )["x"].values
    want = [3 * math.exp(-0.25), 3 * math.exp(-0.75) + added]
    want += [3 * math.exp(-1.25) + math.exp(-0.5)]
    np.testing.assert_allclose(runs[0], want, rtol=1e-5)
    assert (runs[1] == 0.0).all()


def test_a_unit_that_the_model_does_not_tell():
    with pytest.raises(InputError) as error:
        simulate(
            Kernel(DECAY, time_unit="h"), changes=Change.parse("x + 3 nM at 0 h"), until_days=1
        )
    assert str(error.value) == (
        "change of 'x' in nM; the model tells no unit of it; leave the unit out"
    )
