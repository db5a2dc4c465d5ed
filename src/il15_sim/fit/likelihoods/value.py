"""One kind of measurement error: its density, what it needs to know, and where it comes from."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from il15_sim.errors import InputError, unknown
from il15_sim.fit.likelihoods.continuous import Scale
from il15_sim.fit.likelihoods.rules import Array, Known, Knowns, check, check_shape, numbers

Rows = Callable[[Array, Array, Knowns], Array]
Check = Callable[[Array, Knowns, str], None]


@dataclass(frozen=True)
class Likelihood:
    """How measurements of one kind scatter around what a model predicts.

    Attributes
    ----------
    kind : str
        Its name in the table.
    formula, reference, use : str
        The density, where it stands (DOI or textbook), and when to choose it.
    predicted, measured : str
        What the two are, in words.
    predicted_rule, measured_rule : str
        Which numbers they may be, names in `RULES`.
    known : tuple of Known
        What has to be told with the data.
    rows : callable
        The log density of checked arrays.
    scale : Scale or None
        The scale and the spread of normal errors, where least squares applies.
    together : callable or None
        Refuses numbers that do not fit together.
    read : callable
        Numbers of what was measured.

    Examples
    --------
    >>> from il15_sim.fit.likelihoods import likelihood
    >>> bool(likelihood("log-normal").log_density(2.0, 2.0, log_sd=0.5) > -1)
    True
    """

    kind: str
    formula: str
    reference: str
    use: str
    predicted: str
    measured: str
    predicted_rule: str
    measured_rule: str
    known: tuple[Known, ...]
    rows: Rows
    scale: Scale | None = None
    together: Check | None = None
    read: Callable[[ArrayLike, str, str], Array] = numbers

    def log_density(self, predicted: ArrayLike, measured: ArrayLike, **known: ArrayLike) -> Array:
        """Natural log of the density (or probability) of every measurement.

        Parameters
        ----------
        predicted : array_like, shape (rows,) or (draws, rows)
            What the model says; NaN (a failed simulation) gives NaN and harms no neighbour.
        measured : array_like, shape (rows,)
            What was measured.
        **known : array_like
            Numbers that `Likelihood.known` names, each a scalar or of a shape that spreads over
            `predicted`, such as (rows,) or (draws, 1).

        Returns
        -------
        ndarray, shape of `predicted`
            Constants are kept, so that kinds can be compared.

        Raises
        ------
        InputError
            For a name that is unknown or missing, for shapes that do not fit, and for the first
            number that breaks its rule.
        """
        p, m, k = self._read(predicted, measured, known)
        # A residual too large to be squared has the density zero: no reason to warn.
        with np.errstate(over="ignore"):
            return np.asarray(np.where(np.isnan(p), np.nan, self.rows(p, m, k)))

    def residual(self, predicted: ArrayLike, measured: ArrayLike, **known: ArrayLike) -> Array:
        """Residuals (measured minus predicted) in units of their spread, for least squares.

        Arguments, shapes and errors are those of `log_density`. Half the sum of squares is minus
        the log density, up to a constant.

        Raises
        ------
        InputError
            Also for a kind that is no least-squares problem.
        """
        if self.scale is None:
            raise InputError(
                f"likelihood '{self.kind}' has no residual",
                why="least squares needs normal errors of a spread that no prediction changes",
                fix="use log_density",
            )
        with np.errstate(over="ignore"):
            return self.scale.residual(*self._read(predicted, measured, known))

    def _read(
        self, predicted: ArrayLike, measured: ArrayLike, known: dict[str, ArrayLike]
    ) -> tuple[Array, Array, Knowns]:
        where = f"likelihood '{self.kind}'"
        names = [item.name for item in self.known]
        for name in known:
            if name not in names:
                raise unknown("setting", name, names, where)
        p = numbers(predicted, "predicted", where)
        m = self.read(measured, "measured", where)
        k = {}
        for item in self.known:
            given = known.get(item.name, item.default)
            if given is None:
                raise InputError(f"no {item.name}", where=where, why=f"it is the {item.meaning}")
            k[item.name] = numbers(given, item.name, where)
        for name, array in (("measured", m), *k.items()):
            check_shape(array, p, name, where)
        check(p, self.predicted_rule, "predicted", where, missing=True)
        check(m, self.measured_rule, "measured", where)
        for item in self.known:
            check(k[item.name], item.rule, item.name, where)
        if self.together is not None:
            self.together(m, k, where)
        return p, m, k
