"""A fit as a value: which model, which studies, which parameters, how noise is treated."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from pathlib import Path

from il15_sim.data import Experiment, Measurement, Study, read_study, study_names
from il15_sim.errors import InputError, unknown
from il15_sim.files.record import hash_inputs
from il15_sim.files.text import read_text
from il15_sim.files.toml import read_toml
from il15_sim.fit.keys import allow, get, positive, text, whole
from il15_sim.fit.noise import NoiseModel
from il15_sim.fit.unknowns import Unknown, read_estimates, read_time_shifts
from il15_sim.model import Model
from il15_sim.model.composition import without_comments

_TOP = ("title", "description", "model", "studies", "starts", "seed")
_TABLES = ("noise", "cohorts", "estimate", "time_shift")
_NOISE = ("model_sd_log", "area_sd_log", "between_cv", "within_cv")
_ASSIGNED_NUMBER = re.compile(r"\s*\w+ = [-+.\deE]+;\s*")


@dataclass(frozen=True)
class FitProblem:
    """Everything a fit depends on; holds no engine, so that it can be sent to another process.

    Attributes
    ----------
    name : str
        Stem of the fit file; the variant it writes has the same name with `_fit`.
    unknowns : tuple of Unknown
        Estimated parameters first, then time shifts.
    omega_start : float
        Log SD between cohorts at the start; it is estimated at the end.
    factor_parameter, reference_experiment : str
        The parameter that scales the observation, and the cohort whose factor is shipped.
    source : str
        Text of the fit file.
    """

    name: str
    title: str
    description: str
    model: str
    studies: tuple[Study, ...]
    unknowns: tuple[Unknown, ...]
    starts: int
    seed: int
    noise: NoiseModel
    omega_start: float
    factor_parameter: str
    reference_experiment: str
    path: Path | None = None
    source: str = ""
    models_dir: Path | None = None
    data_dir: Path | None = None

    @classmethod
    def read(
        cls,
        path: str | Path,
        *,
        data_dir: str | Path | None = None,
        models_dir: str | Path | None = None,
    ) -> FitProblem:
        """Read a fit file and the studies it names.

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
        """
        file = Path(path)
        facts, source = read_toml(file).data, read_text(file)
        allow(facts, (*_TOP, *_TABLES), file)
        folder = None if models_dir is None else Path(models_dir)
        model = Model.load(text(facts, "model", file), variants=(), models_dir=folder)
        names = get(facts, "studies", list, file)
        if not names or len(set(map(str, names))) != len(names):
            raise InputError("studies must be a list of different names", where=file)
        for name in names:
            if name not in study_names(data_dir):
                raise unknown("study", str(name), study_names(data_dir), file)
        studies = tuple(read_study(name, data_dir) for name in names)
        noise = get(facts, "noise", dict, file)
        cohorts = get(facts, "cohorts", dict, file)
        where = f"{file}: cohorts"
        allow(noise, _NOISE, f"{file}: noise")
        allow(cohorts, ("omega_start", "factor_parameter", "reference_experiment"), where)
        problem = cls(
            name=file.stem,
            title=text(facts, "title", file),
            description=str(facts.get("description", "")),
            model=model.name,
            studies=studies,
            unknowns=(*read_estimates(facts, model, file), *read_time_shifts(facts, file)),
            starts=whole(facts, "starts", file, 1),
            seed=whole(facts, "seed", file, 0),
            noise=NoiseModel(*(positive(noise, key, f"{file}: noise") for key in _NOISE)),
            omega_start=positive(cohorts, "omega_start", where),
            factor_parameter=text(cohorts, "factor_parameter", where),
            reference_experiment=text(cohorts, "reference_experiment", where),
            path=file,
            source=source,
            models_dir=folder,
            data_dir=None if data_dir is None else Path(data_dir),
        )
        _check(problem, model, file)
        return problem

    @property
    def experiments(self) -> dict[str, Experiment]:
        """All arms of all studies by id."""
        return {e.id: e for s in self.studies for e in s.experiments.values()}

    def load_model(self, shipped: bool = False) -> Model:
        """The model with the values of the parameter table, or with the shipped variants."""
        variants = None if shipped else ()
        return Model.load(self.model, variants=variants, models_dir=self.models_dir)

    @property
    def inputs(self) -> dict[str, str]:
        """Content of everything the fit depends on, by name, for the record and the hash."""
        model = self.load_model()
        arms = [(e.id, e.regimen, sorted(e.overrides.items())) for e in self.experiments.values()]
        return {
            "fit": self.source,
            "model": _structure(model),
            "values": "\n".join(f"{k} {v!r}" for k, v in sorted(model.values.items())),
            "unknowns": "\n".join(map(repr, self.unknowns)),
            "arms": "\n".join(map(repr, arms)),
            "measurements": "\n".join(repr(m) for s in self.studies for m in _placeless(s)),
        }

    @property
    def hash(self) -> str:
        """SHA-256 of all inputs and the seed."""
        return hash_inputs(self.inputs, self.seed)


def _structure(model: Model) -> str:
    """Antimony text without comments and numbers: a fit may write the latter."""
    modules = sorted((model.models_dir / "modules").glob("*.ant"))
    files = [f for f in modules if model.name in ("patient", f.stem)]
    texts = [without_comments(f.read_text(encoding="utf-8")) for f in files]
    lines = [line.rstrip() for text in texts for line in text.splitlines() if line.strip()]
    return "\n".join(line for line in lines if not _ASSIGNED_NUMBER.fullmatch(line))


def _placeless(study: Study) -> list[Measurement]:
    # Where a file lies does not change a fit.
    return [replace(m, where="") for m in study.measurements]


def _check(problem: FitProblem, model: Model, file: Path) -> None:
    arms = problem.experiments
    count = sum(len(s.experiments) for s in problem.studies)
    if len(arms) != count:
        raise InputError("two studies share the id of an experiment", where=file)
    for u in problem.unknowns:
        if u.experiment and u.experiment not in arms:
            raise unknown("experiment", u.experiment, arms, f"{file}: time_shift")
    if problem.reference_experiment not in arms:
        raise unknown("experiment", problem.reference_experiment, arms, f"{file}: cohorts")
    if problem.factor_parameter not in model.values:
        raise unknown("parameter", problem.factor_parameter, model.values, f"{file}: cohorts")
    if problem.factor_parameter in [u.id for u in problem.unknowns]:
        raise InputError(
            f"'{problem.factor_parameter}' is the cohort factor",
            where=f"{file}: estimate",
            why="it is solved for every cohort and cannot be estimated as well",
        )
    fitted = {m.experiment for s in problem.studies for m in s.measurements if m.used == "fit"}
    if problem.reference_experiment not in fitted:
        raise InputError(
            f"'{problem.reference_experiment}' has no fitted measurement",
            where=f"{file}: cohorts",
            why="its exposure factor is the one that is shipped",
        )
    for study in problem.studies:
        for arm in study.experiments.values():
            model.check_values(arm.overrides, f"{study.name}: {arm.id}")
