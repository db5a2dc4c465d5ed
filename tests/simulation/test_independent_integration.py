"""Every model against a second reading of its SBML, integrated by scipy from hand-made doses."""

import numpy as np
import pytest

from il15_sim import Model, Regimen, simulate
from il15_sim.model import SHIPPED_VARIANTS, model_names
from il15_sim.simulation.reference_engine import engine_for
from tests.oracles.sbml_rhs import integrate, read_system

# Of each quantity's largest value. scipy runs at 1e-11 and CVODE at 1e-10; a net flux between
# binding and release loses three digits or four as their difference.
AGREE = 1e-6
TIGHT = 1e-10

SORAFENIB = "sorafenib 400 mg q12h x 6 d; hold d2-d3; dose 9 late by 3 h"
TEMOZOLOMIDE = "temozolomide 150 mg/m2 d1-5/28 x 6 d"
AGONIST = "il15 2 ug/kg iv over 6 h q24h x 3 d + il15 1 ug/kg sc at 80 h + il15 50 ug iv at 90 h"


def sorafenib_doses(model):
    """400 mg every 12 h for 6 days without the third day, the ninth dose three hours late."""
    planned = {n: 12.0 * (n - 1) for n in range(1, 13)}
    planned[9] += 3.0
    return [(at, "sorafenib_gut", 400.0) for at in planned.values() if not 48 <= at < 72]


def temozolomide_doses(model):
    """150 mg/m2 once a day, five times."""
    mg = 150.0 * model.values["body_surface_area"]
    return [(24.0 * day, "temozolomide_gut", mg) for day in range(5)]


def agonist_doses(model):
    """Three infusions of 2 ug/kg over 6 h, then one injection under the skin and one bolus."""
    rate = 2.0 * model.values["body_weight"] / 6.0
    on = [(24.0 * day, "agonist_infusion_rate", rate) for day in range(3)]
    off = [(24.0 * day + 6.0, "agonist_infusion_rate", -rate) for day in range(3)]
    depot = (80.0, "il15_agonist_depot", 1.0 * model.values["body_weight"])
    return [*on, *off, depot, (90.0, "il15_agonist_central", 50.0)]


def all_doses(model):
    return [*sorafenib_doses(model), *temozolomide_doses(model), *agonist_doses(model)]


DOSED = {
    "sorafenib_pk": (SORAFENIB, sorafenib_doses),
    "temozolomide": (TEMOZOLOMIDE, temozolomide_doses),
    "il15_agonist": (AGONIST, agonist_doses),
    "patient": (f"{SORAFENIB} + {TEMOZOLOMIDE} + {AGONIST}", all_doses),
}
#: Modules that no drug enters: the inputs that other modules would change, at a time in hours.
DRIVEN = {
    "il15ra_induction": {"sorafenib_free_nM": 30.0},
    "trans_presentation": {"il15ra_synthesis": 150.0, "il15_elsewhere": 3.0, "il15_sink": 1.5},
    "mica_nkg2d": {"sorafenib_free_nM": 40.0, "ligand_induction": 0.4, "il15_engagement": 9.0},
    "cd4_signalling": {
        **{"il15_soluble": 900.0, "il15_shed": 20.0, "trans_complexes": 800.0},
        **{"nkg2d_engaged": 450.0, "cis_A_number": 700.0},
    },
    "cd4_populations": {
        **{"il15_engagement": 9.0, "nkg2d_signal": 0.7, "sorafenib_free_nM": 60.0},
        **{"temozolomide_cell_loss": 0.002, "lymphocyte_production": 0.6, "il15_soluble": 40.0},
        **{"conversion_switch": 1.0, "redistribution_switch": 1.0, "tumour_relative": 1.4},
    },
    "th1_tumour": {"il15_engagement": 6.0, "sorafenib_free_nM": 30.0, "temozolomide_mg_per_L": 3.0},
    "toxicity": {"sorafenib_total_mg_per_L": 4.0},
    "survival": {"tumour_burden_mm": 150.0},
    "own_rest": {"engaged_share": 0.004, "tumour_growth_switch": 0.0},
}


def assert_same(got, wanted, names, limit=AGREE):
    size = np.max(np.abs(wanted), axis=0)
    size[size == 0] = 1.0
    apart = np.max(np.abs(got - wanted), axis=0) / size
    worst = int(np.argmax(apart))
    assert apart[worst] < limit, f"{names[worst]}: {apart[worst]:.2g}"


def test_every_model_is_compared():
    assert {*DOSED, *DRIVEN} == set(model_names())


def test_a_module_without_observables_reports_its_states():
    model = Model.load("il15ra_induction")
    assert model.observables == ()
    runs = simulate(model, Regimen.none(), until_days=1)
    assert runs.observables == model.states
    assert set(runs.units) == set(model.states)


@pytest.mark.parametrize("name", DOSED)
def test_dosed_models(name):
    model = Model.load(name)
    text, doses = DOSED[name]
    system = read_system(model.sbml)
    names = [*system.states, *system.assigned]
    assert set(model.observables) <= set(names)
    runs = simulate(model, Regimen.parse(text), until_days=8.25, observables=names, rtol=TIGHT)
    assert runs.status == ("ok",)
    wanted = integrate(system, doses(model), runs.times_h, runs.sample)
    moved = np.ptp(wanted, axis=0) > 1e-3 * np.max(np.abs(wanted), axis=0)
    assert moved.sum() > len(names) / 2  # a comparison of constants would prove nothing
    assert_same(runs.values[0], wanted, names)


@pytest.mark.parametrize("name", DRIVEN)
def test_driven_modules(name):
    model = Model.load(name)
    system = read_system(model.sbml)
    names = [*system.states, *system.assigned]
    start = {s: x * (0.6 + 0.1 * (i % 9)) for i, (s, x) in enumerate(model.initial.items())}
    times = np.concatenate([np.geomspace(0.01, 10, 30), np.arange(12, 400, 12.0)])
    samples = ["grid"] * len(times)
    wanted = integrate(system, [], times, samples, start=start, values=DRIVEN[name])
    engine = engine_for(model)
    engine.start({**model.values, **DRIVEN[name]}, start, TIGHT, names)
    got = engine.advance(np.concatenate([[0.0], times]))[1:]
    assert_same(got, wanted, names)


@pytest.mark.parametrize(
    "variants", [["conversion", "redistribution"], ["n803", "high_smica"], ["no_nkg2d_signal"]]
)
def test_variants_of_the_patient(variants):
    # Untreated values that are not packaged: the start is the engine's, the way from it is not.
    model = Model.load(variants=[*SHIPPED_VARIANTS, *variants])
    system = read_system(model.sbml)
    names = [*system.states, *system.assigned]
    times = np.arange(0, 72.5, 6.0)
    text, doses = DOSED["patient"]
    runs = simulate(model, Regimen.parse(text), times_h=times, observables=names, rtol=TIGHT)
    untreated = simulate(
        model, Regimen.none(), times_h=[0.0], observables=system.states, rtol=TIGHT
    )
    start = dict(zip(system.states, untreated.values[0, 0], strict=True))
    wanted = integrate(system, doses(model), times, runs.sample, start=start)
    assert_same(runs.values[0], wanted, names)


def test_the_untreated_start_has_no_rates_in_the_second_reading_either():
    model = Model.load()
    system = read_system(model.with_values({"tumour_growth_switch": 0.0}).sbml)
    rhs, _ = system.bind(list(system.constants.values()))
    drift = np.abs(rhs(0.0, system.start.tolist())) / np.maximum(np.abs(system.start), 0.01)
    assert drift.max() * 2160 < 1e-4  # of its size in 90 days


@pytest.mark.parametrize("name", ["sorafenib_pk", "temozolomide", "il15_agonist", "patient"])
def test_the_error_falls_with_the_tolerance(name):
    model = Model.load(name)
    regimen = Regimen.parse(DOSED[name][0])
    runs = [
        simulate(model, regimen, until_days=8.25, rtol=rtol).values[0]
        for rtol in (1e-10, 1e-4, 1e-6, 1e-8)
    ]
    size = np.max(np.abs(runs[0]), axis=0)
    rough, usual, tight = (np.max(np.abs(run - runs[0]), axis=0) / size for run in runs[1:])
    assert (rough > usual).all()
    assert (usual > tight).all()
    # Global errors exceed the local tolerance by a modest factor only.
    assert usual.max() < 1e-4
    assert tight.max() < 1e-6
