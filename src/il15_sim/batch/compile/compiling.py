"""Compiling, told while it lasts: some seconds that are spent only once."""

from __future__ import annotations

import sys
import threading
import time

from il15_sim.progress import watched


class CompileNote:
    """Tells on the terminal that a model is being compiled, and how long it took.

    Parameters
    ----------
    name : str
        What is compiled.
    show : bool, optional
        Default: on a terminal and in a notebook.

    Attributes
    ----------
    seconds : float
        Time from the first `begin` on until `end`; zero where nothing had to be compiled.
    """

    def __init__(self, name: str, show: bool | None = None) -> None:
        self._name = name
        self._show = watched(show)
        self._began: float | None = None
        self._lock = threading.Lock()
        self.seconds = 0.0

    def begin(self) -> None:
        """Something has to be compiled; driver and model say so in threads of their own."""
        with self._lock:
            if self._began is not None:
                return
            self._began = time.perf_counter()
        if self._show:
            print(
                f"Compiling {self._name} for this processor, once ...",
                end="", file=sys.stderr, flush=True,
            )  # fmt: skip

    def end(self) -> None:
        """All is compiled."""
        if self._began is None:
            return
        self.seconds += time.perf_counter() - self._began
        self._began = None
        if self._show:
            print(f" {self.seconds:.1f} s", file=sys.stderr, flush=True)
