"""Whether somebody watches, and bars of progress for terminals and notebooks."""

from __future__ import annotations

import importlib.util
import sys
from typing import Any


def watched(progress: bool | None = None) -> bool:
    """Whether progress is shown; by default on a terminal and in a notebook.

    >>> watched(True), watched(False)
    (True, False)
    """
    return sys.stderr.isatty() or in_notebook() if progress is None else bool(progress)


def in_notebook() -> bool:
    """Whether this is the kernel of a notebook."""
    shell = getattr(sys.modules.get("IPython"), "get_ipython", lambda: None)()
    return type(shell).__name__ == "ZMQInteractiveShell"


def row_bar(
    total: float, progress: bool | None, *, initial: float = 0.0, delay_s: float = 0.0
) -> Any:
    """A bar of tqdm that counts rows; by default what is over within `delay_s` shows none."""
    bar: Any
    if in_notebook() and importlib.util.find_spec("ipywidgets") is not None:
        from tqdm.notebook import tqdm as bar
    else:
        from tqdm import tqdm as bar
    return bar(
        total=total,
        initial=initial,
        unit=" rows",
        unit_scale=True,
        disable=not watched(progress),
        delay=delay_s if progress is None else 0.0,
        file=sys.stderr,
    )
