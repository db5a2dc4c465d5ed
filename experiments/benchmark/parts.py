"""The generated functions of a model, one by one: what a call takes, from warm caches."""

from __future__ import annotations

import time
from collections.abc import Sequence

import numpy as np
from repeated_calls import run

from il15_sim.batch.drive.layout import LANES
from il15_sim.batch.kernel import Kernel

_CALLS, _REPEATS = 300, 25

#: Arguments of the functions of one attempted step, as the driver gives them.
_ARGUMENTS = {
    "factor": ("y", "p", "q", "g", "k", "m"),
    "solve": ("m", "k"),
    "slope": ("z", "p", "q", "k"),
    "stage": ("y", "k", "r", "z"),
    "error": ("y", "z", "k", "typical", "peak", "squares"),
    "accept": ("y", "z", "peak", "yes"),
    "dense": ("k", "d"),
}


def attempt_of(kernel: Kernel) -> dict[str, int]:
    """Calls of each function in one attempted step: functions alike (`stage1` ...) as `stage`."""
    stages = kernel.method.stages
    return {
        "factor": 1,
        "solve": stages,
        "slope": stages - 1,
        "stage": stages,
        "error": 1,
        "accept": 1,
    }


def functions_of(kernel: Kernel, part: str) -> list[str]:
    """Names of the functions of a part."""
    return [f"stage{s}" for s in range(kernel.method.stages)] if part == "stage" else [part]


class Bench:
    """Arrays of one group of simulations with the packaged values, and calls on them."""

    def __init__(self, kernel: Kernel, states: Sequence[float], outputs: Sequence[str]) -> None:
        """`states` are the start values of all states."""
        about = kernel.code.description
        reporting, needed = kernel.reporting(tuple(outputs))
        self.at = {**kernel.code.addresses, **reporting.addresses}
        size, stages = int(about["size"]), kernel.method.stages
        sizes = {
            **dict.fromkeys(("y", "z", "typical", "peak"), size),
            **dict.fromkeys(("g", "r", "squares", "yes"), 1),
            **{"p": len(kernel.parameters), "q": int(about["prepared"]) + int(about["conditions"])},
            **{"m": int(about["factors"]), "k": stages * size, "d": len(kernel.method.h) * needed},
        }
        self.room = {name: _lanes(entries) for name, entries in sizes.items()}
        self.start = np.zeros(size)
        self.start[: len(states)] = states
        # A parameter without a value of its own stands for one that something computes.
        values = np.where(np.isnan(kernel.parameter_values), 1.0, kernel.parameter_values)
        self.room["p"][:] = values[:, None]
        self.room["typical"][:] = 0.1
        run(self.at["prepare"], self._addresses(("p", "q")))
        self.reset()

    def reset(self) -> None:
        """The state that every measurement starts from: half an hour of step length."""
        for name in ("y", "z", "peak"):
            self.room[name][:] = self.start[:, None]
        self.room["k"][:] = 0.0
        self.room["r"][:], self.room["g"][:], self.room["yes"][:] = 2.0, 10.0, 1.0
        run(self.at["factor"], self._addresses(_ARGUMENTS["factor"]))

    def seconds(self, function: str) -> float:
        """Least time of one call, for a group of simulations."""
        self.reset()
        arguments = self._addresses(_ARGUMENTS[function.rstrip("0123456789")])
        address, best = self.at[function], np.inf
        run(address, arguments)
        for _ in range(_REPEATS):
            self.reset()
            if function == "solve":
                # Solved again and again, numbers would shrink until arithmetic on them is slow.
                self.room["k"][:] = 0.0
            begin = time.perf_counter()
            run(address, arguments, _CALLS)
            best = min(best, time.perf_counter() - begin)
        return best / _CALLS

    def _addresses(self, names: Sequence[str]) -> tuple[int, ...]:
        return tuple(self.room[name].ctypes.data for name in names)


def _lanes(entries: int) -> np.ndarray:
    """Zeros for all lanes, from the beginning of a cache line on."""
    room = np.zeros((entries + 1) * LANES)
    skip = (-room.ctypes.data % 64) // 8
    return room[skip : skip + entries * LANES].reshape(entries, LANES)
