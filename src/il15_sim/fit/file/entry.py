"""A fit file: which model and data, what is estimated, how errors are treated."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

from il15_sim.errors import InputError
from il15_sim.files.text import read_text
from il15_sim.files.toml import read_toml
from il15_sim.fit.file.keys import whole_of
from il15_sim.fit.file.studies import published_problem
from il15_sim.fit.file.tables import own_problem
from il15_sim.fit.problem import Problem
from il15_sim.fit.unknowns import Unknown, described
from il15_sim.model import Model
from il15_sim.model.composition import without_comments

_TOP = ("title", "description", "model", "variants", "values", "groups", "starts", "seed")
_OWN = ("data", "columns", "likelihood", "scale", "offset", "arms", "dose_of")
_PUBLISHED = ("studies", "noise", "cohorts", "time_shift")
_ASSIGNED_NUMBER = re.compile(r"\s*\w+ = [-+.\deE]+;\s*")


def read_fit(
    path: str | Path,
    *,
    data_dir: str | Path | None = None,
    models_dir: str | Path | None = None,
) -> Problem:
    """Read a fit file and the data that it names.

    It fits published studies (`studies`, with `[noise]` and `[cohorts]`), or tables of one's own
    (`data`, a file or a list beside the fit file, with `[arms]`). It starts from the values of the
    parameter table; `variants` are applied before, such as what another fit wrote.

    Parameters
    ----------
    path : path
        A TOML file such as `experiments/fits/sorafenib_pk.toml`.
    data_dir, models_dir : path, optional
        Folders of the studies and of the models, instead of the packaged ones.

    Raises
    ------
    InputError
        For every mistake in the file, with the file and the key.

    Examples
    --------
    >>> from il15_sim.fit import read_fit
    >>> from il15_sim.files.resources import experiments_dir
    >>> problem = read_fit(experiments_dir() / "fits" / "sorafenib_pk.toml")
    >>> len(problem.studies), len(problem.unknowns)
    (10, 8)
    """
    file = Path(path)
    facts = read_toml(file)
    facts.allow((*_TOP, *_OWN, *_PUBLISHED, "estimate"))
    facts.need("model", 'model = "sorafenib_pk"')
    with facts.told_at("model"):
        model = Model.load(facts.text("model"), variants=(), models_dir=models_dir)
    # What other fits wrote: a fit itself starts from the table.
    with facts.told_at("variants"):
        for name in facts.texts("variants"):
            model = model.with_variant(name)
    given = facts.numbers("values")
    with facts.told_at("values"):
        model = model.with_values(given) if given else model
    for ours, others in ((_OWN, _PUBLISHED), (_PUBLISHED, _OWN)):
        head = ours[0]
        for key in others[1:]:
            if head in facts.data and key in facts.data and others[0] not in facts.data:
                told = f"{key} beside {head}"
                raise InputError(told, where=facts.at(key), why=f"it is for {others[0]}")
    if "data" in facts.data and "studies" in facts.data:
        raise InputError(
            "data beside studies",
            where=facts.at("data"),
            why="a file fits tables of one's own or published studies",
        )
    if "data" in facts.data:
        problem = own_problem(facts, file, model)
    else:
        problem = published_problem(facts, file, model, data_dir)
    starts, seed = (whole_of(facts, *asked) for asked in (("starts", 1, 8), ("seed", 0, 0)))
    inputs = {"fit": read_text(file), **problem.inputs, **_of_model(model, problem.unknowns)}
    return replace(
        problem,
        name=file.stem,
        title=facts.text("title"),
        description=facts.text("description", ""),
        starts=starts,
        seed=seed,
        inputs=inputs,
    )


def _of_model(model: Model, unknowns: tuple[Unknown, ...]) -> dict[str, str]:
    modules = sorted((model.models_dir / "modules").glob("*.ant"))
    files = [f for f in modules if model.name in ("patient", f.stem)]
    texts = [without_comments(f.read_text(encoding="utf-8")) for f in files]
    # Without comments and numbers: a fit may write the latter.
    lines = [line.rstrip() for text in texts for line in text.splitlines() if line.strip()]
    return {
        "model": "\n".join(line for line in lines if not _ASSIGNED_NUMBER.fullmatch(line)),
        "values": "\n".join(f"{k} {v!r}" for k, v in sorted(model.values.items())),
        "unknowns": described(unknowns),
    }
