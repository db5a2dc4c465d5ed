"""The models load in tellurium as they are and give there the curves that il15_sim gives."""

import numpy as np
import pytest
import tellurium

from il15_sim import Model, Regimen, simulate
from il15_sim.files.resources import models_dir
from il15_sim.model import model_names

NAMES = model_names()
HOURS = np.arange(0.0, 14 * 24 + 1, 6.0)
#: Bolus doses: (model, drug, route, amount, keyword); the target is found in drugs.tsv.
DOSES = [
    ("sorafenib_pk", "sorafenib", "oral", 400.0, "dose_mg"),
    ("temozolomide", "temozolomide", "oral", 300.0, "dose_mg"),
    ("il15_agonist", "il15", "iv", 100.0, "dose_ug"),
    ("il15_agonist", "il15", "sc", 100.0, "dose_ug"),
    ("patient", "sorafenib", "oral", 400.0, "dose_mg"),
    ("patient", "temozolomide", "oral", 300.0, "dose_mg"),
    ("patient", "il15", "iv", 100.0, "dose_ug"),
    ("patient", "il15", "sc", 100.0, "dose_ug"),
]
#: Modules without a drug: an input is changed for good, and the module comes to rest anew.
INPUTS = [
    ("il15ra_induction", "sorafenib_free_nM", 20.0),
    ("trans_presentation", "il15ra_synthesis", 128.0),
    ("mica_nkg2d", "sorafenib_free_nM", 20.0),
    ("cd4_signalling", "il15_soluble", 1.0),
    ("cd4_populations", "il15_engagement", 3.0),
    ("th1_tumour", "nkg2d_signal", 0.6),
    ("own_rest", "engaged_share", 0.004),
]
#: Modules that count what has happened and never rest: an input from the start on.
COUNTS = [("toxicity", "sorafenib_total_mg_per_L", 3.0), ("survival", "tumour_burden_mm", 150.0)]


def path_of(name):
    folder = models_dir()
    return folder / "patient.ant" if name == "patient" else folder / "modules" / f"{name}.ant"


def in_tellurium(text_or_path, **changed):
    """A tellurium model at tight tolerances, with some values set by hand."""
    r = tellurium.loada(str(text_or_path))
    r.integrator.relative_tolerance = 1e-10
    r.integrator.absolute_tolerance = 1e-12
    for name, value in changed.items():
        r[name] = value
    return r


def curves(r, ids, hours=HOURS):
    return np.asarray(r.simulate(times=list(hours), selections=["time", *ids]))[:, 1:]


def ours(model, regimen=None, **options):
    ids = (*model.states, *sorted(model.facts.assigned))
    regimen = regimen or Regimen.none()
    runs = simulate(model, regimen, times_h=HOURS, observables=ids, rtol=1e-9, **options)
    assert runs.status == ("ok",)
    return ids, runs.values[0]


def assert_same_curves(one, two, ids):
    """Equal to a millionth of each curve's own height."""
    assert np.isfinite(one).all()
    apart = np.abs(one - two) / np.maximum(np.abs(two).max(axis=0), 1e-6)
    worst = int(apart.max(axis=0).argmax())
    assert apart.max() < 1e-6, f"{ids[worst]}: {apart.max():.2g}"


def test_every_file_of_the_models_is_tested():
    files = {p.stem for p in models_dir().rglob("*.ant")}
    assert files == set(NAMES)
    assert {d[0] for d in DOSES} | {i[0] for i in (*INPUTS, *COUNTS)} == set(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_a_file_has_the_same_ids_and_values(name):
    r, model = tellurium.loada(str(path_of(name))), Model.load(name)
    assert r.getModel().getModelName() == name
    assert tuple(r.getRateRuleIds()) == model.states
    assert set(r.getAssignmentRuleIds()) == set(model.facts.assigned)
    ids = set(r.getGlobalParameterIds())
    assert ids == {*model.states, *model.facts.assigned, *model.values}
    assert r.getNumReactions() == r.getNumFloatingSpecies() == r.getNumEvents() == 0
    for id_, value in (model.values | model.initial).items():
        assert r[id_] == pytest.approx(value, rel=1e-12), id_


@pytest.mark.parametrize("name", NAMES)
def test_a_file_gives_the_untreated_curves(name):
    ids, values = ours(Model.load(name))
    assert_same_curves(curves(in_tellurium(path_of(name)), ids), values, ids)


@pytest.mark.parametrize(("name", "drug", "route", "amount", "keyword"), DOSES)
def test_a_dose_given_by_hand(name, drug, route, amount, keyword):
    model = Model.load(name)
    regimen = Regimen.from_doses(drug, times_h=[0], route=route, **{keyword: amount})
    (target,) = (d.target for d in model.drugs if (d.drug, d.route) == (drug, route))
    ids, values = ours(model, regimen)
    assert values[0, ids.index(target)] == amount
    r = in_tellurium(path_of(name), **{target: amount})
    assert_same_curves(curves(r, ids), values, ids)


def test_two_doses_and_an_infusion_given_by_hand():
    model = Model.load("sorafenib_pk")
    regimen = Regimen.from_doses("sorafenib", times_h=[0, 12], dose_mg=400)
    regimen += Regimen.from_doses(
        "sorafenib", times_h=[24], route="infusion", duration_h=6, dose_mg=60
    )
    hours = [0, 6, 12, 18, 24, 27, 30, 48, 96]
    ids = (*model.states, "sorafenib_free_nM")
    runs = simulate(model, regimen, times_h=hours, observables=ids, rtol=1e-9)
    r = in_tellurium(path_of("sorafenib_pk"), sorafenib_gut=400.0)
    rows = [curves(r, ids, [0, 6, 12])[:2]]
    r["sorafenib_gut"] += 400
    rows.append(curves(r, ids, [12, 18, 24])[:2])
    r["sorafenib_infusion_rate"] = 10
    rows.append(curves(r, ids, [24, 27, 30]))
    r["sorafenib_infusion_rate"] = 0
    rows.append(curves(r, ids, [30, 48, 96])[1:])
    assert_same_curves(np.concatenate(rows), runs.values[0], ids)


@pytest.mark.parametrize(
    ("dose_mg", "every_h", "doses", "rest_h"),
    [(400, 12, 365, 12), (400, 12, 56, 8760), (800, 168, 52, 168), (1e5, 12, 28, 2000)],
)
def test_hundreds_of_doses_and_a_year_without_by_hand(dose_mg, every_h, doses, rest_h):
    """What has decayed away stalls no solver at the tolerances that tellurium starts with."""
    r = tellurium.loada(str(path_of("sorafenib_pk")))
    level = "sorafenib_total_mg_per_L"
    got = []
    for n in range(doses + 1):
        hours = every_h if n < doses else rest_h
        r["sorafenib_gut"] += dose_mg if n < doses else 0
        got.append(r.simulate(n * every_h, n * every_h + hours, 2, selections=[level])[-1, 0])
    times = [every_h * n for n in range(1, doses + 1)]
    times.append(times[-1] + rest_h)
    regimen = Regimen.from_doses(
        "sorafenib", times_h=[every_h * n for n in range(doses)], dose_mg=dose_mg
    )
    runs = simulate(Model.load("sorafenib_pk"), regimen, times_h=times, observables=level)
    np.testing.assert_allclose(got, runs.values[0, :, 0], atol=1e-4 * max(got), rtol=0)


@pytest.mark.parametrize(("name", "input_", "value"), INPUTS)
def test_an_input_changed_by_hand(name, input_, value):
    model = Model.load(name)
    assert model.values[input_] != value
    ids, values = ours(model, parameters={input_: value})
    frozen = {"tumour_growth_switch": 0.0} if "tumour_growth_switch" in model.values else {}
    r = in_tellurium(path_of(name), **{input_: value}, **frozen)
    rest = curves(r, ids, [0.0, 1e4, 2e6])[-1]
    np.testing.assert_allclose(rest, values[0], rtol=1e-5, atol=1e-7)
    r["time"] = 0.0
    for id_ in frozen:
        r[id_] = model.values[id_]
    np.testing.assert_allclose(curves(r, ids), values, rtol=1e-5, atol=1e-7)


@pytest.mark.parametrize(("name", "input_", "value"), COUNTS)
def test_an_input_of_what_counts(name, input_, value):
    ids, values = ours(Model.load(name), parameters={input_: value}, start="model")
    assert values[-1].max() > 0
    assert_same_curves(values, curves(in_tellurium(path_of(name), **{input_: value}), ids), ids)


@pytest.mark.parametrize("name", NAMES)
def test_the_antimony_text_of_a_model(name):
    """One flat text without imports; values changed in il15_sim are in it."""
    model = Model.load(name)
    id_ = next(iter(model.parameters))
    changed = model.with_values({id_: 1.25 * model.values[id_] + 1e-3})
    for one in (model, changed):
        assert "import" not in one.antimony
        r = tellurium.loada(one.antimony)
        assert {*r.getGlobalParameterIds()} == {*one.states, *one.facts.assigned, *one.values}
        for key, value in one.values.items():
            assert r[key] == pytest.approx(value, rel=1e-12), key
    ids, values = ours(model)
    assert_same_curves(curves(in_tellurium(model.antimony), ids), values, ids)


def test_the_antimony_text_of_a_variant_has_its_curves():
    model = Model.load("il15_agonist").with_variant("n803")
    ids, values = ours(model, Regimen.from_doses("il15", times_h=[0], route="sc", dose_ug=500))
    r = in_tellurium(model.antimony, il15_agonist_depot=500.0)
    assert_same_curves(curves(r, ids), values, ids)
    plain = in_tellurium(path_of("il15_agonist"), il15_agonist_depot=500.0)
    assert not np.allclose(curves(plain, ids), values, rtol=0.05)
