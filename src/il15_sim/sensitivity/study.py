"""The whole way: design, simulations, indices."""

from __future__ import annotations

import inspect
import warnings
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from il15_sim.batch.kernel import Kernel
from il15_sim.errors import InputError, unknown
from il15_sim.model import Model
from il15_sim.regimen import Regimen
from il15_sim.results.endpoint import Endpoint
from il15_sim.results.runs import Runs
from il15_sim.results.shown import OK
from il15_sim.sensitivity.analysis import analyse, constant
from il15_sim.sensitivity.factor import Factor
from il15_sim.sensitivity.factor import factors as factors_of
from il15_sim.sensitivity.outputs import (
    CONTRASTS,
    Outputs,
    check_asked,
    contrasted,
    outputs_of,
    told,
    with_logarithms,
)
from il15_sim.sensitivity.result import Indices
from il15_sim.sensitivity.sampling import OPTIONS, Design, design
from il15_sim.simulation import simulate

_SIMULATE = inspect.signature(simulate).parameters
#: How exact simulations are where nothing else is asked.
RTOL: float = _SIMULATE["rtol"].default
#: Arguments of `simulate` that are the design's business.
_OURS = ("parameters", "cross", "names", "final_state")
#: Those that change no number.
_NO_MATTER = ("threads", "scheduler", "progress", "rows_per_shard")


def sensitivity(
    model: Model | Kernel,
    regimen: Regimen | None = None,
    factors: Sequence[Factor] | Design | None = None,
    *,
    endpoints: Endpoint | Sequence[Endpoint] = (),
    observables: str | Sequence[str] | None = None,
    times_h: ArrayLike | None = None,
    method: str = "sobol",
    n: int = 1024,
    seed: int = 0,
    against: Regimen | None = None,
    contrast: str | Mapping[str, str] = "log_ratio",
    logarithms: Sequence[str] | str = (),
    failures: str = "refuse",
    resamples: int = 100,
    folder: str | Path | None = None,
    **asked: Any,
) -> Indices:
    """How much each factor matters for endpoints and time courses of a model.

    Parameters
    ----------
    model : Model or Kernel
        As in `simulate`.
    regimen : Regimen, optional
        What all are given. Default: no treatment.
    factors : sequence of Factor, or Design, optional
        What varies. Default: `factors(model)`. A Design brings its method, n, seed and options.
    endpoints : sequence of Endpoint
        From `il15_sim.endpoints`.
    observables, times_h
        Time courses, analysed at each of these hours.
    method, n, seed
        As in `design`.
    against : Regimen, optional
        A second regimen for the same patients. Each output is then also compared with that of the
        same patient under it: `<output>_log_ratio` or, as `contrast` says, `<output>_difference`.
    contrast : "log_ratio", "difference", or mapping of output to one of these
        A mapping compares the outputs that it names, in the place of their own values.
    logarithms : sequence of str
        Outputs that are analysed as their natural logarithm, `<output>_log`: the variance of what
        spans decades is that of its few largest values. What is not positive has failed.
    failures : "refuse", "drop" or "resample"
        As in `analyse`: a run that failed, or an endpoint that does not exist in it. With a folder,
        asking again with another choice simulates nothing again.
    resamples : int
        Bootstraps behind the 95 % intervals.
    folder : path, optional
        Where the simulations are stored; a run that was stopped continues from there.
    **asked
        Further arguments of `simulate`: `until_days`, `rtol`, `threads`, `progress`, `start`, ...

    Raises
    ------
    InputError
        As `design`, `simulate` and `analyse`; and where nothing is asked.

    Warns
    -----
    UserWarning
        Where an output varies by less than the simulations are exact: its indices are noise.

    Examples
    --------
    >>> from il15_sim import Model, Regimen
    >>> from il15_sim.endpoints import cmax
    >>> from il15_sim.sensitivity import factors, sensitivity
    >>> model = Model.load("sorafenib_pk")
    >>> found = sensitivity(
    ...     model,
    ...     Regimen.oral("sorafenib", dose_mg=400, every_h=12, days=2),
    ...     factors(model, ["sorafenib_volume", "sorafenib_exposure_loss_rate"]),
    ...     endpoints=cmax("sorafenib_total_mg_per_L"),
    ...     n=64,
    ... )
    >>> found.ranking()["factor"][0]
    'sorafenib_volume'
    """
    ours = next((name for name in _OURS if name in asked), None)
    if ours is not None:
        raise InputError(f"argument '{ours}'", why="the design says who is simulated")
    if regimen is not None and not isinstance(regimen, Regimen):
        raise InputError(f"{regimen!r:.60} is not one regimen", fix="give one, or two by `against`")
    strange = set(asked) - set(_SIMULATE)
    for own, options in OPTIONS.items():
        for option in strange & set(options):
            raise InputError(
                f"argument '{option}'",
                why="options of a method belong to its design",
                fix=f'give factors=design(factors, "{own}", n, {option}=...)',
            )
    for way in [contrast] if isinstance(contrast, str) else contrast.values():
        if way not in CONTRASTS:
            raise unknown("contrast", str(way), CONTRASTS)
    if against is None and contrast and contrast != "log_ratio":
        raise InputError(
            f"contrast {contrast!r:.60}",
            why="there is no other regimen",
            fix="give against=Regimen.none()",
        )
    logarithms = [logarithms] if isinstance(logarithms, str) else logarithms
    wanted = {"endpoints": endpoints, "observables": observables, "times_h": times_h, **asked}
    check_asked(wanted)
    if isinstance(factors, Design):
        made = factors
    else:
        made = design(factors_of(model) if factors is None else factors, method, n, seed=seed)
    reasons: Counter[str] = Counter()

    def evaluate(table: pd.DataFrame) -> Outputs:
        runs = simulate(
            model,
            regimen if against is None else [regimen or Regimen.none(), against],
            table,
            cross=against is not None,
            folder=folder,
            **wanted,
        )
        check_order(runs, table)
        reasons.update(status for status in runs.status if status != OK)
        outputs = outputs_of(runs)
        if against is None:
            return with_logarithms(outputs, logarithms)
        # All regimens of the first patient come first.
        own, other = ({key: v[first::2] for key, v in outputs.items()} for first in (0, 1))
        return with_logarithms(contrasted(own, other, contrast), logarithms)

    how = {
        "model": model.name,
        "model_hash": model.hash,
        "regimen": str(regimen or Regimen.none()),
        "against": None if against is None else str(against),
        "contrast": contrast,
        "logarithms": list(logarithms),
        **{name: str(value) for name, value in asked.items() if name not in _NO_MATTER},
    }
    try:
        found = analyse(made, evaluate, failures=failures, resamples=resamples, options=how)
    except InputError as error:
        if not reasons:
            raise
        most, _ = reasons.most_common(1)[0]
        why = f"{error.why}; most often: {most}" if error.why else f"most often: {most}"
        raise InputError(error.what, where=error.where, why=why, fix=error.fix) from None
    logs = {f"{name}_log" for name in logarithms}
    _warn_of_noise(found.evidence[1], against is not None, logs, float(asked.get("rtol", RTOL)))
    why = "; ".join(f"{status} ({count} runs)" for status, count in reasons.most_common())
    return replace(found, failures=found.failures.assign(reasons=why))


def check_order(runs: Runs, table: pd.DataFrame) -> None:
    """Refuse runs that are not those of the rows of a table, in their order; each once or twice."""
    copies = max(len(runs) // len(table), 1)
    rows = np.repeat(table.to_numpy(), copies, axis=0)
    if not np.array_equal(runs.parameters[[*table]].to_numpy(), rows):
        raise InputError(
            f"{len(runs)} runs for a design of {len(table)} rows",
            why="they are not those of its rows, in their order",
        )


def _warn_of_noise(outputs: Outputs, compared: bool, logs: set[str], rtol: float) -> None:
    """Warn of outputs that vary by less than the error of simulations.

    Some may be contrasts, those of `logs` are logarithms.
    """
    for (name, hour), values in outputs.items():
        y = values[np.isfinite(values)]
        difference = compared and name.endswith("_difference")
        own = (
            outputs.get((name.removesuffix("_difference"), hour), values) if difference else values
        )
        # The error of a logarithm is relative already.
        relative = name in logs or (compared and name.endswith("_log_ratio"))
        size = 1.0 if relative else np.nanmax(np.abs(own))
        if not constant(y) and y.std() < rtol * size:
            share = y.std() / size
            text = f"'{told((name, hour))}' varies by {share:.1g} of its size, and simulations are "
            text += f"exact to {rtol:g}: its indices are noise; lower rtol"
            warnings.warn(text, UserWarning, stacklevel=3)
