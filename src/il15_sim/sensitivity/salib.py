"""Calls of SALib: by name, with a seed of their own, without a trace in the process."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import numpy as np

from il15_sim.errors import InputError, unknown

#: Modules of SALib that are no methods.
_HELPERS = ("common_args", "directions", "sobol_sequence", "radial")


def child_seed(seed: int, *keys: int) -> int:
    """A seed derived from another; never 0, which SALib takes for none.

    >>> child_seed(0) > 0, child_seed(0) == child_seed(0, 1)
    (True, False)
    """
    return 1 + int(np.random.SeedSequence([seed, *keys]).generate_state(1)[0] >> 1)


def check_seed(seed: object) -> int:
    """The seed as an integer from 0 on."""
    if isinstance(seed, bool) or not isinstance(seed, (int, np.integer)) or seed < 0:
        raise InputError(f"seed {seed!r}", why="it is a whole number from 0 on")
    return int(seed)


def check_resamples(resamples: object) -> None:
    """Refuse what is no number of bootstraps."""
    if isinstance(resamples, bool) or not isinstance(resamples, int) or resamples < 2:
        raise InputError(f"resamples {resamples!r}", why="it is a whole number from 2 on")


@contextmanager
def undisturbed(seed: int) -> Iterator[None]:
    """Seed the global generator for what uses it, and leave generator and warnings as they were.

    SALib draws many bootstraps from NumPy's global generator, and some of its methods change how
    the process shows warnings.
    """
    state, shown = np.random.get_state(), warnings.formatwarning  # noqa: NPY002
    with warnings.catch_warnings(record=True):
        warnings.simplefilter("ignore")
        np.random.seed(child_seed(seed))  # noqa: NPY002
        try:
            yield
        finally:
            np.random.set_state(state)  # noqa: NPY002
            warnings.formatwarning = shown


def function_of(part: str, name: str) -> Callable[..., Any]:
    """`sample` or `analyze` of the module of SALib called `name`, such as "fast_sampler".

    Raises
    ------
    InputError
        For a name that SALib does not have, with the closest one.
    """
    package = importlib.import_module(f"SALib.{part}")
    found = [m.name for m in pkgutil.iter_modules(package.__path__) if m.name not in _HELPERS]
    if name not in found:
        raise unknown(f"SALib {part} method", name, found)
    function: Callable[..., Any] = getattr(
        importlib.import_module(f"SALib.{part}.{name}"), part, None
    ) or getattr(importlib.import_module(f"SALib.{part}.{name}.{name}"), part)
    return function


def called(
    function: Callable[..., Any], given: Mapping[str, Any], options: Mapping[str, Any]
) -> Any:
    """Call it with what it takes of `given`, and with all `options`.

    Raises
    ------
    InputError
        For an option that it does not take, and for what SALib itself refuses.
    """
    takes = inspect.signature(function).parameters
    unfit = sorted(set(options) - set(takes))
    if unfit:
        raise unknown(f"option of {function.__module__}", unfit[0], takes)
    kept = {name: value for name, value in given.items() if name in takes}
    try:
        return function(**{**kept, **options})
    except InputError:
        raise
    except Exception as error:
        raise InputError(f"{function.__module__} refuses: {error}") from error
