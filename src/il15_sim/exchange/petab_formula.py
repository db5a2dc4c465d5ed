"""Formulas of PEtab: read as SBML math, and taken apart where they are sums of multiples."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from il15_sim.errors import InputError

#: A sum: the factor of each name; the constant stands under the empty name.
Sum = dict[str, float]


def parse(text: str, where: str) -> Any:
    """The formula as a tree of libSBML; `log` is the natural logarithm, as PEtab has it.

    Raises
    ------
    InputError
        For a formula that cannot be read.
    """
    import libsbml

    settings = libsbml.L3ParserSettings()
    settings.setParseLog(libsbml.L3P_PARSE_LOG_AS_LN)
    tree = libsbml.parseL3FormulaWithSettings(text, settings) if text else None
    if tree is None:
        why = libsbml.getLastParseL3Error().split("\n")[-1].strip() if text else "it is empty"
        raise InputError(f"formula '{text:.80}' cannot be read", where=where, why=why)
    return tree


def names_in(tree: Any) -> set[str]:
    """The ids that a formula names."""
    found = {tree.getName()} if _is_id(tree) else set()
    for i in range(tree.getNumChildren()):
        found |= names_in(tree.getChild(i))
    return found


def replaced(tree: Any, values: Mapping[str, float | str]) -> Any:
    """A copy of a formula with numbers or other ids in the place of ids."""
    import libsbml

    # Replacing looks below a node only.
    if _is_id(tree) and tree.getName() in values:
        return _leaf(values[tree.getName()])
    copy = libsbml.ASTNode(tree)
    for name, value in values.items():
        copy.replaceArgument(name, _leaf(value))
    return copy


def as_sum(tree: Any) -> Sum | None:
    """A formula as a sum of multiples of ids, where it is one.

    Examples
    --------
    >>> as_sum(parse("gut + 2 * 150 * area", "here"))
    {'gut': 1.0, 'area': 300.0}
    >>> as_sum(parse("a * b", "here")) is None
    True
    """
    # By its sign: once tellurium is imported, libSBML no longer tells the type of a node.
    sign = tree.getCharacter()
    children = [as_sum(tree.getChild(i)) for i in range(tree.getNumChildren())]
    known = [c for c in children if c is not None]
    if tree.isNumber():
        return {"": float(tree.getValue())}
    if _is_id(tree):
        return {tree.getName(): 1.0}
    if len(known) < len(children) or not children:
        return None
    if sign == "+":
        return _added(known, 1.0)
    if sign == "-":
        if len(known) == 1:
            return {k: -v for k, v in known[0].items()}
        return _added(known, -1.0)
    if sign == "*":
        varied = [c for c in known if set(c) != {""}]
        if len(varied) > 1:
            return None
        times = 1.0
        for c in known:
            times *= c[""] if set(c) == {""} else 1.0
        return {k: times * v for k, v in (varied[0] if varied else {"": 1.0}).items()}
    if sign == "/" and set(known[1]) == {""} and known[1][""] != 0:
        return {k: v / known[1][""] for k, v in known[0].items()}
    return None


def one_multiple(tree: Any) -> tuple[str, float] | None:
    """The id and its factor, where a formula is a multiple of one; an empty id for a number."""
    found = as_sum(tree)
    return next(iter(found.items())) if found is not None and len(found) == 1 else None


def _added(parts: list[Sum], sign: float) -> Sum:
    found = dict(parts[0])
    for part in parts[1:]:
        for name, times in part.items():
            found[name] = found.get(name, 0.0) + sign * times
    return found


def _is_id(tree: Any) -> bool:
    return bool(tree.isName())


def _leaf(value: float | str) -> Any:
    import libsbml

    if isinstance(value, str):
        leaf = libsbml.ASTNode(libsbml.AST_NAME)
        leaf.setName(value)
    else:
        leaf = libsbml.ASTNode(libsbml.AST_REAL)
        leaf.setValue(float(value))
    return leaf
