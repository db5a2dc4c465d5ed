"""Units of the table and of SBML: parsing, agreement in dimension and size, text."""

import contextlib
import re

import libsbml
import pytest
from hypothesis import given
from hypothesis import strategies as st

from il15_sim.errors import InputError
from il15_sim.model.units import (
    USUAL_UNITS,
    convert,
    parse_unit,
    registry,
    sbml_unit,
    unit_text,
    units_agree,
)


def definition(*units, id_="u"):
    """A libSBML unit definition from (kind, exponent, scale, multiplier)."""
    made = libsbml.UnitDefinition(3, 2)
    made.setId(id_)
    for kind, exponent, scale, multiplier in units:
        unit = made.createUnit()
        unit.setKind(libsbml.UnitKind_forName(kind))
        unit.setExponent(exponent)
        unit.setScale(scale)
        unit.setMultiplier(multiplier)
    return made


PER_HOUR = definition(("second", -1, 3, 3.6))
MOLECULES_PER_CELL = definition(("dimensionless", 1, 0, 1), id_="molecules_per_cell")
CELLS_PER_UL = definition(("item", 1, 6, 1), ("litre", -1, 0, 1), id_="cells_per_uL")
PAIRS = [
    ("1/h", PER_HOUR),
    ("molecule/cell/h", PER_HOUR),
    ("molecule/cell", MOLECULES_PER_CELL),
    ("dimensionless", MOLECULES_PER_CELL),
    ("cell/uL", CELLS_PER_UL),
    ("item/uL", CELLS_PER_UL),
    ("mg/L", definition(("gram", 1, -3, 1), ("litre", -1, 0, 1))),
    ("pg/mL", definition(("gram", 1, -9, 1), ("litre", -1, 0, 1))),
    ("pg/mL", definition(("kilogram", 1, -12, 1), ("metre", -3, 0, 0.1))),
    ("nM", definition(("mole", 1, -9, 1), ("litre", -1, 0, 1))),
    ("pM", definition(("mole", 1, -12, 1), ("litre", -1, 0, 1))),
    ("m**2", definition(("metre", 2, 0, 1))),
    ("m^2", definition(("metre", 2, 0, 1))),
    ("mm", definition(("metre", 1, -3, 1))),
    ("kg", definition(("kilogram", 1, 0, 1))),
    ("L/h", definition(("litre", 1, 0, 1), ("second", -1, 0, 3600))),
    ("g/mol", definition(("gram", 1, 0, 1), ("mole", -1, 0, 1))),
    ("nM/mM", definition(("mole", 1, -9, 1), ("mole", -1, -3, 1))),
    ("mol/molecule", definition(("mole", 1, 0, 1), ("item", -1, 0, 1))),
    ("6.02214076e23", definition(("avogadro", 1, 0, 1))),
    ("percent", definition(("dimensionless", 1, -2, 1))),
]


@pytest.mark.parametrize(("text", "sbml"), PAIRS)
def test_units_that_agree(text, sbml):
    assert units_agree(text, sbml)


@pytest.mark.parametrize(
    ("text", "sbml"),
    [
        ("1/min", PER_HOUR),  # size
        ("h", PER_HOUR),  # exponent
        ("1/h", MOLECULES_PER_CELL),  # dimension
        ("cell", MOLECULES_PER_CELL),
        ("cell/mL", CELLS_PER_UL),
        ("1/uL", CELLS_PER_UL),  # cells are counted
        ("nM", CELLS_PER_UL),  # and are no moles
        ("percent", MOLECULES_PER_CELL),
    ],
)
def test_units_that_differ(text, sbml):
    assert not units_agree(text, sbml)


@pytest.mark.parametrize(
    "text",
    [
        "foo",
        "mg L",
        "2 mg",
        "mg/",
        "m2",
        "1//h",
        "1/0",
        "()",
        '"',
        "mg'",
        "é",
        "9**9**9",
        "h**1e9",
        "h**mg",
    ],
)
def test_a_unit_that_does_not_parse(text):
    with pytest.raises(InputError, match=re.escape(f"unit '{text}' does not parse")):
        parse_unit(text)


@pytest.mark.parametrize("text", ["0", "-3", "nan", "1e400"])
def test_a_unit_has_a_positive_size(text):
    with pytest.raises(InputError, match=f"unit '{text}' is not a positive finite unit"):
        parse_unit(text)


@pytest.mark.parametrize("text", ["", "  "])
def test_an_empty_unit(text):
    with pytest.raises(InputError, match=r"the unit is empty; write it like 1/h"):
        parse_unit(text)


@given(text=st.text(st.sampled_from("mgLhnMcel/*^()0123456789 .-+eE"), max_size=12))
def test_no_text_raises_anything_but_input_error(text):
    with contextlib.suppress(InputError):
        assert parse_unit(text).magnitude > 0


def test_an_incomplete_definition_is_refused():
    with pytest.raises(InputError, match="unit definition 'u' is incomplete"):
        sbml_unit(definition(("nonsense", 1, 0, 1)))
    empty = libsbml.UnitDefinition(3, 2)
    empty.createUnit()
    with pytest.raises(InputError, match="unit definition '' is incomplete"):
        sbml_unit(empty)


def test_there_is_one_registry():
    assert registry() is registry()


def test_conversion():
    assert convert(1.0, "1/h", "1/day") == pytest.approx(24.0)
    assert convert(838, "cell/uL", "cell/mL") == pytest.approx(838e3)
    with pytest.raises(InputError, match="a value in 'mg' has no equivalent in 'nM'"):
        convert(1.0, "mg", "nM")


@given(value=st.floats(1e-6, 1e6), one=st.sampled_from(["s", "h", "day"]))
def test_conversion_there_and_back(value, one):
    assert convert(convert(value, one, "week"), "week", one) == pytest.approx(value, rel=1e-12)


@pytest.mark.parametrize(("text", "sbml"), PAIRS)
def test_the_text_of_a_definition_agrees_with_it(text, sbml):
    assert units_agree(unit_text(sbml), sbml)


def test_the_text_is_the_usual_one():
    assert unit_text(PER_HOUR) == "1/h"
    assert unit_text(MOLECULES_PER_CELL) == "molecule/cell"
    assert unit_text(CELLS_PER_UL) == "cell/uL"
    assert unit_text(definition(("metre", 2, 0, 1), id_="m2")) == "m**2"
    spelled = definition(("metre", 3, 0, 1), ("kilogram", -1, 0, 1), id_="m3_per_kg")
    assert unit_text(spelled) == "m**3/kg"


def test_the_usual_units_parse_and_are_told_apart():
    sizes = {(str(q.dimensionality), float(q.magnitude)) for q in map(parse_unit, USUAL_UNITS)}
    assert len(sizes) == len(USUAL_UNITS)
