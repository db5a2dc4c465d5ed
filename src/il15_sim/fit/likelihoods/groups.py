"""Offsets and scales of groups (plates, cohorts) that are linear: solved in closed form.

Residuals r_i (measured minus predicted) of a group have normal errors of SD sd_i around

    offset + (scale - 1) * predicted_i,

each of the two with a normal prior around "none" (0 and 1), or none at all. On a log scale an
offset is a factor. With A the matrix of the chosen columns over sd, y the residuals over sd and T
the prior SDs on a diagonal, the best coefficients b minimise

    S = |y - A b|^2 + |b / T|^2,        H = A'A + T^-2.

`profiled` puts them in: ln L = sum ln N(r; A b sd, sd^2) - |b / T|^2 / 2. `marginalised` integrates
them out: ln L = -sum ln(sd sqrt(2 pi)) - (S + ln det(H) + ln det(T^2)) / 2, and without a prior
(flat, density 1) -ln(2 pi) in the place of each ln(T^2). Both by a QR factorisation, in which
neither a narrow nor a wide prior loses digits.

References: Loos et al. 2018, doi:10.1093/bioinformatics/bty514 (profiled); Gelman et al. 2013,
Bayesian Data Analysis, chapter 14, doi:10.1201/b16018 (marginalised).
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from il15_sim.errors import InputError
from il15_sim.fit.likelihoods.rules import Array, check, check_shape, numbers

_LOG_2_PI = np.log(2 * np.pi)
_WHERE = "offsets and scales of groups"
_INF = float("inf")


@dataclass(frozen=True)
class Profile:
    """The best offsets and scales.

    Attributes
    ----------
    groups : tuple
        Names, in the order of their first rows.
    offset, scale : ndarray, shape (groups,) or (draws, groups)
        Best values; 0 and 1 where they were not asked for.
    residual : ndarray, shape of the residuals
        What is left, in units of the SD.
    log_density : ndarray, shape () or (draws,)
        Sum over rows, and over priors without their constants.
    """

    groups: tuple[Hashable, ...]
    offset: Array
    scale: Array
    residual: Array
    log_density: Array


def marginalised(
    residual: ArrayLike,
    sd: ArrayLike,
    group: Sequence[Hashable],
    *,
    predicted: ArrayLike | None = None,
    offset: bool = True,
    offset_sd: ArrayLike = _INF,
    scale_sd: float = _INF,
) -> Array:
    """Log density of all residuals with the offsets and scales of groups integrated out.

    Parameters
    ----------
    residual : array_like, shape (rows,) or (draws, rows)
        Measured minus predicted (of logarithms: the offset is then the log of a factor). A draw
        with NaN (a failed simulation) gives NaN and harms no neighbour.
    sd : array_like
        SD of the errors, of a shape that spreads over `residual`.
    group : sequence, one per row
        Names of plates or cohorts.
    predicted : array_like of the shape of `residual`, optional
        Gives every group a scale too, which multiplies these predictions.
    offset : bool
        Whether groups have an offset.
    offset_sd, scale_sd : float
        SDs of the priors around an offset of 0 and a scale of 1; infinite stands for none. That of
        offsets may differ between draws, shape (draws,).

    Returns
    -------
    ndarray, shape () or (draws,)
        Sum over rows.

    Raises
    ------
    InputError
        For numbers and shapes that do not fit, and where a group's rows do not tell its offset
        from its scale and no prior does.

    Examples
    --------
    >>> round(float(marginalised([0.5, 0.7], 0.1, ["plate", "plate"], offset_sd=1.0)), 3)
    -1.063
    """
    return _solve(residual, sd, group, predicted, offset, offset_sd, scale_sd)[0]


def profiled(
    residual: ArrayLike,
    sd: ArrayLike,
    group: Sequence[Hashable],
    *,
    predicted: ArrayLike | None = None,
    offset: bool = True,
    offset_sd: ArrayLike = _INF,
    scale_sd: float = _INF,
) -> Profile:
    """The best offsets and scales of groups, and what they leave.

    Arguments and errors are those of `marginalised`.

    Examples
    --------
    >>> profiled([0.5, 0.7], 0.1, ["plate", "plate"]).offset.round(3)
    array([0.6])
    """
    return _solve(residual, sd, group, predicted, offset, offset_sd, scale_sd)[1]


def _solve(
    residual: ArrayLike,
    sd: ArrayLike,
    group: Sequence[Hashable],
    predicted: ArrayLike | None,
    offset: bool,
    offset_sd: ArrayLike,
    scale_sd: float,
) -> tuple[Array, Profile]:
    r, s, f = _read(residual, sd, group, predicted, offset, offset_sd, scale_sd)
    # A draw that failed is solved as if it were perfect, and its answers are taken away again.
    failed = np.any(np.isnan(r if f is None else r + f), axis=-1, keepdims=True)
    r, s = np.where(failed, 0.0, r), np.where(failed, 1.0, s)
    if f is not None:
        f = np.where(failed, np.linspace(1, 2, r.shape[-1]), f)
    columns, prior = [], []
    if offset:
        columns.append(1 / s)
        prior.append(np.broadcast_to(np.asarray(offset_sd, dtype=np.float64), r.shape[:-1]))
    if f is not None:
        columns.append(f / s)
        prior.append(np.full(r.shape[:-1], scale_sd, dtype=np.float64))
    design, y, t = np.stack(columns, axis=-1), r / s, np.stack(prior, axis=-1)
    constants = -np.sum(np.log(s) + 0.5 * _LOG_2_PI, axis=-1)
    marginal, profile = constants.copy(), constants.copy()
    left = np.empty_like(y)
    names = tuple(dict.fromkeys(group))
    found = np.empty((*y.shape[:-1], len(names), len(prior)))
    for i, name in enumerate(names):
        rows = np.array([one == name for one in group])
        best, left[..., rows], squares, log_det = _best(design[..., rows, :], y[..., rows], t, name)
        found[..., i, :] = best
        profile -= 0.5 * squares
        marginal -= 0.5 * squares + log_det
    none = np.zeros(found.shape[:-1])
    offsets = np.where(failed, np.nan, found[..., 0] if offset else none)
    scales = np.where(failed, np.nan, 1 + (found[..., -1] if f is not None else none))
    left = np.where(failed, np.nan, left)
    lost = failed[..., 0]
    profile, marginal = np.where(lost, np.nan, profile), np.where(lost, np.nan, marginal)
    return marginal, Profile(names, offsets, scales, left, profile)


def _best(design: Array, y: Array, t: Array, name: Hashable) -> tuple[Array, Array, Array, Array]:
    """Best coefficients, residuals, their squares with priors, and half the ln determinant.

    Coefficients with a prior are counted in its SDs, so that the narrowest and the widest stay
    harmless; then each column is brought to the length one.
    """
    proper = np.isfinite(t)
    unit = np.where(proper, t, 1.0)
    extra = np.eye(t.shape[-1]) * proper[..., None]
    a = np.concatenate([design * unit[..., None, :], extra], axis=-2)
    target = np.concatenate([y, np.zeros_like(t)], axis=-1)
    length = np.linalg.norm(a, axis=-2)
    known = np.where(length > 0, length, 1.0)
    q, upper = np.linalg.qr(a / known[..., None, :])
    pivots = np.abs(np.diagonal(upper, axis1=-2, axis2=-1))
    if np.any((length == 0) | (pivots < 1e-13)):
        raise InputError(
            f"the rows of group '{name}' do not tell its offset and scale",
            where=_WHERE,
            why="their predictions are all zero or all the same",
            fix="leave one of the two out, or give a prior SD (a narrower one)",
        )
    share = np.einsum("...ij,...i->...j", q, target)
    solved = np.linalg.solve(upper, share[..., None])[..., 0]
    left = target - np.einsum("...ij,...j->...i", a / known[..., None, :], solved)
    log_det = np.sum(np.log(pivots) + np.log(known), axis=-1) - 0.5 * _LOG_2_PI * np.sum(
        ~proper, axis=-1
    )
    return solved / known * unit, left[..., : y.shape[-1]], np.sum(left**2, axis=-1), log_det


def _read(
    residual: ArrayLike,
    sd: ArrayLike,
    group: Sequence[Hashable],
    predicted: ArrayLike | None,
    offset: bool,
    offset_sd: ArrayLike,
    scale_sd: float,
) -> tuple[Array, Array, Array | None]:
    r = numbers(residual, "residual", _WHERE)
    s = numbers(sd, "sd", _WHERE)
    f = None if predicted is None else numbers(predicted, "predicted", _WHERE)
    if r.ndim not in (1, 2) or r.shape[-1] != len(group):
        raise InputError(
            f"residuals of shape {r.shape} for {len(group)} rows with a group",
            where=_WHERE,
            why="the last axis is rows",
        )
    for row, one in enumerate(group, 1):
        if one is None or one != one:
            raise InputError(f"no group in row {row}", where=_WHERE, fix="give every row a name")
    if not offset and f is None:
        raise InputError(
            "neither offset nor scale", where=_WHERE, fix="give predicted, or offset=True"
        )
    check_shape(s, r, "sd", _WHERE, "residuals")
    if f is not None:
        check_shape(f, r, "predicted", _WHERE, "residuals")
    check(r, "finite", "residual", _WHERE, missing=True)
    check(s, "positive", "sd", _WHERE)
    if f is not None:
        check(f, "finite", "predicted", _WHERE, missing=True)
    for name, prior in (("offset_sd", offset_sd), ("scale_sd", scale_sd)):
        values = numbers(prior, name, _WHERE)
        if bad := [x for x in values.flat if not x > 0]:
            raise InputError(f"{name} {bad[0]:g}", where=_WHERE, why="it is positive; inf is none")
        if values.ndim and values.shape != r.shape[:-1]:
            told = f"{name} of shape {values.shape} for residuals of shape {r.shape}"
            raise InputError(told, where=_WHERE, why="it is one number, or one a draw")
    return r, np.broadcast_to(s, r.shape), None if f is None else np.broadcast_to(f, r.shape)
