"""The model's equations as Python text, for engines that want a compiled right-hand side.

Read from the SBML by itself, so that it also checks what the SBML engines make of it. Whatever
depends on parameters alone is computed once per parameter set (`constants`), and not at every
step; the Jacobian is exact, by the chain rule through the assigned quantities.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from graphlib import TopologicalSorter
from typing import Any

import libsbml
import sympy
from sbml_facts import names_in, read, states_of


class maximum(sympy.Function):
    """Larger of two; the derivative takes the side that is larger."""

    nargs = 2

    def fdiff(self, argindex: int = 1) -> sympy.Expr:
        """1 for the larger argument, 0 for the other."""
        this, other = self.args[argindex - 1], self.args[2 - argindex]
        return larger(this, other)


class larger(sympy.Function):
    """1.0 where the first argument is the larger one, else 0.0 (no derivative is taken)."""

    nargs = 2


@dataclass
class Formulas:
    """Statements (`name = expression`) in order, and expressions of what is asked for.

    The statements of `constants` read `p_<parameter>`; those of `varying` read these, the
    constants and `y_<state>`. `rates` and `outputs` are expressions of all of them, `jacobian` maps
    (row, column) to expressions that also need the statements `slopes`.
    """

    parameters: tuple[str, ...]
    states: tuple[str, ...]
    fixed: dict[str, float]
    constants: list[tuple[str, str]] = field(default_factory=list)
    varying: list[tuple[str, str]] = field(default_factory=list)
    slopes: list[tuple[str, str]] = field(default_factory=list)
    rates: list[str] = field(default_factory=list)
    outputs: list[str] = field(default_factory=list)
    jacobian: dict[tuple[int, int], str] = field(default_factory=dict)


def read_formulas(sbml: str, parameters: Sequence[str], outputs: Sequence[str]) -> Formulas:
    """Equations of a model of parameters, rules and reactions.

    `parameters` stay free, all other constants get the SBML's values.
    """
    model = read(sbml)
    if any((model.getNumEvents(), model.getNumInitialAssignments())) or (
        model.getNumFunctionDefinitions()
    ):
        raise ValueError("only parameters, rules and reactions are read here")
    trees = {r.getVariable(): r.getMath() for r in model.getListOfRules()}
    trees |= {r.getId(): r.getKineticLaw().getMath() for r in model.getListOfReactions()}
    states = tuple(states_of(sbml))
    values = {p.getId(): p.getValue() for p in model.getListOfParameters()}
    values |= {c.getId(): c.getSize() for c in model.getListOfCompartments()}
    fixed = {n: v for n, v in values.items() if n not in trees and n not in set(parameters)}
    symbols: dict[str, sympy.Expr] = {n: sympy.Float(v) for n, v in fixed.items()}
    symbols |= {n: sympy.Symbol(f"p_{n}", real=True) for n in parameters}
    symbols |= {n: sympy.Symbol(f"y_{n}", real=True) for n in states}
    made = Formulas(tuple(parameters), states, fixed)
    return _Builder(made, symbols, trees, _turnover(model)).build(outputs)


def _turnover(model: Any) -> dict[str, list[tuple[float, str]]]:
    """Reactions that change each species: (signed stoichiometry, id of the reaction)."""
    found: dict[str, list[tuple[float, str]]] = {}
    for reaction in model.getListOfReactions():
        sides = (-1.0, reaction.getListOfReactants()), (1.0, reaction.getListOfProducts())
        for sign, side in sides:
            for species in side:
                change = sign * species.getStoichiometry(), reaction.getId()
                found.setdefault(species.getSpecies(), []).append(change)
    return found


class _Builder:
    def __init__(
        self,
        formulas: Formulas,
        symbols: dict[str, sympy.Expr],
        trees: dict[str, Any],
        turnover: dict[str, list[tuple[float, str]]],
    ) -> None:
        self.formulas, self.symbols, self.trees = formulas, symbols, trees
        self.turnover = turnover
        self.vary = {symbols[s] for s in formulas.states}
        self.slopes: dict[sympy.Symbol, dict[int, sympy.Expr]] = {
            symbols[s]: {i: sympy.Integer(1)} for i, s in enumerate(formulas.states)
        }
        self.made: dict[sympy.Expr, sympy.Symbol] = {}
        self.maxima: dict[sympy.Expr, str] = {}

    def build(self, outputs: Sequence[str]) -> Formulas:
        made, states = self.formulas, set(self.formulas.states)
        ruled = [n for n in self.trees if n not in states]
        graph = {n: sorted(names_in(self.trees[n]) & set(ruled)) for n in ruled}
        for name in TopologicalSorter(graph).static_order():
            self._assign(name, self._expression(self.trees[name]))
        for i, name in enumerate(made.states):
            rate = self._hoist(self._rate(name))
            made.rates.append(_text(rate))
            for j, slope in self._gradient(rate).items():
                made.jacobian[i, j] = _text(slope)
        made.outputs = [_text(self.symbols[o]) for o in outputs]
        return made

    def _rate(self, name: str) -> sympy.Expr:
        """Rate of change of a state; the volumes of species are one (see `states_of`)."""
        if name in self.trees:
            return self._expression(self.trees[name])
        turnover = self.turnover.get(name, ())
        return sympy.Add(*(sympy.Integer(int(n)) * self.symbols[r] for n, r in turnover))

    def _assign(self, name: str, expression: sympy.Expr) -> None:
        expression = self._hoist(expression)
        if expression.is_Atom:
            self.symbols[name] = expression
            return
        symbol = sympy.Symbol(f"a_{name}", real=True)
        self.symbols[name] = symbol
        self.vary.add(symbol)
        self.formulas.varying.append((symbol.name, _text(expression)))
        self.slopes[symbol] = {}
        for j, slope in self._gradient(expression).items():
            if not slope.is_Atom:
                self.formulas.slopes.append((f"d_{name}_{j}", _text(slope)))
                slope = sympy.Symbol(f"d_{name}_{j}", real=True)
            self.slopes[symbol][j] = slope

    def _gradient(self, expression: sympy.Expr) -> dict[int, sympy.Expr]:
        """Derivatives by the states, by the chain rule through the assigned quantities."""
        total: dict[int, sympy.Expr] = {}
        for symbol in sorted(expression.free_symbols & self.vary, key=str):
            # x**h / x becomes x**(h - 1), which has a value at zero.
            partial = self._hoist(sympy.powsimp(expression.diff(symbol), combine="exp"))
            for j, slope in self.slopes[symbol].items():
                total[j] = total.get(j, sympy.Integer(0)) + partial * slope
        return {j: slope for j, slope in total.items() if slope != 0}

    def _hoist(self, expression: sympy.Expr) -> sympy.Expr:
        """The expression with every part that does not vary replaced by a constant's name."""
        if not expression.free_symbols & self.vary:
            return self._constant(expression)
        if expression.is_Atom:
            return expression
        still = [a for a in expression.args if not a.free_symbols & self.vary]
        moving = [self._hoist(a) for a in expression.args if a.free_symbols & self.vary]
        if expression.is_Add or expression.is_Mul:
            return expression.func(self._constant(expression.func(*still)), *moving)
        return expression.func(*(self._hoist(a) for a in expression.args))

    def _constant(self, expression: sympy.Expr) -> sympy.Expr:
        if expression.is_Atom:
            return expression
        if expression not in self.made:
            self.made[expression] = sympy.Symbol(f"c_{len(self.made)}", real=True)
            self.formulas.constants.append((self.made[expression].name, _text(expression)))
        return self.made[expression]

    def _expression(self, node: Any) -> sympy.Expr:
        parts = [self._expression(node.getChild(i)) for i in range(node.getNumChildren())]
        if node.isName() and not node.getDefinitionURLString():
            return self.symbols[node.getName()]
        if node.isNumber():
            value = float(node.getValue())
            return sympy.Integer(int(value)) if value.is_integer() else sympy.Float(value)
        kind = node.getOperatorName() or node.getName()
        if kind == "minus":
            return -parts[0] if len(parts) == 1 else parts[0] - parts[1]
        if kind == "divide":
            return parts[0] / parts[1]
        if kind == "power":
            return parts[0] ** parts[1]
        if kind == "exp":
            return sympy.exp(parts[0])
        if kind == "max":
            # A name of its own, so that what it takes to compute it is not repeated in powers.
            larger_one = maximum(*parts)
            if larger_one not in self.maxima:
                name = self.maxima[larger_one] = f"max_{len(self.maxima)}"
                self._assign(name, larger_one)
            return self.symbols[self.maxima[larger_one]]
        if kind in ("plus", "times"):
            return (sympy.Add if kind == "plus" else sympy.Mul)(*parts)
        raise ValueError(f"'{libsbml.formulaToL3String(node)}' is not read here")


def _text(expression: sympy.Expr) -> str:
    from sympy.printing.pycode import PythonCodePrinter

    class Printer(PythonCodePrinter):
        def _print_maximum(self, e: sympy.Expr) -> str:
            return f"maximum({self._print(e.args[0])}, {self._print(e.args[1])})"

        def _print_larger(self, e: sympy.Expr) -> str:
            return f"larger({self._print(e.args[0])}, {self._print(e.args[1])})"

        def _print_Integer(self, e: sympy.Expr) -> str:
            return f"{int(e)}.0"

        def _print_Pow(self, e: sympy.Expr, rational: bool = False) -> str:
            base, power = e.args
            if power.is_Integer and 0 < abs(int(power)) <= 4:
                product = "*".join([self.parenthesize(base, 100)] * abs(int(power)))
                return f"({product})" if power > 0 else f"(1.0/({product}))"
            return f"({self._print(base)})**({self._print(power)})"

    return str(Printer({"fully_qualified_modules": False}).doprint(expression))
