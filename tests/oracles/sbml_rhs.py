"""A second reading of the SBML: right-hand side from libSBML's trees, integrated with scipy.

Nothing of il15_sim and nothing of roadrunner is used, so that both can be compared with it.
"""

import ast
from collections import namedtuple
from graphlib import TopologicalSorter
from math import exp

import libsbml
import numpy as np
from scipy.integrate import solve_ivp

#: states, their start values, assigned ids, constants, and rhs/observe compiled for constants.
System = namedtuple("System", "states start assigned constants bind")

# By name, not by getType: once libSEDML is imported after libSBML, as by tellurium, that returns an
# object that equals no constant.
_FOLDED = {"plus": ast.Add, "times": ast.Mult, "minus": ast.Sub, "divide": ast.Div}


def _load(name):
    return ast.Name("v_" + name, ast.Load())


def _store(names):
    return ast.Tuple([ast.Name("v_" + n, ast.Store()) for n in names], ast.Store())


def _expression(node):
    """Python's tree of a formula; an element that is not known here is refused."""
    parts = [_expression(node.getChild(i)) for i in range(node.getNumChildren())]
    if node.isName() and not node.getDefinitionURLString():  # neither time nor Avogadro's number
        return _load(node.getName())
    if node.isNumber():
        return ast.Constant(float(node.getValue()))
    known = (node.isOperator() or node.isFunction()) and not node.isUserFunction()
    kind = (node.getOperatorName() or node.getName()) if known else None
    if kind == "minus" and len(parts) == 1:
        return ast.UnaryOp(ast.USub(), parts[0])
    if kind in _FOLDED and len(parts) >= 2:
        total = parts[0]
        for part in parts[1:]:
            total = ast.BinOp(total, _FOLDED[kind](), part)
        return total
    if kind == "power" and len(parts) == 2:
        return ast.BinOp(parts[0], ast.Pow(), parts[1])
    if kind in ("max", "min", "exp"):
        return ast.Call(ast.Name(kind, ast.Load()), parts, [])
    raise ValueError(f"'{libsbml.formulaToL3String(node)}' is not read here")


def _names(node):
    below = (_names(node.getChild(i)) for i in range(node.getNumChildren()))
    return ({node.getName()} if node.isName() else set()).union(*below)


def _function(name, arguments, body):
    """A function definition with these argument names."""
    made = ast.parse(f"def {name}({', '.join(arguments)}): pass").body[0]
    made.body = body
    return made


def read_system(sbml):
    """The system of parameters and rules that an SBML text describes."""
    model = libsbml.readSBMLFromString(sbml).getModel()
    unread = (
        *(model.getNumReactions(), model.getNumEvents(), model.getNumInitialAssignments()),
        *(model.getNumFunctionDefinitions(), model.getNumSpecies(), model.getNumCompartments()),
    )
    assert not any(unread), "only parameters and rules are read here"
    rules = [model.getRule(i) for i in range(model.getNumRules())]
    assert all(r.isRate() or r.isAssignment() for r in rules)
    math = {r.getVariable(): r.getMath() for r in rules}
    states = [r.getVariable() for r in rules if r.isRate()]
    ruled = {r.getVariable() for r in rules if r.isAssignment()}
    graph = {name: _names(math[name]) & ruled for name in sorted(ruled)}
    assigned = list(TopologicalSorter(graph).static_order())
    values = {p.getId(): p.getValue() for p in model.getListOfParameters()}
    constants = [name for name in values if name not in math]
    steps = [ast.Assign([ast.Name("v_" + n, ast.Store())], _expression(math[n])) for n in assigned]
    unpack = ast.Assign([_store(states)], ast.Name("y", ast.Load()))
    rates = ast.Return(ast.List([_expression(math[s]) for s in states], ast.Load()))
    seen = ast.Return(ast.List([_load(n) for n in [*states, *assigned]], ast.Load()))
    bind = _function(
        "bind",
        ["c"],
        [
            ast.Assign([_store(constants)], ast.Name("c", ast.Load())),
            _function("rhs", ["t", "y"], [unpack, *steps, rates]),
            _function("observe", ["y"], [unpack, *steps, seen]),
            ast.Return(
                ast.Tuple([ast.Name(f, ast.Load()) for f in ("rhs", "observe")], ast.Load())
            ),
        ],
    )
    room = {"exp": exp}
    tree = ast.fix_missing_locations(ast.Module([bind], []))
    exec(compile(tree, "<model.sbml>", "exec"), room)
    return System(
        states=states,
        start=np.array([values[s] for s in states]),
        assigned=assigned,
        constants={name: values[name] for name in constants},
        bind=room["bind"],
    )


def integrate(system, changes, times, samples, *, start=None, values=None, rtol=1e-11, atol=1e-11):
    """Rows of all states and assigned quantities at `times`, by scipy's LSODA.

    `changes` are (time, id, amount): added to a state, or to a constant such as a rate. Of two rows
    at the time of a change the one whose sample is "pre" is before it. `atol` is relative to the
    size of each state at the start, or 1.
    """
    y = np.array(system.start if start is None else [start[s] for s in system.states], dtype=float)
    constants = {**system.constants, **(values or {})}
    scale = np.maximum(np.abs(y), 1.0)
    rows = {}

    def run_to(now, end, y, wanted):
        rhs, observe = system.bind(list(constants.values()))
        inside = [k for k in wanted if times[k] > now]
        at = np.unique([times[k] for k in inside] + ([end] if end > now else []))
        states = {now: y}
        if at.size:
            found = solve_ivp(
                lambda t, x: rhs(t, x.tolist()),
                (now, at[-1]),
                y,
                method="LSODA",
                t_eval=at,
                rtol=rtol,
                atol=atol * scale,
            )
            assert found.success, found.message
            states |= dict(zip(at.tolist(), found.y.T, strict=True))
        for k in wanted:
            rows[k] = observe(states[times[k]].tolist())
        return states[end]

    moments = sorted({at for at, _, _ in changes})
    pending = list(range(len(times)))
    now = 0.0
    for moment in [*moments, np.inf]:
        wanted = [
            k for k in pending if times[k] < moment or (times[k] == moment and samples[k] == "pre")
        ]
        pending = [k for k in pending if k not in set(wanted)]
        end = moment if np.isfinite(moment) else max(now, float(times[-1]))
        y = np.array(run_to(now, end, y, wanted), dtype=float)
        for at, name, amount in changes:
            if at == moment and name in system.states:
                y[system.states.index(name)] += amount
            elif at == moment:
                constants[name] += amount
        now = end
    assert not pending
    return np.array([rows[k] for k in range(len(times))])
