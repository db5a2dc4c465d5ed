"""Models as values: variants, values, hashes, SBML, origins upstream, folders side by side."""

import shutil

import numpy as np
import pytest
import roadrunner

from il15_sim import InputError, Model, Regimen, simulate
from il15_sim.files.resources import models_dir
from il15_sim.model import SHIPPED_VARIANTS, model_names, variant_names
from il15_sim.model.parameters import ParameterTable
from il15_sim.model.sbml import read_sbml_facts
from il15_sim.model.variant import Variant

PK = Model.load("sorafenib_pk")
VOLUME = {"sorafenib_volume": 123.456789}


def changed_copy(folder, *edits):
    """A copy of models/ in which texts of files are replaced."""
    shutil.copytree(models_dir(), folder)
    for file, old, new in edits:
        edit(folder / file, old, new)
    return folder


def edit(path, old, new):
    text = path.read_text("utf-8")
    assert text.count(old) == 1
    path.write_text(text.replace(old, new), "utf-8")


# --- values and variants


def test_values_make_another_model_and_leave_the_first_alone():
    before = dict(PK.values)
    other = PK.with_values(VOLUME)
    assert dict(PK.values) == before
    assert dict(other.values) == before | VOLUME
    assert other.states == PK.states
    with pytest.raises(TypeError):
        other.values["sorafenib_volume"] = 1.0


def test_hashes_tell_values_and_structures_apart():
    other = PK.with_values(VOLUME)
    assert other.hash != PK.hash
    assert other.structure_hash == PK.structure_hash
    assert other.with_values({"sorafenib_volume": PK.values["sorafenib_volume"]}).hash == PK.hash
    slight = {"sorafenib_volume": np.nextafter(PK.values["sorafenib_volume"], 1e9)}
    assert PK.with_values(slight).hash != PK.hash
    assert Model.load("sorafenib_pk").hash == PK.hash
    loaded = [Model.load(name) for name in model_names()]
    assert len({m.hash for m in loaded}) == len({m.structure_hash for m in loaded}) == len(loaded)


@pytest.mark.parametrize("variant", variant_names())
def test_a_variant_changes_what_its_file_says_and_nothing_else(variant):
    model = Model.load()
    table = ParameterTable.read(models_dir() / "parameters.tsv")
    told = Variant.read(models_dir() / "variants" / f"{variant}.tsv", table).values()
    assert told
    other = model.with_variant(variant)
    assert dict(other.values) == dict(model.values) | told
    assert other.variants == (*model.variants, variant)
    for name in model_names()[1:]:
        module = Model.load(name)
        own = {i: told[row] for i, row in module.rows.items() if row in told}
        assert dict(module.with_variant(variant).values) == dict(module.values) | own


def test_later_variants_win_and_none_means_the_table():
    table = ParameterTable.read(models_dir() / "parameters.tsv")
    plain = Model.load(variants=())
    assert plain.variants == ()
    assert {i: table[i].value for i in plain.values} == dict(plain.values)
    shipped = Model.load(variants=SHIPPED_VARIANTS)
    assert dict(shipped.values) == dict(Model.load().values)
    assert Model.load(variants="n803").variants == ("n803",)
    twice = Model.load(variants=("n803", "high_smica", "n803"))
    assert twice.hash == Model.load(variants=["high_smica", "n803"]).hash


@pytest.mark.parametrize(
    ("call", "text"),
    [
        (lambda: Model.load("sorafenib"), "unknown model 'sorafenib'; did you mean 'sorafenib_pk'"),
        (lambda: Model.load("../patient"), r"unknown model '\.\./patient'"),
        (lambda: Model.load(variants=["n80"]), "unknown variant 'n80'; did you mean 'n803'"),
        (lambda: PK.with_variant("../n803"), r"unknown variant '\.\./n803'"),
        (lambda: PK.with_values({"volume": 1}), "unknown parameter 'volume'"),
        (
            lambda: PK.with_values({"sorafenib_volume": "x"}, "a.toml"),
            r"^a\.toml: value of '.*' is not a number: 'x'",
        ),
        (lambda: PK.upstream_kinds("sorafenib"), "unknown observable 'sorafenib'"),
        (lambda: PK.upstream_kinds("sorafenib_volume"), "unknown observable"),
    ],
)
def test_what_is_refused(call, text):
    with pytest.raises(InputError, match=text):
        call()


def test_a_folder_without_models_is_refused(tmp_path):
    with pytest.raises(InputError, match="the model file is missing"):
        Model.load(models_dir=tmp_path)


def test_a_constant_without_a_row_is_refused(tmp_path):
    folder = changed_copy(tmp_path / "m")
    path = folder / "parameters.tsv"
    lines = path.read_text("utf-8").splitlines(keepends=True)
    path.write_text("".join(x for x in lines if not x.startswith("sorafenib_volume\t")), "utf-8")
    with pytest.raises(InputError, match=r"parameter 'sorafenib_volume' of model .* has no row"):
        Model.load("sorafenib_pk", models_dir=folder, variants=())


def test_antimony_that_does_not_parse_is_refused(tmp_path):
    edit_ = ("modules/temozolomide.ant", "lymphocyte_production :=", "lymphocyte_production := (")
    folder = changed_copy(tmp_path / "m", edit_)
    for name in ("temozolomide", "patient"):
        with pytest.raises(InputError, match=r"the model does not parse: .*temozolomide"):
            Model.load(name, models_dir=folder)
    assert Model.load("sorafenib_pk", models_dir=folder).hash == PK.hash


# --- SBML


@pytest.mark.parametrize("name", model_names())
def test_sbml_carries_the_values(name):
    model = Model.load(name)
    scaled = {i: v * 1.0625 + 0.03125 for i, v in model.values.items()}
    for one in (model, model.with_values(scaled)):
        facts = read_sbml_facts(one.sbml)
        # libSBML writes fifteen digits
        assert dict(facts.constants) == pytest.approx(dict(one.values), rel=1e-14)
        assert dict(facts.initial) == dict(model.initial)
        assert facts.states == model.states
        assert dict(facts.depends) == dict(model.facts.depends)


def test_sbml_runs_in_roadrunner_as_it_is():
    runs = simulate(PK, Regimen.from_doses("sorafenib", times_h=[0], dose_mg=400), until_days=2,
                    parameters=VOLUME, rtol=1e-8)  # fmt: skip
    rr = roadrunner.RoadRunner(PK.with_values(VOLUME).sbml)
    rr["sorafenib_gut"] = 400.0
    rr.integrator.relative_tolerance = 1e-9
    names = list(PK.observables)
    rows = np.asarray(rr.simulate(times=list(range(49)), selections=names))
    np.testing.assert_allclose(rows, runs.values[0, runs.sample != "pre"], rtol=1e-5, atol=1e-7)


# --- what an observable rests on


@pytest.mark.parametrize("name", model_names())
def test_upstream_kinds_add_up(name):
    model = Model.load(name)
    for observable in (*model.observables, *model.states):
        kinds = model.upstream_kinds(observable)
        upstream = model.facts.upstream_constants(observable) & set(model.rows)
        assert list(kinds) == ["measured", "derived", "fitted", "assumed"]
        assert sum(kinds.values()) == len(upstream)
        for kind, count in kinds.items():
            assert count == sum(model.parameters[i].kind == kind for i in upstream)


def test_parameters_that_are_not_upstream_change_nothing():
    model, observable = Model.load("temozolomide"), "temozolomide_mg_per_L"
    upstream = model.facts.upstream_constants(observable)
    regimen = Regimen.from_doses("temozolomide", times_h=[0], dose_mg=300)
    given = [{}, *({i: 1.2 * v + 0.1} for i, v in model.values.items())]
    runs = simulate(model, [regimen] * len(given), until_days=1, parameters=given)
    assert set(runs.status) == {"ok"}
    for i, (id_, curve) in enumerate(zip(model.values, runs.values[1:], strict=True), start=1):
        assert runs.overrides[i].keys() == {id_}
        apart = np.abs(curve - runs.values[0])[:, runs.observables.index(observable)].max()
        assert (apart > 1e-3) == (id_ in upstream), id_


# --- folders


HALF = ("modules/th1_tumour.ant", "(100 percent) * th1_share", "(50 percent) * th1_share")
PERCENT = "th1_percent_of_cd4_nkg2d"


@pytest.mark.parametrize("name", ["th1_tumour", "patient"])
@pytest.mark.parametrize("first", ["packaged", "changed"])
def test_two_folders_in_one_process_do_not_mix(tmp_path, name, first):
    folders = {"packaged": None, "changed": changed_copy(tmp_path / "m", HALF)}
    order = [first, *(k for k in folders if k != first)]
    models = {k: Model.load(name, models_dir=folders[k]) for k in order}
    start = {
        k: simulate(models[k], Regimen.none(), times_h=[0, 24], observables=[PERCENT]).values
        for k in [*order, *order]
    }
    np.testing.assert_allclose(start["changed"], start["packaged"] / 2, rtol=1e-6)
    assert models["packaged"].structure_hash != models["changed"].structure_hash
    assert models["packaged"].hash == Model.load(name).hash
    assert "50" in models["changed"].antimony
    assert models["changed"].with_variant("no_mica").models_dir == folders["changed"]


@pytest.mark.parametrize("name", ["th1_tumour", "patient"])
def test_a_module_changed_on_disk_is_read_again(tmp_path, name):
    folder = changed_copy(tmp_path / "m")
    before = Model.load(name, models_dir=folder)
    assert before.hash == Model.load(name).hash
    edit(folder / HALF[0], *HALF[1:])
    assert Model.load(name, models_dir=folder).structure_hash != before.structure_hash


def test_a_file_that_is_loaded_by_hand_takes_its_own_modules(tmp_path):
    import antimony

    models = tmp_path / "models"
    shutil.copytree(models_dir(), models)
    file = models / "modules" / "th1_tumour.ant"
    text = file.read_text(encoding="utf-8")
    changed = text.replace(f"{PERCENT} := (100 percent)", f"{PERCENT} := (50 percent)")
    assert changed != text
    file.write_text(changed, encoding="utf-8")
    assert Model.load("patient", models_dir=models).sbml
    # As tellurium does it: the packaged patient, after one of another folder.
    antimony.clearPreviousLoads()
    assert antimony.loadAntimonyFile(str(models_dir() / "patient.ant")) >= 0
    flat = antimony.getAntimonyString("patient")
    antimony.clearPreviousLoads()
    assert "100" in next(line for line in flat.splitlines() if f"{PERCENT} :=" in line)
