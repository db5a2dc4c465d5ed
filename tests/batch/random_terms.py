"""Random formulas as nested tuples, for tests that compare two ways of working them out."""

from hypothesis import strategies as st

STATES, PARAMETERS = 3, 2
SMOOTH = ["exp", "sin", "cos", "tan", "asin", "acos", "atan", "sinh", "cosh", "tanh"]
SMOOTH += ["log", "sqrt"]

numbers = st.sampled_from([-2.0, -1.0, -0.5, 0.0, 0.5, 1.0, 2.0, 3.0])
leaves = st.one_of(
    numbers.map(lambda x: ("constant", x)),
    st.integers(0, STATES - 1).map(lambda i: ("state", i)),
    st.integers(0, PARAMETERS - 1).map(lambda i: ("parameter", i)),
    st.just(("time",)),
)


def _wider(terms, functions, pairs):
    return st.one_of(
        st.tuples(st.sampled_from(pairs), terms, terms),
        st.tuples(st.just("neg"), terms),
        st.tuples(st.sampled_from(functions), terms),
        st.tuples(st.just("pow"), terms, numbers.map(lambda x: ("constant", x))),
    )


def terms(functions=SMOOTH, pairs=("add", "sub", "mul", "div", "pow")):
    """Formulas of a few operations."""
    return st.recursive(leaves, lambda t: _wider(t, functions, pairs), max_leaves=8)


def build(expressions, term):
    """The node of a formula."""
    kind, *rest = term
    if kind in ("constant", "state", "parameter"):
        return getattr(expressions, kind)(rest[0])
    if kind == "time":
        return expressions.time()
    operands = [build(expressions, t) for t in rest]
    if hasattr(expressions, kind):
        return getattr(expressions, kind)(*operands)
    return expressions.call(kind, *operands)
