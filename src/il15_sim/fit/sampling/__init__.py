"""Draws from the posterior of a fit: what values of the parameters the data leave likely."""

from il15_sim.fit.sampling.calibration import Calibration, simulation_based_calibration
from il15_sim.fit.sampling.drawing import sample
from il15_sim.fit.sampling.posterior import Posterior
from il15_sim.fit.sampling.target import Target

__all__ = ["Calibration", "Posterior", "Target", "sample", "simulation_based_calibration"]
