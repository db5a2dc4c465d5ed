"""Functions whose indices are known in closed form, as Python and as models that hold them."""

import itertools

import antimony
import numpy as np

from il15_sim.batch.kernel import Kernel
from il15_sim.sensitivity import Factor

#: Ishigami's function with a = 7, b = 0.1 on (-π, π).
ISHIGAMI = {
    "S1": [0.3139, 0.4424, 0.0],
    "ST": [0.5576, 0.4424, 0.2437],
    "S2": {("x1", "x2"): 0.0, ("x1", "x3"): 0.2437, ("x2", "x3"): 0.0},
}
ANGLES = tuple(Factor(f"x{i}", -np.pi, np.pi) for i in (1, 2, 3))


def ishigami(table):
    x1, x2, x3 = (table[f"x{i}"] for i in (1, 2, 3))
    return np.sin(x1) + 7 * np.sin(x2) ** 2 + 0.1 * x3**4 * np.sin(x1)


def unit_factors(count, **groups):
    of = {name: group for group, names in groups.items() for name in names}
    names = [f"x{i}" for i in range(count)]
    return tuple(Factor(name, 0.0, 1.0, group=of.get(name, "")) for name in names)


#: Sobol's G function: small numbers matter.
G = np.array([0.0, 0.5, 3.0, 9.0, 99.0])


def sobol_g(table):
    return np.prod((np.abs(4 * table.to_numpy() - 2) + G) / (1 + G), axis=1)


def sobol_g_indices():
    """S1 and ST of the G function."""
    part = 1 / (3 * (1 + G) ** 2)
    whole = np.prod(1 + part) - 1
    return part / whole, part * np.prod(1 + part) / (1 + part) / whole


COEFFICIENTS = np.array([3.0, -2.0, 1.0, 0.0])


def linear(table):
    # Not a matrix product, whose rounding depends on the number of rows.
    return sum(c * table[f"x{j}"].to_numpy() for j, c in enumerate(COEFFICIENTS))


def linear_shares():
    return COEFFICIENTS**2 / (COEFFICIENTS**2).sum()


def morris_1991(table):
    """The function of Morris (1991) without its random small terms."""
    x = table.to_numpy()
    w = 2 * (x - 0.5)
    for i in (2, 4, 6):
        w[:, i] = 2 * (1.1 * x[:, i] / (x[:, i] + 0.1) - 0.5)
    y = 20 * w[:, :10].sum(axis=1)
    for size, most, beta in ((2, 6, -15), (3, 5, -10), (4, 4, 5)):
        for chosen in itertools.combinations(range(most), size):
            y = y + beta * np.prod(w[:, chosen], axis=1)
    return y


def model_of(text):
    """A compiled model of an Antimony text; its time is in hours."""
    antimony.clearPreviousLoads()
    if antimony.loadAntimonyString(f"model made\n{text}\nend") < 0:
        raise ValueError(antimony.getLastError())
    sbml = antimony.getSBMLString("made")
    antimony.clearPreviousLoads()
    return Kernel(sbml, time_unit="h")


#: Ishigami's function as a model: y rises to it, within rounding, in ten hours.
ISHIGAMI_MODEL = """
    x1 = 1; x2 = 1; x3 = 1
    y = 0
    y' = 5*(sin(x1) + 7*sin(x2)^2 + 0.1*x3^4*sin(x1) - y)
"""
#: A linear function, of a model that blows up where a and b are both above 0.8.
CORNER_MODEL = """
    a = 0.5; b = 0.5; c = 0.5
    y = 0
    y' = 5*(1 + 3*a - 2*b + c - y)
    z = 1
    z' = piecewise(z^2, a > 0.8 && b > 0.8, 0)
"""


def value(frame, factor, index, other=""):
    """One index of a frame that holds one output."""
    rows = frame[(frame["factor"] == factor) & (frame["index"] == index)]
    (found,) = rows.loc[rows["other"] == other, "value"]
    return found


def values(frame, index):
    """The values of one index, in the order of the factors."""
    rows = frame[(frame["index"] == index) & (frame["other"] == "")]
    return rows["value"].to_numpy()
