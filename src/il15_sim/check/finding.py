"""What a check reports."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from il15_sim.errors import InputError

#: An error fails `il15-sim check`; a warning is shown.
Severity = Literal["error", "warning"]


@dataclass(frozen=True)
class Finding:
    """One fault: which check found it, how bad it is, where it stands, what is wrong.

    Examples
    --------
    >>> print(Finding("bounds", "error", "parameters.tsv: line 3", "ka = 9 lies above 2"))
    error [bounds] parameters.tsv: line 3: ka = 9 lies above 2
    """

    check: str
    severity: Severity
    where: str
    message: str

    def __str__(self) -> str:
        """The finding in one line."""
        line = f"{self.severity} [{self.check}] {self.where}: {self.message}"
        return " ".join(line.split())


def from_error(check: str, error: InputError, where: str | None = None) -> Finding:
    """Bad input told as a finding."""
    place = str(error.where) if error.where is not None else (where or "-")
    parts = [part for part in (error.what, error.why, error.fix) if part]
    return Finding(check, "error", place, "; ".join(parts))
