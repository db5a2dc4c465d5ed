"""One way to use one tool: what an adapter offers, and how it is told which one to use."""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Protocol

from task import Array, Task


class Engine(Protocol):
    """What an adapter's `Engine` class offers; built once per process as `Engine(task, **options)`.

    Building compiles; it raises ImportError where the tool is not installed. Nothing of it is
    timed. An adapter that compiles for each number of sets has a method `ready(count)` too, which
    is not timed either.
    """

    #: Name and version of the tool, as shown.
    tool: str

    def run(self, values: Array, rtol: float, scale: float | None) -> Array:
        """Outputs (N, T, O) of parameter sets (N, P) at the task's times; NaN where one failed.

        This is what is timed: it takes the sets as a plain array, runs them on the cores that
        the process may use, and returns when all outputs are in memory. `rtol` is the relative
        tolerance; the absolute one of a state is `scale * rtol` times its size.
        """


@dataclass(frozen=True)
class Setting:
    """One factor of the absolute tolerances, and the relative tolerances that are run with it.

    A scale of None leaves absolute tolerances to the tool. `near` are those that enclose
    the error of comparison: a run of many sets needs no others. Empty: that is not known, all run.
    """

    scale: float | None
    rtols: tuple[float, ...]
    near: tuple[float, ...] = ()


@dataclass(frozen=True)
class Peer:
    """One way to use one tool.

    Attributes
    ----------
    name : str
        The tool, as shown in figures; configurations of a tool share it.
    use : str
        What is special in this use of it.
    module : str
        File in `peers/`.
    settings : tuple of Setting
        Tolerances to run.
    options : dict
        Arguments of the module's `Engine` beside the task.
    processes : int
        How many processes share the parameter sets, one core each.
    cores : int
        Cores that each process may use.
    together : bool
        The tool runs its sets side by side: it gets all of them in one call.
    at_most : int
        Number of sets that a slow tool runs, of however many there are.
    """

    name: str
    use: str
    module: str
    settings: tuple[Setting, ...]
    options: dict[str, Any] = field(default_factory=dict)
    processes: int = 1
    cores: int = 1
    together: bool = False
    at_most: int = 1_000_000

    @property
    def all_cores(self) -> int:
        """Cores of all processes."""
        return self.processes * self.cores

    def load(self, task: Task) -> Engine:
        """Import the tool and compile the model."""
        module = importlib.import_module(f"peers.{self.module}")
        engine: Engine = module.Engine(task, **self.options)
        return engine

    def points(self, near: bool) -> Iterator[tuple[str, float, float | None]]:
        """Every (configuration, rtol, scale) to run; only those near the error of comparison."""
        for setting in self.settings:
            told = "" if setting.scale is None else f"atol {setting.scale:g} rtol size"
            configuration = ", ".join(filter(None, (self.use, told))) or "-"
            for rtol in setting.near if near and setting.near else setting.rtols:
                yield configuration, rtol, setting.scale
