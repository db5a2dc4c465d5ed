"""What each link of the chain rests on: `models/links.tsv`, one row per link."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path

from il15_sim.errors import unknown
from il15_sim.files.tsv import read_tsv
from il15_sim.model.packaged import model_names

LINKS = "links.tsv"
LINK_COLUMNS = (
    *("link", "modules", "fit", "data", "fitted", "errors", "not_identified", "assumed"),
    "falsify",
)


@dataclass(frozen=True)
class Link:
    """One link of the chain: its modules, and what is known of it, in words.

    Attributes
    ----------
    link : str
        Its name for readers.
    modules : tuple of str
        Modules that hold it.
    fit : str
        Name of a fit under `experiments/fits`, or empty.
    data, fitted, errors : str
        What it was fitted to or set by, with the number of rows; what was fitted; how well that
        predicts what was seen.
    not_identified, assumed, falsify : str
        What the data do not tell, what stays assumed, and which measurement would refute the link.
    """

    link: str
    modules: tuple[str, ...]
    fit: str
    data: str
    fitted: str
    errors: str
    not_identified: str
    assumed: str
    falsify: str

    def cells(self) -> dict[str, str]:
        """The row as text, by column."""
        return {**asdict(self), "modules": ", ".join(self.modules)}


def read_links(models_dir: str | Path, fits: Iterable[str] | None = None) -> tuple[Link, ...]:
    """The links of a models folder, in the order of its table.

    Parameters
    ----------
    models_dir : path
    fits : names, optional
        Those that a row may name; without them the names of fits are not looked up.

    Raises
    ------
    InputError
        For a table that does not read, and for a module or a fit that there is not, with the
        closest name.

    Examples
    --------
    >>> from il15_sim.files.resources import models_dir
    >>> read_links(models_dir())[0].modules
    ('sorafenib_pk',)
    """
    path = Path(models_dir) / LINKS
    rows, _ = read_tsv(path, LINK_COLUMNS, unique="link")
    names, known = model_names(models_dir), None if fits is None else tuple(fits)
    links = []
    for line, row in rows:
        where = f"{path}: line {line}"
        modules = tuple(name.strip() for name in row["modules"].split(","))
        for name in modules:
            if name not in names:
                raise unknown("module", name, names, where)
        if known is not None and row["fit"] and row["fit"] not in known:
            raise unknown("fit", row["fit"], known, where)
        links.append(Link(**{**row, "modules": modules}))  # type: ignore[arg-type]
    return tuple(links)
