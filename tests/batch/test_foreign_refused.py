"""What the reference engine refuses of a foreign text, and how runs that fail are told."""

import math

import pytest
import roadrunner

from il15_sim import Change, InputError, simulate
from il15_sim.batch.kernel import Kernel
from il15_sim.simulation import foreign_engine
from il15_sim.simulation.block import STATUS
from tests.batch.sbml_text import (
    compartment,
    initial,
    model,
    parameter,
    part,
    rate,
    reaction,
    rule,
    species,
    unit,
)


def hourly(*parts):
    return model(unit("hour", multiplier=3600), *parts, more=' timeUnits="hour"')


def changing(name, value=None):
    return parameter(name, value, constant=False)


def test_a_parameter_that_something_is_set_from_once_cannot_change():
    kernel = Kernel(
        hourly(
            *(compartment("c"), parameter("k", 1), initial("c", "k + 1")),
            *(changing("x", 1), rate("x", "-x / c")),
        )
    )
    told = (
        "change of 'k'; 'c' is set from it once, by an initial assignment, and would "
        "change with it; vary it by rows"
    )
    for engine in ("batch", "reference"):
        with pytest.raises(InputError, match=told):
            simulate(kernel, times_h=[3.0], changes=Change(1.0, "k", 2.0), engine=engine)


@pytest.mark.parametrize(
    ("formula", "code"),
    [
        ("x^2", "step size too small"),  # reaches infinity after one hour
        ("1 / (x - 1)", "not finite at the start"),
        ("log(x - 2)", "not finite at the start"),
        ("-x", "ok"),
    ],
)
def test_failures_have_one_name(formula, code):
    kernel = Kernel(hourly(changing("x", 1), rate("x", formula)))
    for engine in ("batch", "reference"):
        runs = simulate(kernel, times_h=[3.0], engine=engine)
        assert STATUS[int(runs["status"][0])] == code, engine


def test_what_is_not_finite_after_a_dose_has_one_name():
    kernel = Kernel(hourly(changing("x", 1), rate("x", "-x")))
    for engine in ("batch", "reference"):
        runs = simulate(
            kernel, times_h=[3.0], engine=engine, changes=[Change(1.0, "x", 1.7e308)] * 2
        )
        assert STATUS[int(runs["status"][0])] == "not finite after a dose", engine


def test_an_output_that_is_not_finite_does_not_end_a_run():
    kernel = Kernel(
        hourly(changing("x", 0), changing("r"), rate("x", "1"), rule("r", "x / (time - 1)"))
    )
    for engine in ("batch", "reference"):
        runs = simulate(kernel, times_h=[1.0, 3.0], engine=engine, observables=["r", "x"])
        assert runs["status"][0] == 0
        assert not math.isfinite(runs["r"].values[0, 0])
        assert runs["r"].values[0, 1] == pytest.approx(1.5, rel=1e-6)


@pytest.mark.parametrize(
    ("parts", "told"),
    [
        (
            [
                *(compartment("c", 1), species("D", "c", amount=0), rule("m", "2 * time")),
                reaction("J", "1", [], [part("D", 1, "m"), part("D", 0.5)]),
            ],
            "reaction 'J' on the reference engine; it takes a named stoichiometry of 'D', twice",
        ),
        (
            [
                *(compartment("c", constant=False), rule("c", "2 + time"), rate("S", "-0.5 * S")),
                species("S", "c", concentration=4, boundary=True),
            ],
            "the rate rule for 'S' on the reference engine; it takes a concentration in 'c'",
        ),
    ],
)
def test_what_libroadrunner_gets_wrong_is_refused(parts, told):
    kernel = Kernel(hourly(*parts))
    assert not simulate(kernel, times_h=[1.0])["status"].any()
    with pytest.raises(InputError, match=f"{told}.* use engine='batch'"):
        simulate(kernel, times_h=[1.0], engine="reference")


def test_what_libroadrunner_does_not_read_or_tell_is_refused(monkeypatch):
    kernel = Kernel(hourly(changing("x", 1), rate("x", "-x")), name="decay")
    engine = foreign_engine.ForeignEngine(kernel, {})
    assert engine.shown("x") == "x"
    monkeypatch.setitem(engine._values, "x", "no such id")
    told = "'x' on the reference engine; libRoadRunner does not tell its value; use engine='batch'"
    with pytest.raises(InputError, match=told):
        engine.shown("x")

    def fails(sbml):
        raise RuntimeError("cannot do that\nin virtual void rr")

    monkeypatch.setattr(roadrunner, "RoadRunner", fails)
    told = "model 'decay' on the reference engine; libRoadRunner says: cannot do that; use"
    with pytest.raises(InputError, match=told):
        foreign_engine.ForeignEngine(kernel, {})
