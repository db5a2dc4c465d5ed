"""Writes small SBML models, so that a test shows what it is about and nothing else."""

import libsbml

HEAD = {
    2: '<sbml xmlns="http://www.sbml.org/sbml/level2/version4" level="2" version="4">',
    3: '<sbml xmlns="http://www.sbml.org/sbml/level3/version2/core" level="3" version="2">',
}


def attributes(**given):
    """XML attributes; None leaves one out."""
    text = {True: "true", False: "false"}
    return "".join(
        f' {k}="{text.get(v, v) if isinstance(v, bool) else v}"'
        for k, v in given.items()
        if v is not None
    )


def math(formula):
    """MathML of a formula in libSBML's notation; what starts with `<` is MathML already."""
    if formula is None:
        return ""
    if formula.startswith("<"):
        return f'<math xmlns="http://www.w3.org/1998/Math/MathML">{formula}</math>'
    tree = libsbml.parseL3Formula(formula)
    assert tree is not None, libsbml.getLastParseL3Error()
    return libsbml.writeMathMLToString(tree).split("?>")[1]


def compartment(id, size=None, constant=True, dimensions=3):
    given = attributes(id=id, spatialDimensions=dimensions, size=size, constant=constant)
    return "Compartments", f"<compartment{given}/>"


def species(id, home, *, only_amount=False, boundary=False, constant=False, factor=None, **start):
    """`start` is amount=..., concentration=... or nothing."""
    given = attributes(
        id=id,
        compartment=home,
        initialAmount=start.get("amount"),
        initialConcentration=start.get("concentration"),
        hasOnlySubstanceUnits=only_amount,
        boundaryCondition=boundary,
        constant=constant,
        conversionFactor=factor,
    )
    return "Species", f"<species{given}/>"


def parameter(id, value=None, constant=True, units=None):
    given = attributes(id=id, value=value, constant=constant, units=units)
    return "Parameters", f"<parameter{given}/>"


def function(id, formula):
    return (
        "FunctionDefinitions",
        f'<functionDefinition id="{id}">{math(formula)}</functionDefinition>',
    )


def unit(id, kind="second", exponent=1, scale=0, multiplier=1):
    """The definition of a unit that is one factor."""
    factor = attributes(kind=kind, exponent=exponent, scale=scale, multiplier=multiplier)
    text = f'<unitDefinition id="{id}"><listOfUnits><unit{factor}/></listOfUnits></unitDefinition>'
    return "UnitDefinitions", text


def initial(symbol, formula):
    text = f'<initialAssignment symbol="{symbol}">{math(formula)}</initialAssignment>'
    return "InitialAssignments", text


def rule(variable, formula):
    text = f'<assignmentRule variable="{variable}">{math(formula)}</assignmentRule>'
    return "Rules", text


def rate(variable, formula):
    return "Rules", f'<rateRule variable="{variable}">{math(formula)}</rateRule>'


def part(species, stoichiometry=1, id=None):
    """A species reference of Level 3."""
    given = attributes(species=species, id=id, stoichiometry=stoichiometry, constant=False)
    return f"<speciesReference{given}/>"


def reaction(id, law, takes=(), makes=(), *, local="", level=3, more=""):
    """`takes` and `makes` are species references, or ids in Level 3; `local` is XML."""

    def side(name, parts):
        inner = "".join(p if p.startswith("<") else part(p) for p in parts)
        return f"<listOf{name}>{inner}</listOf{name}>" if parts else ""

    name = "listOfParameters" if level == 2 else "listOfLocalParameters"
    local = f"<{name}>{local}</{name}>" if local else ""
    law = f"<kineticLaw>{math(law)}{local}</kineticLaw>" if law else ""
    sides = side("Reactants", takes) + side("Products", makes)
    return "Reactions", f'<reaction id="{id}" reversible="false"{more}>{sides}{law}</reaction>'


def model(*parts, level=3, more=""):
    """The SBML text of what the functions above write."""
    order = ["FunctionDefinitions", "UnitDefinitions", "Compartments", "Species", "Parameters"]
    order += ["InitialAssignments", "Rules", "Constraints", "Reactions", "Events"]
    text = ""
    for kind in order:
        inner = "".join(part for its, part in parts if its == kind)
        text += f"<listOf{kind}>{inner}</listOf{kind}>" if inner else ""
    start = f'<?xml version="1.0" encoding="UTF-8"?>{HEAD[level]}'
    return f'{start}<model id="m"{more}>{text}</model></sbml>'
