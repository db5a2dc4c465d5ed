"""One kind of error for everything a user can get wrong, told in one line."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from pathlib import Path


class InputError(ValueError):
    """Bad input: what is wrong, where, why, and how to fix it, in one line.

    Parameters
    ----------
    what : str
        The fault, naming the value and the id.
    where : str or Path, optional
        File, row or key where it stands.
    why : str, optional
        The rule that was broken.
    fix : str, optional
        What to write instead.

    Examples
    --------
    >>> str(InputError("dose -5 mg", where="a.toml: arm x", why="a dose is positive"))
    'a.toml: arm x: dose -5 mg; a dose is positive'
    """

    def __init__(
        self,
        what: str,
        *,
        where: str | Path | None = None,
        why: str | None = None,
        fix: str | None = None,
    ) -> None:
        self.what, self.where, self.why, self.fix = what, where, why, fix
        line = what if where is None else f"{where}: {what}"
        for part in (why, fix):
            if part:
                line = f"{line}; {part}"
        # A file's content may carry line breaks; the message must stay on one line.
        super().__init__(" ".join(line.split()))

    def at(self, where: str | Path) -> InputError:
        """The same error, told with the place it came from (kept when one is known already)."""
        if self.where is not None:
            where = f"{where}: {self.where}"
        return InputError(self.what, where=where, why=self.why, fix=self.fix)


def closest(name: str, candidates: Iterable[str]) -> str | None:
    """The candidate most like `name`, or None where nothing is alike.

    >>> closest("sorafenb", ["sorafenib", "temozolomide"])
    'sorafenib'
    """
    by_lower = {c.lower(): c for c in candidates}
    hits = difflib.get_close_matches(str(name).lower(), by_lower, n=1, cutoff=0.5)
    return by_lower[hits[0]] if hits else None


def unknown(
    kind: str, name: str, candidates: Iterable[str], where: str | Path | None = None
) -> InputError:
    """An error for a name that is not among the valid ones, with the closest valid name.

    >>> str(unknown("drug", "sorafenb", ["sorafenib"]))
    "unknown drug 'sorafenb'; did you mean 'sorafenib'?"
    >>> str(unknown("drug", "il2", ["il15"]))
    "unknown drug 'il2'; choose one of: il15"
    """
    names = sorted(set(candidates))
    near = closest(name, names)
    dosed = kind.startswith(("drug", "state or parameter"))
    if near is not None and dosed and _digits(near) != _digits(str(name)):
        near = None  # IL-2 is no slip of IL-15: a hint must not change what is given
    if near is not None:
        fix = f"did you mean '{near}'?"
    elif not names:
        fix = f"there is no {kind} to choose from"
    else:
        shown = ", ".join(names[:8]) + (f", ... ({len(names)} in all)" if len(names) > 8 else "")
        fix = f"choose one of: {shown}"
    return InputError(f"unknown {kind} '{name}'", where=where, fix=fix)


def check_distinct(
    kind: str, names: Iterable[object], fix: str, where: str | Path | None = None
) -> None:
    """Refuse names of which one stands twice, as text: what is called so could not be chosen.

    >>> check_distinct("run", ["a", "b", "a"], "give each a name of its own")
    Traceback (most recent call last):
    il15_sim.errors.InputError: two runs are called 'a'; give each a name of its own
    """
    seen: set[str] = set()
    kinds = f"{kind.removesuffix('is')}es" if kind.endswith("is") else f"{kind}s"
    for name in map(str, names):
        if name in seen:
            raise InputError(f"two {kinds} are called '{name}'", where=where, fix=fix)
        seen.add(name)


def _digits(name: str) -> str:
    return "".join(c for c in name if c.isdigit())
