"""Over how large a region of the assumed parameters each behaviour holds: random draws, counted."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from il15_sim.behaviours.patient import BEHAVIOURS
from il15_sim.errors import InputError
from il15_sim.model import Model
from il15_sim.workers import worker_pool

if TYPE_CHECKING:
    import pandas as pd

Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class Draw:
    """One random set of the assumed parameters, and which behaviours it shows."""

    width: str
    number: int
    values: dict[str, float]
    holds: dict[str, bool]


def drawn_parameters(model: Model) -> tuple[str, ...]:
    """Ids of the assumed parameters that are drawn: all with a positive value and room."""
    return tuple(
        p.id
        for p in model.parameters.parameters
        if p.kind == "assumed" and p.value > 0 and p.upper > p.lower
    )


def draw_values(model: Model, width: float, seed: int, number: int) -> dict[str, float]:
    """One log-uniform draw within `width`-fold of every value, cut at the table's bounds.

    Draw `number` is the same alone, in any batch and on any number of workers.
    """
    rng = np.random.default_rng(np.random.SeedSequence([seed, number]))
    values = {}
    for name in drawn_parameters(model):
        p = model.parameters[name]
        # A lower bound of zero has no logarithm: a hundredth of the value stands for it.
        low = max(p.value / width, p.lower if p.lower > 0 else p.value / 100)
        high = min(p.value * width, p.upper)
        values[name] = float(np.exp(rng.uniform(np.log(low), np.log(high))))
    return values


def _judge(model: Model, width: float, seed: int, number: int) -> Draw:
    values = draw_values(model, width, seed, number)
    drawn = model.with_values(values)
    # A draw without a steady state, or with a failed run, gives NaN: no behaviour holds then.
    with np.errstate(all="ignore"):
        holds = {name: measure(drawn).holds for name, measure in BEHAVIOURS.items()}
    return Draw(_told(width), number, values, holds)


_worker_model: Model | None = None


def _load(name: str, variants: tuple[str, ...], models_dir: str) -> None:
    global _worker_model
    _worker_model = Model.load(name, variants=variants, models_dir=models_dir)


def _judge_here(width: float, seed: int, number: int) -> Draw:
    assert _worker_model is not None
    return _judge(_worker_model, width, seed, number)


def region(
    model: Model,
    *,
    draws: int,
    widths: Sequence[float] = (1.25, 1.5, 2.0, float("inf")),
    seed: int = 0,
    workers: int = 1,
    progress: Progress | None = None,
) -> list[Draw]:
    """Judge all behaviours on random draws of the assumed parameters.

    Parameters
    ----------
    model : Model
        The patient; its fitted, measured and derived values stay.
    draws : int
        Draws per width.
    widths : sequence of float
        Fold around each value; infinity draws over the whole bounds of the table.
    seed : int
        Seed; the result does not depend on the number of workers.
    workers : int
        Processes.

    Returns
    -------
    list of Draw
        By width, then number.
    """
    if draws < 1 or workers < 1 or any(not w > 1 for w in widths):
        raise InputError(
            f"draws={draws}, workers={workers}, widths={tuple(widths)}",
            why="draws and workers count from one and a width is more than 1-fold",
        )
    jobs = [(w, seed, n) for w in widths for n in range(draws)]
    found = []
    pool = (
        worker_pool(workers, _load, (model.name, model.variants, str(model.models_dir)))
        if workers > 1
        else nullcontext()
    )
    with pool as executor:
        judge = partial(_judge, model) if executor is None else _judge_here
        mapped = map if executor is None else partial(executor.map, chunksize=4)
        for done, draw in enumerate(mapped(judge, *zip(*jobs, strict=True)), start=1):
            found.append(draw)
            if progress is not None:
                progress(done, len(jobs))
    return found


def shares(draws: Sequence[Draw]) -> pd.DataFrame:
    """Share of draws that show each behaviour, with its 95 % interval (Wilson).

    Columns `width, behaviour, draws, holds, share, low, high`; the behaviour `"all"` counts draws
    that show every one.
    """
    import pandas as pd
    from scipy.stats import binomtest

    rows = []
    for width in dict.fromkeys(d.width for d in draws):
        some = [d for d in draws if d.width == width]
        for name in (*BEHAVIOURS, "all"):
            held = sum(all(d.holds.values()) if name == "all" else d.holds[name] for d in some)
            interval = binomtest(held, len(some)).proportion_ci(method="wilson")
            rows.append(
                (width, name, len(some), held, held / len(some), interval.low, interval.high)
            )
    columns = ["width", "behaviour", "draws", "holds", "share", "low", "high"]
    return pd.DataFrame(rows, columns=columns)


def drivers(draws: Sequence[Draw], behaviour: str, most: int = 8) -> pd.DataFrame:
    """Parameters whose draws differ most between draws that show a behaviour and that do not.

    Columns `parameter, shift`: difference of the mean logarithms in standard deviations; positive
    where larger values help.
    """
    import pandas as pd

    names = list(draws[0].values)
    logs = np.log([[d.values[n] for n in names] for d in draws])
    held = np.array([d.holds[behaviour] for d in draws])
    if held.all() or not held.any():
        return pd.DataFrame({"parameter": [], "shift": []})
    shift = (logs[held].mean(axis=0) - logs[~held].mean(axis=0)) / logs.std(axis=0)
    order = np.argsort(-np.abs(shift))[:most]
    return pd.DataFrame({"parameter": [names[i] for i in order], "shift": shift[order]})


def _told(width: float) -> str:
    return "bounds" if width == float("inf") else f"{width:g}-fold"
