"""Lines of an Antimony file that a program writes: a block between two comment lines."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from il15_sim.errors import InputError
from il15_sim.model.composition import without_comments

_OPENS = re.compile(r"\s*(?:model|module)\b")
_CLOSES = re.compile(r"\s*end\b")


def rewrite_blocks(text: str, begin: str, end: str, write: Callable[[str], Iterable[str]]) -> str:
    """The text with the lines between `begin` and `end` written anew.

    Parameters
    ----------
    text : str
        An Antimony file.
    begin, end : str
        The comment lines around a block, without indentation.
    write : callable
        Takes the code of the model around the block, without comments and without the block, and
        gives the new lines; they are indented like the line `begin`.

    Raises
    ------
    InputError
        For a block that does not begin or end, or stands outside of a model; with its line.

    Examples
    --------
    >>> text = "model m()\\n  // begin\\n  old\\n  // end\\nend"
    >>> rewrite_blocks(text, "// begin", "// end", lambda code: ["new"]).split("\\n")[2]
    '  new'
    """
    lines = text.split("\n")
    out: list[str] = []
    i = 0
    while i < len(lines):
        line = lines[i]
        out.append(line)
        if line.strip() == end:
            raise InputError(f"'{end}' without its beginning", where=f"line {i + 1}")
        if line.strip() == begin:
            stop = next((j for j in range(i + 1, len(lines)) if lines[j].strip() == end), None)
            if stop is None:
                raise InputError(
                    f"the block '{begin[:40]}' does not end",
                    where=f"line {i + 1}",
                    fix=f"add '{end}'",
                )
            # Windows line ends are kept.
            indent, tail = line[: len(line) - len(line.lstrip())], "\r" * line.endswith("\r")
            code = _surrounding(lines, i, stop)
            out.extend(f"{indent}{new}{tail}" for new in write(code))
            out.append(lines[stop])
            i = stop
        i += 1
    return "\n".join(out)


def _surrounding(lines: Sequence[str], begin: int, end: int) -> str:
    first = next((j for j in range(begin, -1, -1) if _OPENS.match(lines[j])), None)
    last = next((j for j in range(end, len(lines)) if _CLOSES.match(lines[j])), None)
    if first is None or last is None:
        raise InputError("a block outside of a model", where=f"line {begin + 1}")
    return without_comments("\n".join([*lines[first + 1 : begin], *lines[end + 1 : last]]))


def read_text(path: Path) -> str:
    """The text of a file with its line ends as they are.

    Raises
    ------
    InputError
        When it is not there or not UTF-8.
    """
    try:
        with path.open(encoding="utf-8", newline="") as handle:
            return handle.read()
    except OSError as error:
        raise InputError(f"cannot be read: {error.strerror or error}", where=path) from None
    except UnicodeDecodeError:
        raise InputError("is not UTF-8 text", where=path) from None
