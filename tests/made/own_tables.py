"""Small compiled models that a table can be fitted to, with answers in closed form."""

import pandas as pd

from il15_sim.batch.kernel import Kernel
from tests.made.small_models import sbml_of


def line():
    """y = a + b * time."""
    text = "x' = 1; x = 0; a = 1; b = 2; y := a + b * x;"
    return Kernel(sbml_of(text), name="line", time_unit="h")


def decay():
    """y = size * exp(-rate * time), and the same of another size."""
    text = "x' = -rate * x; x = 1; rate = 1; size = 1; more = 1; y := size * more * x;"
    return Kernel(sbml_of(text), name="decay", time_unit="h")


def explosion():
    """y = 1 / (1 - rate * time): no simulation goes on beyond time 1 / rate."""
    return Kernel(sbml_of("y' = rate * y^2; y = 1; rate = 0.1;"), name="explosion", time_unit="h")


def table(times_h, values, **columns):
    """Readings of y."""
    return pd.DataFrame({"time_h": times_h, "observable": "y", "value": values, **columns})
