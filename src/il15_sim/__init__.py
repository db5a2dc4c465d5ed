"""Mechanistic simulator of sorafenib, IL-15 trans-presentation and CD4+NKG2D+ Th1 cells.

`import il15_sim` loads nothing but the version; a name brings in what it needs when it is first
used, so that a figure's or an engine's libraries cost only those who use them.

Examples
--------
>>> from il15_sim import Regimen
>>> len(Regimen.oral("sorafenib", dose_mg=400, every_h=12, days=1).doses())
2
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

from il15_sim._version import __version__

if TYPE_CHECKING:
    from il15_sim import endpoints, plots, sensitivity
    from il15_sim.errors import InputError
    from il15_sim.model import Model
    from il15_sim.population import Population
    from il15_sim.regimen import Dose, Regimen
    from il15_sim.results import Runs
    from il15_sim.scenario import Scenario
    from il15_sim.simulation import ParameterRows, dose_sweep, gradients, simulate
    from il15_sim.simulation.dosing import Change

__all__ = [
    "Change",
    "Dose",
    "InputError",
    "Model",
    "ParameterRows",
    "Population",
    "Regimen",
    "Runs",
    "Scenario",
    "__version__",
    "dose_sweep",
    "endpoints",
    "gradients",
    "plots",
    "sensitivity",
    "simulate",
]

#: Where each public name is defined. No module may be called like a name defined in another one:
#: importing it would put the module in that name's place.
_HOME = {
    "Change": "simulation.dosing",
    "Dose": "regimen",
    "InputError": "errors",
    "Model": "model",
    "ParameterRows": "simulation",
    "Population": "population",
    "Regimen": "regimen",
    "Runs": "results",
    "Scenario": "scenario",
    "dose_sweep": "simulation",
    "endpoints": "endpoints",
    "gradients": "simulation",
    "plots": "plots",
    "sensitivity": "sensitivity",
    "simulate": "simulation",
}


def __getattr__(name: str) -> object:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    module = importlib.import_module(f"{__name__}.{_HOME[name]}")
    value: object = module if _HOME[name] == name else getattr(module, name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
