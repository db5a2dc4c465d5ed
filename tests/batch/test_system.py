"""What an SBML model means: against libRoadRunner, and by hand where that is known to be wrong."""

import math
from itertools import pairwise

import numpy as np
import pytest
import roadrunner

import il15_sim
from il15_sim.batch.equations.derivative import gradients
from il15_sim.batch.equations.system import read_system
from tests.batch.sbml_text import (
    compartment,
    function,
    initial,
    model,
    parameter,
    part,
    rate,
    reaction,
    rule,
    species,
)


def given(system):
    """The parameters' values, and the state variables that they start with."""
    parameters = np.array(system.parameter_values)
    none = np.zeros(len(system.states))
    start = system.expressions.evaluate(system.start, none, parameters, 0.0)
    return parameters, np.array([float(x) for x in start])


def values(system, states=None, at=0.0, **parameters):
    """The value of every id; parameters by id instead of those of the document."""
    numbers, start = given(system)
    for name, number in parameters.items():
        numbers[system.parameters.index(name)] = number
    states = start if states is None else states
    found = system.expressions.evaluate(list(system.values.values()), states, numbers, at)
    return dict(zip(system.values, map(float, found), strict=True))


def rates(system, states=None, at=0.0):
    numbers, start = given(system)
    states = start if states is None else states
    found = system.expressions.evaluate(system.rates, states, numbers, at)
    return dict(zip(system.states, map(float, found), strict=True))


def starts(system):
    return dict(zip(system.states, given(system)[1].tolist(), strict=True))


BASIC = [
    compartment("c", 2),
    species("A", "c", amount=3),
    species("B", "c", concentration=5),
    parameter("k", 0.3),
]

MODELS = {
    "concentrations": [*BASIC, reaction("J", "c*k*A*B", [part("A", 2)], ["B"])],
    "amounts": [
        compartment("c", 2),
        species("A", "c", amount=3, only_amount=True),
        species("B", "c", concentration=5, only_amount=True),
        species("W", "c", amount=4, boundary=True),
        species("X", "c", concentration=4, boundary=True, constant=True),
        species("Y", "c", concentration=4, boundary=True, only_amount=True),
        parameter("k", 0.3),
        reaction("J", "c*k*A*B*W + X + Y", [part("A", 2), "W"], ["B", "Y"]),
    ],
    "a compartment that grows": [
        compartment("c", 2, constant=False),
        species("A", "c", amount=3),
        species("B", "c", concentration=5),
        species("W", "c", amount=4, boundary=True),
        species("X", "c", concentration=4, boundary=True, constant=True),
        species("R", "c", concentration=4, boundary=True),
        parameter("k", 0.3),
        rate("c", "0.1*c"),
        rate("R", "-0.2*R + A"),
        reaction("J", "k*A*B + W*X*0.1", [part("A", 2)], ["B"]),
    ],
    "a compartment under an assignment rule": [
        compartment("c", constant=False),
        species("A", "c", amount=3),
        species("B", "c", concentration=5),
        species("W", "c", amount=4, boundary=True),
        species("Q", "c", boundary=True, only_amount=True),
        parameter("k", 0.3),
        rule("c", "2 + sin(time)"),
        rule("Q", "A*3"),
        reaction("J", "k*A*B + W*0.1 + Q", [part("A", 2)], ["B", "Q"]),
    ],
    "a compartment that a species fills": [
        compartment("c", constant=False),
        species("A", "c", amount=3, only_amount=True),
        species("B", "c", concentration=5),
        rule("c", "1 + 0.1*A"),
        reaction("J", "0.2*A*B", [part("A", 2)], ["B"]),
    ],
    "conversion factors": [
        compartment("c", 2),
        species("A", "c", amount=3, factor="f"),
        species("B", "c", concentration=5),
        parameter("k", 0.3),
        parameter("f", 3),
        parameter("g", 5),
        reaction("J", "c*k*A*B", [part("A", 2)], ["B"]),
    ],
    "stoichiometries with names": [
        *BASIC,
        species("D", "c", concentration=5),
        initial("n2", "k*7"),
        rule("n1", "2 + time"),
        rate("n3", "0.1"),
        reaction(
            "J",
            "c*k*A*B + 0.1*n1*n2",
            [part("A", 2, "n1")],
            [part("B", None, "n2"), part("D", 1, "n3"), "A"],
        ),
        reaction("J2", "J*n4", [part("A", 1.5, "n4")], ["A"]),
    ],
    "starts that need each other": [
        *BASIC,
        species("D", "c"),
        parameter("a"),
        parameter("b"),
        parameter("d", constant=False),
        initial("a", "b*2 + A"),
        initial("b", "k + time + 3 + J"),
        initial("c", "k*10"),
        initial("D", "a + d"),
        rule("d", "B*2 + a"),
        reaction("J", "c*k*A*B", [part("A", 2)], ["B"]),
        reaction("J2", "0.1*D", ["D"]),
    ],
    "rules out of order": [
        parameter("x", 1, constant=False),
        parameter("a", constant=False),
        parameter("b", constant=False),
        parameter("k", 2),
        rule("a", "b + x"),
        rule("b", "k*time"),
        rate("x", "-a*x"),
    ],
    "names that hide others": [
        *BASIC,
        function("f", "lambda(A, c, g(A)*c + g(c))"),
        function("g", "lambda(k, k*2)"),
        reaction(
            "J",
            "c*k*A*B*f(k, c)",
            [part("A", 2)],
            ["B"],
            local='<localParameter id="k" value="0.05"/><localParameter id="c" value="1.5"/>',
        ),
    ],
    "compartments without dimensions": [
        compartment("c", 1, dimensions=0),
        species("A", "c", amount=3, only_amount=True),
        parameter("k", 0.3),
        reaction("J", "k*A", ["A"]),
    ],
    "conditions": [
        *BASIC,
        parameter("p", constant=False),
        rule("p", "piecewise(A, time > 1.5 && B < 100, 2, B > 6, 3)"),
        reaction("J", "c*p*k", ["A"], ["B"]),
    ],
    "Level 2": [
        compartment("c", 2, constant=None),
        species("A", "c", amount=3),
        species("B", "c", concentration=5),
        parameter("k", 0.3),
        reaction(
            "J",
            "c*k*A*B*h",
            [
                '<speciesReference species="A"><stoichiometryMath>'
                '<math xmlns="http://www.w3.org/1998/Math/MathML">'
                "<apply><plus/><ci>k</ci><cn>1</cn></apply></math>"
                "</stoichiometryMath></speciesReference>"
            ],
            [
                '<speciesReference species="B"/>',
                '<speciesReference species="A" stoichiometry="2"/>',
            ],
            local='<parameter id="h" value="0.7"/>',
            level=2,
        ),
    ],
}


def text_of(name):
    factor = ' conversionFactor="g"' if name == "conversion factors" else ""
    return model(*MODELS[name], level=2 if name == "Level 2" else 3, more=factor)


def of_libroadrunner(engine, sbml):
    """The value of an id in the sense of SBML: libRoadRunner's own for a species is its amount."""
    concentrations = {
        line.split('"')[1]
        for line in sbml.split("<species ")[1:]
        if 'hasOnlySubstanceUnits="false"' in line.split("/>")[0]
    }
    return lambda name: engine.getValue(f"[{name}]" if name in concentrations else name)


@pytest.mark.parametrize("name", MODELS)
@pytest.mark.parametrize("end", [0, 1, 2])
def test_every_id_has_the_value_of_libroadrunner(name, end):
    sbml = text_of(name)
    system = read_system(sbml)
    engine = roadrunner.RoadRunner(sbml)
    value = of_libroadrunner(engine, sbml)
    if end:
        engine.simulate(0, end, 2)
        # Its own states, so that no error of an integration comes between.
        states = np.array(
            [
                engine.getValue(s) if amount else value(s)
                for s, amount in zip(system.states, system.amounts, strict=True)
            ]
        )
    else:
        states = given(system)[1]
    expected = {s: value(s) for s in system.values}
    assert values(system, states, end) == pytest.approx(expected, rel=1e-12)
    changes = rates(system, states, end)
    held = [s for s, amount in zip(system.states, system.amounts, strict=True) if amount]
    assert {s: changes[s] for s in held} == pytest.approx(
        {s: engine.getValue(f"{s}'") for s in held}, rel=1e-12
    )


def test_the_patient_is_that_of_libroadrunner():
    sbml = il15_sim.Model.load().sbml
    system = read_system(sbml)
    engine = roadrunner.RoadRunner(sbml)
    assert values(system) == pytest.approx({s: engine.getValue(s) for s in system.values})
    assert rates(system) == pytest.approx(
        {s: engine.getValue(f"{s}'") for s in system.states}, rel=1e-9, abs=1e-12
    )


# --- by hand -----------------------------------------------------------------------------------


def test_the_rate_rule_of_a_concentration_is_of_the_concentration_whatever_the_volume_does():
    # libRoadRunner leaves the dilution in, where the compartment has an assignment rule.
    system = read_system(
        model(
            compartment("c", constant=False),
            species("S", "c", concentration=4, boundary=True),
            rule("c", "2 + time"),
            rate("S", "-0.5*S"),
        )
    )
    assert system.amounts == (False,)
    assert starts(system) == {"S": 4}
    assert values(system, [3.0], at=7.0)["S"] == 3
    assert rates(system, [3.0], at=7.0) == {"S": -1.5}


def test_a_rate_rule_of_an_amount_starts_from_the_amount():
    system = read_system(
        model(
            compartment("c", 2),
            species("S", "c", concentration=4, boundary=True, only_amount=True),
            species("R", "c", amount=4, boundary=True),
            rate("S", "1"),
            rate("R", "1"),
        )
    )
    assert starts(system) == {"S": 8, "R": 2}
    assert system.amounts == (False, False)


@pytest.mark.parametrize("constant", [True, False])
def test_what_nothing_changes_keeps_its_amount_while_its_compartment_changes(constant):
    system = read_system(
        model(
            compartment("c", 2, constant=False),
            species("S", "c", concentration=3, boundary=True, constant=constant),
            species("N", "c", amount=3, boundary=True, only_amount=True),
            rate("c", "1"),
        )
    )
    assert system.states == ("c", "S")
    assert system.amounts == (False, True)
    assert rates(system) == {"c": 1, "S": 0}
    assert starts(system) == {"c": 2, "S": 6}
    assert values(system, [12.0, 6.0]) == {"c": 12, "S": 0.5, "N": 3}
    assert system.parameters == ("N",)


def test_a_compartment_of_level_2_without_dimensions_holds_amounts():
    system = read_system(
        model(
            compartment("c", dimensions=0),
            species("S", "c", amount=3),
            reaction("J", "S*2", ['<speciesReference species="S"/>'], level=2),
            level=2,
        )
    )
    assert system.amounts == (False,)
    assert values(system)["S"] == 3
    assert rates(system) == {"S": -6}


def test_a_stoichiometry_is_one_in_level_2():
    system = read_system(
        model(
            compartment("c", 1),
            species("S", "c", amount=3),
            reaction("J", "2", ['<speciesReference species="S"/>'], level=2),
            level=2,
        )
    )
    assert rates(system) == {"S": -2}


def test_a_species_on_both_sides_changes_by_the_difference():
    parts = [part("A", 2), "B"], [part("A", 2), part("B", 3), "B"]
    system = read_system(model(*BASIC, reaction("J", "k", *parts)))
    assert rates(system) == {"A": 0, "B": pytest.approx(0.3 * 3)}
    assert system.expressions.ops[system.rates[0]] == "const"


# --- which part a quantity plays ---------------------------------------------------------------


def test_states_parameters_and_what_follows_from_them():
    system = read_system(
        model(
            compartment("c", 2),
            species("A", "c", amount=3),
            species("B", "c", amount=3, boundary=True),
            parameter("given", 5, units="metre"),
            parameter("changed", 6, constant=False),
            parameter("later"),
            parameter("derived", 1),
            parameter("assigned", constant=False),
            parameter("x", 1, constant=False),
            initial("derived", "2*given*c + x + time"),
            rule("assigned", "A"),
            rate("x", "later"),
            reaction("J", "A*derived", ["A"], ["B"]),
        )
    )
    assert system.states == ("A", "x")
    assert system.parameters == ("c", "B", "given", "changed", "later")
    assert system.parameter_values[:4] == (2, 1.5, 5, 6)
    assert math.isnan(system.parameter_values[4])
    assert system.units["given"] == "metre"
    assert system.units["later"] == ""
    assert values(system)["derived"] == 21
    assert values(system, [0, 9.0], at=3.0)["derived"] == 21
    assert values(system, given=7.0)["derived"] == 29
    assert not system.expressions.varies(system.values["derived"])


def test_starts_are_numbers_or_follow_the_size_of_the_compartment():
    system = read_system(
        model(
            compartment("c", 2),
            species("A", "c", amount=3),
            species("B", "c", concentration=5),
            reaction("J", "1", ["A"], ["B"]),
        )
    )
    e = system.expressions
    assert (e.ops[system.start[0]], e.data[system.start[0]]) == ("const", 3)
    assert system.start[1] == e.mul(e.constant(5), e.parameter(0))


def test_an_amount_in_a_compartment_whose_size_is_derived_follows_it():
    system = read_system(
        model(
            compartment("c"),
            species("A", "c", amount=6, boundary=True),
            species("B", "c", concentration=6, boundary=True),
            species("D", "c", concentration=6, boundary=True, only_amount=True),
            parameter("k", 3),
            initial("c", "k"),
        )
    )
    assert system.parameters == ("B", "k")
    assert values(system) == {"c": 3, "A": 2, "B": 6, "D": 18, "k": 3}
    assert values(system, k=2) == {"c": 2, "A": 3, "B": 6, "D": 12, "k": 2}


def test_what_has_no_value_and_no_use_may_stay():
    system = read_system(
        model(
            compartment("c"),
            compartment("d", 1),
            species("S", "d", boundary=True),
            species("A", "d", amount=1),
            reaction("J", "A", ["A", part("S", None)], ["S"]),
        )
    )
    assert system.parameters == ("c", "d", "S")
    assert [x for x in system.parameter_values if not math.isnan(x)] == [1]


def test_words_of_python_are_names_like_others():
    names = ["lambda", "time", "E", "y", "None", "pi", "class", "t", "exp", "avogadro"]
    made = [parameter(name, i + 2) for i, name in enumerate(names)]
    formula = f"<apply><plus/>{''.join(f'<ci>{name}</ci>' for name in names)}</apply>"
    symbol = (
        '<apply><plus/><ci>time</ci><csymbol encoding="text" '
        'definitionURL="http://www.sbml.org/sbml/symbols/time">exp</csymbol></apply>'
    )
    ruled = [parameter("sum", constant=False), parameter("later", constant=False)]
    system = read_system(model(*made, *ruled, rule("sum", formula), rule("later", symbol)))
    assert values(system)["sum"] == sum(range(2, 12))
    assert values(system, at=100.0)["later"] == 103


def test_a_model_of_nothing_is_a_system_of_nothing():
    system = read_system(model())
    assert (system.states, system.parameters, dict(system.values)) == ((), (), {})


# --- size --------------------------------------------------------------------------------------


def test_rules_that_need_each_other_in_a_long_row():
    count = 3000
    names = [f"p{i}" for i in range(count)]
    made = [parameter(name, constant=False) for name in names]
    rules = [
        f'<assignmentRule variable="{a}"><math xmlns="http://www.w3.org/1998/Math/MathML">'
        f"<apply><plus/><ci>{b}</ci><cn>1</cn></apply></math></assignmentRule>"
        for a, b in pairwise(names)
    ]
    system = read_system(model(*made, *(("Rules", r) for r in rules), rule(names[-1], "1")))
    assert values(system)["p0"] == count


def test_functions_that_call_each_other_in_a_long_row():
    # Written out, the last would have 2^200 calls of the first.
    made = [function("f0", "lambda(x, x + 1)")]
    made += [
        function(f"f{i}", f"lambda(x, f{i - 1}(x) - f{i - 1}(x) * 0.5)") for i in range(1, 200)
    ]
    system = read_system(model(*made, parameter("p", constant=False), rule("p", "f199(1)")))
    assert values(system)["p"] == pytest.approx(2 * 0.5**199)


@pytest.mark.parametrize(
    "formula",
    [
        "<apply><plus/>" + "<ci>x</ci>" * 9000 + "</apply>",
        "<apply><exp/>" * 900 + "<ci>x</ci>" + "</apply>" * 900,
        "<apply><leq/>" + "<ci>x</ci>" * 9000 + "</apply>",
    ],
)
def test_large_formulas(formula):
    system = read_system(model(parameter("x", -1, constant=False), rate("x", formula)))
    gradients(system.expressions, system.rates)
    assert math.isfinite(rates(system)["x"]) or formula.startswith("<apply><exp/>")


# --- switching times ---------------------------------------------------------------------------


def switches(formula, states=False):
    """The switching times of a formula of time, k = 3 and m = 2 (and of x, which is a state)."""
    made = [
        parameter("k", 3),
        parameter("m", 2),
        parameter("p", constant=False),
        rule("p", formula),
    ]
    made += [parameter("x", 1, constant=False), rate("x", "1")] * states
    system = read_system(model(*made))
    assert not any(system.expressions.varies(n) for n in system.switch_times)
    numbers, start = given(system)
    return sorted(map(float, system.expressions.evaluate(system.switch_times, start, numbers, 0)))


@pytest.mark.parametrize(
    ("formula", "times"),
    [
        ("piecewise(1, time < 5, 2)", [5]),
        ("piecewise(1, 5 >= time, 2)", [5]),
        ("piecewise(1, k < time < 2*k, 2)", [3, 6]),
        ("piecewise(1, m*time - k > k/m, 2)", [2.25]),
        ("piecewise(1, -(time - k)/m < -4, 2)", [11]),
        ("piecewise(1, time > k && !(time >= m || time < 1), 2)", [1, 2, 3]),
        ("piecewise(1, time == 4, 2)", [4]),
        ("max(0, time - k)", [3]),
        ("min(time, k, 5)", [3, 5]),
        ("abs(time - k)", [3]),
        ("piecewise(1, abs(time - 5) < m, 2)", [3, 5, 7]),
        ("piecewise(1, piecewise(time, time < 2, 2*time - 7) > 1, 2)", [1, 2, 4]),
        ("piecewise(1, piecewise(0, time < 2, 1) == 1, 2)", [2]),
        ("piecewise(1, time - 4, 2)", [4]),
        ("piecewise(1, k > 2, 2) + sin(time) + time^2", []),
        ("floor(k) + abs(m) + min(k, m)", []),
    ],
)
def test_switching_times(formula, times):
    assert switches(formula) == pytest.approx(times)


@pytest.mark.parametrize(
    "formula",
    ["piecewise(1, x > time, 2)", "floor(x*time)", "max(x, sin(time))", "abs(sin(x + time))"],
)
def test_what_depends_on_a_state_has_no_switching_time(formula):
    assert switches(formula, states=True) == []


def test_conditions_at_the_start_do_not_switch():
    text = model(parameter("p"), initial("p", "piecewise(1, time < 5, 2) + floor(sin(time))"))
    system = read_system(text)
    assert system.switch_times == ()
    assert values(system) == {"p": 1}


# --- conditions on states ----------------------------------------------------------------------


def conditions(formula, *more):
    """How many conditions on the state x (x' = 1) a rule for p has that k = 3 and m = 2 enter."""
    made = [parameter("k", 3), parameter("m", 2), parameter("x", 1, constant=False), rate("x", "1")]
    system = read_system(model(*made, parameter("p", constant=False), rule("p", formula), *more))
    e = system.expressions
    assert all(e.ops[node] == "lt" and e.reads_state(node) for node in system.conditions)
    assert len(set(system.conditions)) == len(system.conditions)
    return len(system.conditions)


@pytest.mark.parametrize(
    ("formula", "count"),
    [
        ("piecewise(1, x > k, 0)", 1),
        ("piecewise(1, x > time, 0)", 1),
        ("piecewise(1, x > k, 2, x > k, 3)", 1),
        ("piecewise(1, x > k, 2, !(k < x), 3)", 1),
        ("piecewise(1, x > k, 2, x <= k, 3)", 1),
        ("piecewise(1, x >= k, 2, k > x, 3)", 1),
        ("piecewise(1, x > k, 0) + piecewise(1, x >= k, 0)", 2),  # as one, x = k would be neither
        ("xor(x > k, x < m) + (x > k || x < m)", 2),
        ("m < x < k", 2),
        ("piecewise(piecewise(1, x > k, 0), x > m, 3)", 2),
        ("piecewise(1, piecewise(x, x > k, 0) > m, 3)", 2),
        ("piecewise(1, piecewise(k, x > k, 0) > m, 3)", 1),
        ("piecewise(1, piecewise(k, x > k, 0) == k, 3)", 1),
        ("piecewise(1, piecewise(1, x > k, 0), 3)", 1),
        ("piecewise(1, (x > k) != (x > m), 3)", 2),
        ("piecewise(1, floor(piecewise(1.5, x > k, 0)) > 0, 3)", 1),
        ("piecewise(1, piecewise(1, time < 5, x > k) > 0.5, 3)", 1),
        ("piecewise(1, x < x, x <= x, x > x)", 0),
        ("piecewise(1, true, x > k)", 0),
        ("piecewise(1, k > m, 2) + piecewise(1, time > k, 2)", 0),
        ("min(x, k) + max(x, time) + abs(x - k) + arcsinh(x) + arccosh(x)", 0),
        ("floor(x) + ceil(x * time) + rem(x, 2) + quotient(x, 2)", 0),
    ],
)
def test_conditions_on_states(formula, count):
    assert conditions(formula) == count


def test_conditions_are_those_that_something_depends_on():
    unused = function("f", "lambda(a, b, piecewise(1, a > b, 0))")
    at_the_start = [parameter("q"), initial("q", "piecewise(1, x > m, 0)")]
    assert conditions("x", unused, *at_the_start) == 0
    assert conditions("f(x, k) + f(x, k)", unused) == 1
    assert conditions("f(x, k) - f(k, x)", unused) == 2


def test_conditions_that_others_depend_on_come_first():
    inner = "piecewise(x, x > k, 2 * x)"
    system = read_system(
        model(
            *(parameter("k", 3), parameter("x", 1, constant=False)),
            rate("x", f"piecewise(1, {inner} < 4, piecewise(5, {inner} > 7, 6))"),
        )
    )
    e = system.expressions
    first, *others = system.conditions
    assert len(others) == 2
    assert all(first in e.reachable([node]) for node in others)
    assert not any(node in e.reachable([first]) for node in others)
