"""What a simulation gives back."""

from il15_sim.results.runs import Runs

__all__ = ["Runs"]
