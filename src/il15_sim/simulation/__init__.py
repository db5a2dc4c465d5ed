"""One simulation or a million: patients under regimens, on one of two engines."""

from il15_sim.simulation.differences import gradients
from il15_sim.simulation.dose_axes import dose_sweep
from il15_sim.simulation.entrance import simulate
from il15_sim.simulation.rows import ParameterRows

__all__ = ["ParameterRows", "dose_sweep", "gradients", "simulate"]
