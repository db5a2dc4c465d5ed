"""Many simulations of one model: sweeps, fits, posteriors, virtual trials."""

from il15_sim.ensemble.differences import gradients
from il15_sim.ensemble.rows import ParameterRows
from il15_sim.ensemble.simulate import simulate_many

__all__ = ["ParameterRows", "gradients", "simulate_many"]
