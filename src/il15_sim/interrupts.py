"""Ctrl-C and SIGTERM as exceptions: what is half written is removed before the process ends."""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

#: Exit code of a process that SIGTERM ended, as shells tell it.
TERMINATED = 128 + 15
#: Further SIGTERMs are ignored for so long (s): cleaning up is not to be interrupted.
_GRACE = 2.0

# What a handler raised while a block below was on.
_raised: list[BaseException] = []


@contextmanager
def sigterm_raises() -> Iterator[None]:
    """Raise `SystemExit(143)` where SIGTERM arrives, so that everything under way cleans up.

    Python's default ends the process at once. Nothing changes outside of the main thread, where
    no handler can be set, and where somebody has set one; as it was afterwards.

    Examples
    --------
    >>> import os, signal
    >>> with sigterm_raises():
    ...     os.kill(os.getpid(), signal.SIGTERM)
    Traceback (most recent call last):
    SystemExit: 143
    """
    first: list[float] = []

    def end(_number: int, _frame: FrameType | None) -> None:
        now = time.monotonic()
        if not first or now > first[0] + _GRACE:
            first[:] = [now]
            _raise(SystemExit(TERMINATED))

    with _handled(signal.SIGTERM, signal.SIG_DFL, end):
        yield


@contextmanager
def interrupts_kept() -> Iterator[None]:
    """Remember Ctrl-C, for `raise_lost`; nothing changes where somebody has set a handler."""

    def end(_number: int, _frame: FrameType | None) -> None:
        _raise(KeyboardInterrupt())

    with _handled(signal.SIGINT, signal.default_int_handler, end):
        yield


def raise_lost() -> None:
    """Raise again what a signal raised, where it was caught on the way.

    Python drops exceptions in callbacks and finalizers, of which a compiler has many.
    """
    if _raised and threading.current_thread() is threading.main_thread():
        raise _raised[-1]


def _raise(error: BaseException) -> None:
    _raised.append(error)
    raise error


@contextmanager
def _handled(number: signal.Signals, usual: object, handler: object) -> Iterator[None]:
    """Another handler for a signal, where it has the usual one."""
    in_main = threading.current_thread() is threading.main_thread()
    if not in_main or signal.getsignal(number) is not usual:
        yield
        return
    before = len(_raised)
    try:
        signal.signal(number, handler)  # type: ignore[arg-type]
        yield
    finally:
        signal.signal(number, usual)
        del _raised[before:]
