"""Regimens as values: who gets how much of what, when; as code and as text."""

from il15_sim.regimen.dose import Dose
from il15_sim.regimen.value import Regimen

__all__ = ["Dose", "Regimen"]
