"""Draws from the posterior of a fit: what values of the parameters the data leave likely."""

from il15_sim.fit.sampling.drawing import sample
from il15_sim.fit.sampling.posterior import Posterior
from il15_sim.fit.sampling.target import Target

__all__ = ["Posterior", "Target", "sample"]
