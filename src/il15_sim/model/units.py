"""Units of the parameter table and of the models, and whether the two agree.

Conventions: `cell` and `molecule` are counts, SBML's base unit `item`. So `cell/uL` is items per
volume, `molecule/cell` is items per item, hence dimensionless, and `mol/molecule` is moles per
item, which is what libSBML sees when Antimony writes the same units.
"""

from __future__ import annotations

import functools
import math
import re
import tokenize
from typing import Any, TypeAlias

from il15_sim.errors import InputError

#: A pint quantity; pint's own types change between its versions.
Quantity: TypeAlias = Any

#: Relative difference between two magnitudes that still counts as the same unit.
RELATIVE_TOLERANCE = 1e-9

# Names, numbers, products, quotients and powers by a short literal: what a unit can be, and
# nothing that keeps the arithmetic busy, such as 9**9**9.
_ALLOWED = re.compile(r"[A-Za-zµμΩ0-9.%*/^()+ -]{1,80}")
_POWER = re.compile(r"(?:\*\*|\^)(?!\s*-?\d(?:\.\d+)?(?![\w.*^]))|\d\s*(?:\*\*|\^)")
# pint takes "hours long" for a product of hours and long tons.
_PRODUCT = re.compile(r"[\w.)%]\s+[\w.(]")

#: Unit texts by which a unit definition is told, most usual first.
USUAL_UNITS = (
    *("1/h", "h", "dimensionless", "mg", "ug", "mg/h", "mg/L", "pg/mL", "pg/mL/h", "g/mol"),
    *("L", "L/h", "mL", "uL", "nM", "pM", "uM", "pM/h", "nM/h", "1/nM", "1/nM/h", "1/pM/h"),
    *("cell", "cell/uL", "cell/uL/h", "uL/cell", "uL/cell/h", "mm", "mm/h", "kg", "m**2", "s"),
)


@functools.cache
def registry() -> Any:
    """The one pint registry of the package, made on first use (importing pint takes 0.2 s).

    Examples
    --------
    >>> registry().Quantity(1, "molecule/cell").dimensionless
    True
    """
    import pint

    # pint's own molecule is 1/N_A of a mole; SBML keeps counts (item) apart from moles.
    made: Any = pint.UnitRegistry(on_redefinition="ignore")
    for definition in ("item = [item]", "cell = item", "molecule = item"):
        made.define(definition)
    return made


@functools.lru_cache(maxsize=4096)
def parse_unit(text: str) -> Quantity:
    """A unit text of the table as a quantity in base units.

    Parameters
    ----------
    text : str
        A unit such as `1/h`, `mg/L`, `nM`, `molecule/cell`, `cell/uL`, `m**2`, `dimensionless`.

    Raises
    ------
    InputError
        When the text is empty, unknown to pint, or not a positive finite unit.

    Examples
    --------
    >>> parse_unit("cell/uL") == parse_unit("1e6 * item / litre")
    True
    """
    import pint

    fix = "write it like 1/h, mg/L, nM, cell/uL, molecule/cell or dimensionless"
    if not text.strip():
        raise InputError("the unit is empty", fix=fix)
    if not _ALLOWED.fullmatch(text) or _POWER.search(text) or _PRODUCT.search(text):
        raise InputError(f"unit '{text}' does not parse", fix=fix)
    try:
        quantity = registry().Quantity(text).to_base_units()
        magnitude = float(quantity.magnitude)
    # pint lets the errors of the tokenizer and of the arithmetic through as they are.
    except (pint.PintError, tokenize.TokenError, SyntaxError, ArithmeticError) as error:
        raise InputError(f"unit '{text}' does not parse: {error}", fix=fix) from None
    except (AssertionError, AttributeError, TypeError, ValueError):
        raise InputError(f"unit '{text}' does not parse", fix=fix) from None
    if not (math.isfinite(magnitude) and magnitude > 0):
        raise InputError(f"unit '{text}' is not a positive finite unit", fix=fix)
    return quantity


def sbml_unit(definition: Any) -> Quantity:
    """A libSBML UnitDefinition (kind, exponent, scale, multiplier) as a quantity in base units.

    Raises
    ------
    InputError
        When a unit has no valid kind, or an attribute is not set.
    """
    import libsbml

    reg = registry()
    total = reg.Quantity(1.0)
    for i in range(definition.getNumUnits()):
        unit = definition.getUnit(i)
        kind = libsbml.UnitKind_toString(unit.getKind())
        attributes = (unit.isSetExponent(), unit.isSetScale(), unit.isSetMultiplier())
        if kind.startswith("(") or not all(attributes):
            raise InputError(f"unit definition '{definition.getId()}' is incomplete")
        factor = unit.getMultiplier() * 10.0 ** unit.getScale()
        exponent = unit.getExponentAsDouble()
        if kind == "avogadro":  # a pure number in SBML
            factor, kind = factor * 6.02214076e23, "dimensionless"
        total = total * reg.Quantity(factor, kind) ** exponent
    return total.to_base_units()


def _same(one: Quantity, two: Quantity) -> bool:
    return bool(one.dimensionality == two.dimensionality) and math.isclose(
        float(one.magnitude), float(two.magnitude), rel_tol=RELATIVE_TOLERANCE
    )


def units_agree(table_unit: str, sbml_unit_definition: Any) -> bool:
    """Whether a unit text and a libSBML UnitDefinition have one dimension and one magnitude.

    Parameters
    ----------
    table_unit : str
        Unit as the parameter table writes it.
    sbml_unit_definition : libsbml.UnitDefinition
        List of (kind, exponent, scale, multiplier).

    Raises
    ------
    InputError
        When either side does not parse.

    Examples
    --------
    >>> import libsbml
    >>> per_hour = libsbml.UnitDefinition(3, 2)
    >>> unit = per_hour.createUnit()
    >>> _ = unit.setKind(libsbml.UNIT_KIND_SECOND), unit.setExponent(-1), unit.setScale(0)
    >>> _ = unit.setMultiplier(3600)
    >>> units_agree("1/h", per_hour), units_agree("1/min", per_hour)
    (True, False)
    """
    return _same(parse_unit(table_unit), sbml_unit(sbml_unit_definition))


def convert(value: float, unit: str, to: str) -> float:
    """A value in another unit.

    Raises
    ------
    InputError
        When a unit does not parse or the dimensions differ.

    Examples
    --------
    >>> round(convert(24, "1/day", "1/h"), 12)
    1.0
    """
    have, want = parse_unit(unit), parse_unit(to)
    if have.dimensionality != want.dimensionality:
        raise InputError(
            f"a value in '{unit}' has no equivalent in '{to}'",
            why=f"{have.dimensionality} is not {want.dimensionality}",
        )
    return value * float(have.magnitude / want.magnitude)


def spelled_unit(identifier: str) -> str:
    """The id of a unit of a model as the tables spell units.

    >>> spelled_unit("molecules_per_cell_per_hour"), spelled_unit("ratio"), spelled_unit("per_hour")
    ('molecule/cell/h', 'dimensionless', '1/h')
    """
    if identifier == "ratio":
        return "dimensionless"
    return re.sub(r"\blitre\b", "L", re.sub(r"\bhour\b", "h", _spelled(identifier)))


def _spelled(identifier: str) -> str:
    """The id of a unit definition read aloud: `molecules_per_cell` is `molecule/cell`."""
    words = re.sub(r"(?<=[A-Za-z])([23])(?=_|$)", r"**\1", identifier)
    text = re.sub(r"(?:^|_)per_", "/", words).replace("_", "*")
    text = re.sub(r"\b(molecule|cell|item|hour|day)s\b", r"\1", text)
    return "1" + text if text.startswith("/") else text


def unit_text(definition: Any) -> str:
    """A libSBML UnitDefinition told as a unit text that agrees with it.

    The id decides between texts that mean the same (`molecule/cell` and `dimensionless`).

    Examples
    --------
    >>> import libsbml
    >>> definition = libsbml.UnitDefinition(3, 2)
    >>> _ = definition.setId("molecules_per_cell")
    >>> unit_text(definition)
    'molecule/cell'
    """
    wanted = sbml_unit(definition)
    spelled = _spelled(definition.getId())
    candidates = (*USUAL_UNITS, spelled)
    for text in (spelled, *candidates) if "molecule" in spelled else candidates:
        try:
            if _same(parse_unit(text), wanted):
                return text
        except InputError:  # an id need not spell a unit
            continue
    magnitude = float(wanted.magnitude)
    return f"{magnitude!r} * {wanted.units}" if magnitude != 1.0 else str(wanted.units)
