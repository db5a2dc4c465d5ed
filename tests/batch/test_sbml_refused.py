"""What is refused, by the id of the element and the reason; nothing else may come out of it."""

import subprocess
import sys
from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from il15_sim.batch.equations.system import Unsupported, read_system
from il15_sim.errors import InputError
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

P = parameter("p", constant=False)
X = [parameter("x", 1, constant=False), rate("x", "1")]
CELL = [compartment("c", 2), species("A", "c", amount=3), species("B", "c", amount=4)]
SYMBOL = (
    '<csymbol encoding="text" definitionURL="http://www.sbml.org/sbml/symbols/{0}">{0}</csymbol>'
)
DELAY = f"<apply>{SYMBOL.format('delay')}<ci>x</ci><cn>1</cn></apply>"
RATE_OF = f"<apply>{SYMBOL.format('rateOf')}<ci>x</ci></apply>"
EVENT = (
    '<event id="dose" useValuesFromTriggerTime="true">'
    '<trigger initialValue="true" persistent="true"><math '
    'xmlns="http://www.w3.org/1998/Math/MathML"><true/></math></trigger></event>'
)
CONSTRAINT = (
    '<constraint id="limit"><math xmlns="http://www.w3.org/1998/Math/MathML"><true/></math>'
    "</constraint>"
)
ALGEBRAIC = (
    '<algebraicRule metaid="balance"><math xmlns="http://www.w3.org/1998/Math/MathML">'
    "<ci>p</ci></math></algebraicRule>"
)
ROUNDED = "a time that is rounded is not simulated; it switches again and again"
UNKNOWN_TIME = (
    "a condition on time is not simulated; its switching time is only known where both sides are "
    "linear in time"
)
MOMENT = (
    "of what changes with a state is not simulated; it turns for a single moment, which no step "
    "can find; compare with '<' or '>', as in 'x > 0' instead of 'x'"
)
JUMPS = (
    "a rounded value that changes with a state and drives a rate or a condition is not simulated; "
    "it jumps again and again; write its steps as a piecewise with '<' or '>'"
)
K = parameter("k", 2)


def ruled(formula, *more):
    """A model with a rule for p."""
    return model(P, *X, rule("p", formula), *more)


def with_law(law, *more, **given):
    return model(*CELL, *more, reaction("J", law, ["A"], ["B"], **given))


NOT_SIMULATED = {
    "event": (model(("Events", EVENT)), "event 'dose' is not simulated"),
    "constraint": (
        model(("Constraints", CONSTRAINT)),
        "constraint 'limit' is not simulated; it may stop a run",
    ),
    "algebraic": (model(P, ("Rules", ALGEBRAIC)), "algebraic rule 'balance' is not simulated"),
    "fast": (
        with_law("A", more=' fast="true"')
        .replace("version2/core", "version1/core")
        .replace('version="2"', 'version="1"'),
        "fast reaction 'J' is not simulated",
    ),
    "delay": (ruled(DELAY), "rule for 'p': 'delay' of 2 operands is not simulated"),
    "rateOf": (ruled(RATE_OF), "rule for 'p': 'rateOf' of 1 operand is not simulated"),
    "one side": (ruled("<apply><lt/><cn>1</cn></apply>"), "'lt' of 1 operand is not simulated"),
    "neq": (
        ruled("<apply><neq/><cn>1</cn><cn>2</cn><cn>3</cn></apply>"),
        "'neq' of 3 operands is not simulated",
    ),
    "minus": (ruled("<apply><minus/></apply>"), "'minus' of 0 operands is not simulated"),
    "min": (ruled("<apply><min/></apply>"), "'min' of 0 operands is not simulated"),
    "factorial": (
        ruled("factorial(x)"),
        "rule for 'p': 'factorial' of this is not simulated; only that of a whole number from 0 "
        "to 170 is",
    ),
    "broken factorial": (ruled("factorial(2.5)"), "'factorial' of this is not simulated"),
    "package": (
        model().replace(
            " level=",
            ' xmlns:comp="http://www.sbml.org/sbml/level3/version1/comp/version1" '
            'comp:required="true" level=',
            1,
        ),
        "SBML package 'comp' is not simulated; it changes what the model means",
    ),
    "unknown package": (
        model().replace(" level=", ' xmlns:own="urn:own" own:required="true" level=', 1),
        "SBML package 'urn:own' is not simulated",
    ),
    "Level 1": (
        '<sbml xmlns="http://www.sbml.org/sbml/level1" level="1" version="2"><model>'
        '<listOfCompartments><compartment name="c"/></listOfCompartments></model></sbml>',
        "SBML Level 1 is not read; convert the model to Level 3",
    ),
    "doctype": (
        "<!DOCTYPE sbml []><sbml/>",
        "SBML with a document type declaration is not read",
    ),
    "deep": (
        ruled("<apply><exp/>" * 20000 + "<ci>x</ci>" + "</apply>" * 20000),
        "'p' is nested more than 1000 levels deep",
    ),
    "deep without a name": ("<a>" * 2000, "the SBML text is nested more than 1000 levels deep"),
    "no law": (with_law(None), "reaction 'J' has no kinetic law"),
    "no formula of a law": (
        with_law("A").replace("<kineticLaw>", "<kineticLaw/><!--").replace("</kineticLaw>", "-->"),
        "kinetic law of 'J': there is no formula",
    ),
    "no formula of a rule": (
        model(P, ("Rules", '<assignmentRule variable="p"/>')),
        "rule for 'p': there is no formula",
    ),
    "no formula of a function": (
        ruled("f()", ("FunctionDefinitions", '<functionDefinition id="f"/>')),
        "function 'f': there is no formula",
    ),
    "no value of a local parameter": (
        with_law("h", local='<localParameter id="h"/>'),
        "kinetic law of 'J': local parameter 'h' has no value",
    ),
    "no stoichiometry": (
        model(*CELL, reaction("J", "1", [part("A", None)])),
        "stoichiometry of 'A' in reaction 'J': it has no value",
    ),
    "no named stoichiometry": (
        model(*CELL, reaction("J", "1", [part("A", None, "n")])),
        "stoichiometry of 'A' in reaction 'J': species reference 'n' has no value",
    ),
    "no start of a species that reacts": (
        model(*CELL, species("C", "c"), reaction("J", "1", ["C"])),
        "species 'C' has no value",
    ),
    "no start of a species with a rate rule": (
        model(*CELL, species("C", "c", boundary=True), rate("C", "1")),
        "species 'C' has no value",
    ),
    "no value of a species that is used": (
        with_law("C", species("C", "c", boundary=True)),
        "kinetic law of 'J': species 'C' has no value",
    ),
    "no size that is used": (
        with_law("d", compartment("d")),
        "kinetic law of 'J': compartment 'd' has no value",
    ),
    "no size of a concentration": (
        model(compartment("c"), species("A", "c", amount=1), reaction("J", "1", ["A"])),
        "species 'A': compartment 'c' has no value",
    ),
    "a size of zero": (
        with_law("C", compartment("d", 0), species("C", "d", amount=1, boundary=True)),
        "kinetic law of 'J': species 'C' has no value",
    ),
    "floor of time": (ruled("floor(time / 24)"), f"rule for 'p': {ROUNDED}"),
    "ceiling of time": (ruled("ceil(sin(time))"), f"rule for 'p': {ROUNDED}"),
    "rem of time": (ruled("rem(time, 24)"), f"rule for 'p': {ROUNDED}"),
    "quotient of time": (ruled("quotient(time, 24)"), f"rule for 'p': {ROUNDED}"),
    "a wave": (ruled("piecewise(1, sin(time) > 0.5, 0)"), f"rule for 'p': {UNKNOWN_TIME}"),
    "a parabola": (ruled("piecewise(1, time * time > 2, 0)"), f"rule for 'p': {UNKNOWN_TIME}"),
    "an inverse": (ruled("piecewise(1, 1 / time > 2, 0)"), f"rule for 'p': {UNKNOWN_TIME}"),
    "a kink": (ruled("max(0, sin(time))"), f"rule for 'p': {UNKNOWN_TIME}"),
    "a number as condition": (ruled("piecewise(1, sin(time), 2)"), UNKNOWN_TIME),
    "too many branches": (
        ruled("piecewise(1, " + "+".join(f"abs(time - {i})" for i in range(9)) + " > 1, 2)"),
        UNKNOWN_TIME,
    ),
    "an equality of a state": (ruled("piecewise(1, x == 2, 0)"), f"rule for 'p': '==' {MOMENT}"),
    "an inequality of a state": (ruled("piecewise(1, k != x, 0)", K), f"'!=' {MOMENT}"),
    "an equality in a rate": (
        with_law("k * A * (A == B)", K),
        f"kinetic law of 'J': '==' {MOMENT}",
    ),
    "an equality of a state and time": (ruled("(x == time) + 1"), f"rule for 'p': '==' {MOMENT}"),
    "a state as condition": (ruled("piecewise(1, x, 0)"), f"rule for 'p': '!=' {MOMENT}"),
    "an equality in a function": (
        ruled("f(x, 2)", function("f", "lambda(a, b, piecewise(1, a == b, 0))")),
        f"function 'f': '==' {MOMENT}",
    ),
    "floor in a law": (with_law("floor(A)"), f"kinetic law of 'J': {JUMPS}"),
    "ceiling behind rules": (
        model(*CELL, P, rule("p", "ceil(A / 2) + 1"), reaction("J", "p * B", ["A"])),
        f"rule for 'p': {JUMPS}",
    ),
    "rem in a rate rule": (
        model(parameter("y", 1, constant=False), rate("y", "1 - rem(y, 2)")),
        f"rate rule for 'y': {JUMPS}",
    ),
    "quotient in a function": (
        with_law("f(A)", function("f", "lambda(a, quotient(a, 3) * a)")),
        f"function 'f': {JUMPS}",
    ),
    "floor in a condition": (ruled("piecewise(1, floor(x) > 2, 0)"), f"rule for 'p': {JUMPS}"),
    "floor of a state and time in a stoichiometry": (
        model(*CELL, rule("n", "floor(A * time)"), reaction("J", "1", [part("A", 1, "n")])),
        f"rule for 'n': {JUMPS}",
    ),
    "the same in a function": (
        ruled("f(time)", function("f", "lambda(t, piecewise(1, t*t > 2, 0))")),
        f"function 'f': {UNKNOWN_TIME}",
    ),
}


@pytest.mark.parametrize("case", NOT_SIMULATED)
def test_not_simulated(case):
    text, message = NOT_SIMULATED[case]
    with pytest.raises(Unsupported) as error:
        read_system(text)
    assert message in str(error.value)


def test_functions_that_grow_without_end(monkeypatch):
    monkeypatch.setattr("il15_sim.batch.equations.mathml._MOST_OPERATIONS", 1000)
    made = [function("f0", "lambda(x, x)")]
    made += [
        function(f"f{i}", f"lambda(x, f{i - 1}(x + 1) * f{i - 1}(2 * x))") for i in range(1, 40)
    ]
    with pytest.raises(Unsupported, match=r"function 'f\d+': more than 1000 operations"):
        read_system(ruled("f39(x)", *made))


WRONG = {
    "no XML": ("A + B -> C", "line 1: the SBML is no well-formed XML: syntax error"),
    "cut off": (model(P)[:-20], "the SBML is no well-formed XML: unclosed token"),
    "no text": ("", "line 1: the SBML is no well-formed XML: no element found"),
    "no Unicode": ("<sbml>\ud800</sbml>", "the SBML text holds characters that are not Unicode"),
    "no model": (
        '<sbml xmlns="http://www.sbml.org/sbml/level3/version2/core" level="3" version="2"/>',
        "the SBML text holds no model",
    ),
    "no SBML": ("<html/>", "line 1: the SBML does not read: An SBML XML document must conform"),
    "not a number": (
        model(parameter("p", "a lot")).replace("<list", "\n<list"),
        "line 2: the SBML does not read: ",
    ),
    "twice": (model(P, P), "id 'p' is given twice"),
    "twice, a function": (model(function("p", "lambda(x, x)"), P), "id 'p' is given twice"),
    "twice, a reaction": (with_law("1", parameter("J")), "id 'J' is given twice"),
    "two rules": (model(P, rule("p", "1"), rate("p", "2")), "'p' has two rules"),
    "two starts": (
        model(P, initial("p", "1"), rule("p", "2")),
        "'p' has an initial assignment besides another that sets it",
    ),
    "a constant with a rule": (
        model(parameter("q", 1), rule("q", "1")),
        "'q' is constant and has a rule; write constant=\"false\"",
    ),
    "a rule for nothing": (
        model(P, rule("q", "1")),
        "rule: unknown quantity 'q'; choose one of: p",
    ),
    "a start of nothing": (
        model(parameter("dose"), initial("dosis", "1")),
        "initial assignment: unknown quantity 'dosis'; did you mean 'dose'?",
    ),
    "a species nowhere": (
        model(*CELL, species("C", "d")),
        "species 'C': unknown compartment 'd'; choose one of: c",
    ),
    "a reaction of nothing": (
        model(*CELL, reaction("J", "1", ["D"])),
        "reaction 'J': unknown species 'D'; choose one of: A, B",
    ),
    "a constant that reacts": (
        model(*CELL, species("C", "c", amount=1, constant=True), reaction("J", "1", ["C"])),
        "species 'C' is constant and is changed by reaction 'J'; write boundaryCondition=\"true\"",
    ),
    "a rule that reacts": (
        model(*CELL, rule("A", "1"), reaction("J", "1", ["A"])),
        "species 'A' has a rule and is changed by reaction 'J'",
    ),
    "rules in a circle": (
        model(P, parameter("q", constant=False), rule("p", "2*q"), rule("q", "p + 1")),
        "'p' depends on itself: p -> q -> p",
    ),
    "starts in a circle": (
        model(parameter("a"), parameter("b"), initial("a", "b"), initial("b", "a")),
        "depends on itself: a -> b -> a",
    ),
    "an unknown name": (
        with_law("amont", parameter("amount", 1)),
        "kinetic law of 'J': unknown id 'amont'; did you mean 'amount'?",
    ),
    "an unknown function": (
        ruled("hil(x)", function("hill", "lambda(x, x)")),
        "rule for 'p': unknown function 'hil'; did you mean 'hill'?",
    ),
    "functions in a circle": (
        ruled("f(1)", function("f", "lambda(x, g(x))"), function("g", "lambda(x, f(x))")),
        "function 'f' calls itself",
    ),
    "too few arguments": (
        ruled("f(1)", function("f", "lambda(x, y, x)")),
        "rule for 'p': function 'f' has 2 arguments, not 1",
    ),
    "a function of a global id": (
        ruled("f(1)", function("f", "lambda(y, y + x)")),
        "function 'f': 'x' is none of its arguments",
    ),
    "an unknown factor": (
        model(*CELL, species("C", "c", amount=1, factor="f"), reaction("J", "1", ["C"])),
        "conversion factor of species 'C': 'f' is not known",
    ),
}


def test_a_long_circle_is_told_in_short():
    names = [f"p{i}" for i in range(2000)]
    made = [parameter(name, constant=False) for name in names]
    made += [rule(a, b) for a, b in zip(names, [*names[1:], "p0"], strict=True)]
    told = "'p0' depends on itself: p0 -> p1 -> p2 -> ... -> p1999 -> p0"
    with pytest.raises(InputError, match=told):
        read_system(model(*made))


@pytest.mark.parametrize("case", WRONG)
def test_wrong_sbml(case):
    text, message = WRONG[case]
    with pytest.raises(InputError) as error:
        read_system(text)
    assert message in str(error.value)
    assert not isinstance(error.value, Unsupported)


@pytest.mark.parametrize(
    "start",
    [
        "",
        "\n  ",
        "\ufeff",
        '<?xml version="1.0"?>',
        '<?xml version="1.0" encoding="UTF-16"?>',
        "\n<?xml version='1.0' encoding='ISO-8859-1' standalone='yes'?>\n",
    ],
)
def test_how_the_text_was_encoded_is_past(start):
    body = model(*X).split("?>", 1)[1]
    assert read_system(start + body).states == ("x",)


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_no_damage_to_a_text_raises_anything_else(data):
    text = with_law("k*A*piecewise(1, time > k, B)", parameter("k", 2), initial("B", "k*c"))
    for _ in range(data.draw(st.integers(1, 3))):
        at = data.draw(st.integers(0, len(text) - 1))
        put = data.draw(st.sampled_from(["", "<", "0", '"', "\x00", "A", "<apply>", "/>", "é"]))
        text = text[:at] + put + text[at + data.draw(st.integers(0, 12)) :]
    with suppress(InputError):
        read_system(text)


@pytest.mark.parametrize("order", ["libsbml", "libsbml, libsedml", "libsedml, libsbml"])
def test_whatever_library_is_loaded_first(order):
    # Loaded after libSBML, libSEDML makes the trees of formulas objects of its own class.
    text = model(
        *X,
        *(P, function("f", "lambda(a, a^2 + 1)")),
        rule("p", "piecewise(f(x), time > 3 && x < 1e-3, -x/7.5)"),
    )
    code = (
        f"import {order}\nfrom il15_sim.batch.equations.system import read_system\n"
        f"e = read_system({text!r}).expressions\nprint(e.ops, e.data)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    e = read_system(text).expressions
    assert done.stdout.strip() == f"{e.ops} {e.data}"
