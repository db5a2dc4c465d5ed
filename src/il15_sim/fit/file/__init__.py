"""Fit files: a model, data, what is estimated and how errors are treated."""

from il15_sim.fit.file.entry import read_fit

__all__ = ["read_fit"]
