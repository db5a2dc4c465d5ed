"""Problems for other tools and from them: PEtab, versions 1 and 2.

A fit of this package becomes a folder with a YAML file, SBML and tables, and such a folder a fit.

Examples
--------
>>> import tempfile
>>> from pathlib import Path
>>> from il15_sim.exchange import read_petab, write_petab
>>> from il15_sim.files.resources import experiments_dir
>>> from il15_sim.fit import read_fit
>>> problem = read_fit(experiments_dir() / "fits" / "sorafenib_pk.toml")
>>> with tempfile.TemporaryDirectory() as place:
...     written = write_petab(problem, Path(place) / "petab")
...     again = read_petab(written.path)
>>> len(again.unknowns)
8
"""

from il15_sim.exchange.petab_read import read_petab
from il15_sim.exchange.petab_write import Written, write_petab

__all__ = ["Written", "read_petab", "write_petab"]
