"""The compiled driver, and the scratch memory it works in."""

from __future__ import annotations

import ctypes
import threading
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from il15_sim.batch.compile.machine_code import MachineCode, build, key_of
from il15_sim.batch.drive.layout import LANES, NODES, WORK, Work

_LINE = 64  # bytes of a cache line, which is what LANES doubles fill


_driver: list[MachineCode] = []
_building = threading.Lock()


def driver_code(before: Callable[[], object] | None = None) -> MachineCode:
    """The driver's machine code, from the cache or compiled; `before` is called before that."""
    with _building:
        if not _driver:
            key = key_of(part="driver", lanes=str(LANES))
            _driver.append(build(key, ["run_rows"], _write, before=before))
        return _driver[0]


def _write() -> tuple[str, dict[str, Any]]:
    from il15_sim.batch.drive import driver
    from il15_sim.batch.native.translate import translate

    return translate(driver.run_rows, LANES), {}


@cache
def _entry() -> Callable[[int, int], None]:
    kind = ctypes.CFUNCTYPE(None, ctypes.c_void_p, ctypes.c_void_p)
    return kind(driver_code().addresses["run_rows"])


def run_thread(job: NDArray[np.void], sizes: Mapping[str, int]) -> None:
    """Simulate rows of a job until none is left; other Python threads go on meanwhile.

    `sizes` are the numbers of the job and of its model that scratch memory depends on.
    """
    work, memory = _scratch(sizes)
    _entry()(job.ctypes.data, work.ctypes.data)
    del memory  # it had to live until here


def _scratch(sizes: Mapping[str, int]) -> tuple[NDArray[np.void], NDArray[np.float64]]:
    """A record of `layout.Work` and the memory that its addresses lie in."""
    outputs = max(sizes["output_count"], 1)
    rows = {
        "y": sizes["size"],
        "z": sizes["size"],
        "k": sizes["stages"] * sizes["size"],
        "m": sizes["factors"],
        "q": sizes["prepared"] + sizes["conditions"],
        "p": sizes["parameters"],
        "peak": sizes["size"],
        "typical": sizes["size"],
        "hair": sizes["size"],
        "d": sizes["dense_rows"] * sizes["needed"],
        "out": outputs,
        "nodes": NODES * outputs,
        "best": sizes["reducer_count"],
        "seen": sizes["reducer_count"],
        "level": sizes["reducer_count"],
        "switch": sizes["switch_count"],
        "w": sizes["size"],
        "roots": sizes["conditions"],
        "modes": sizes["conditions"],
    }
    counts = [max(rows.get(name, 1), 1) for name in Work.fields()]
    memory = np.zeros(LANES * (sum(counts) + 1))
    start = -(-memory.ctypes.data // _LINE) * _LINE  # entries begin at cache lines
    work = np.zeros(1, WORK)
    place = start
    for name, count in zip(Work.fields(), counts, strict=True):
        work[name] = place
        place += _LINE * count
    return work, memory
