"""IL-15 signalling of one cell, against explicit mass action, balances and closed forms."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.integrate import simpson, solve_ivp

from il15_sim import Change, Model, simulate
from il15_sim.simulation.reference_engine import engine_for

MEMORY = Model.load("cd4_signalling")
FIT = "pstat5_pbmc_fit"
CELLS = {
    name: Model.load("cd4_signalling", variants=(FIT, f"pstat5_pbmc_{name}"))
    for name in ("naive_cd4", "memory_cd4", "nk", "yt1")
}
TIGHT = 1e-10
SOME = settings(max_examples=12, deadline=None)
NO_LOSS = {"active_degradation": 0.0, "receptor_degradation": 0.0}


def dish(model, times, observables, **given_at_0):
    """Curves (times, observables) of cells that are given ligands at 0 h and keep them."""
    changes = [Change(0.0, name, value, sets=True) for name, value in given_at_0.items()]
    runs = simulate(
        model, times_h=times, observables=observables, changes=changes, engine="reference",
        rtol=TIGHT,
    )  # fmt: skip
    return {name: runs.get(0, name) for name in observables}


# --- every species by mass action ---------------------------------------------------------------


def mass_action(p, ligand, complex_, times):
    """Engaged molecules and IL-2Rb on the surface, with an equation for every species.

    Written from the scheme of the cell (a ligand meets IL-2Rb, the pair meets the common gamma
    chain; the same in endosomes; receptors travel), without a quasi-equilibrium anywhere. The first
    seven species are on the surface, the last six in endosomes; A is IL-15Ra in cis.
    """
    back = p["receptor_recycling"] * (1 - p["receptor_sorted_share"])
    sorted_ = p["receptor_degradation"] * p["receptor_sorted_share"]
    away, inside = p["receptor_internalisation"], p["active_internalisation"]
    stored = 1 + away / (back + sorted_)
    makes = sorted_ * away / (back + sorted_)
    b_full, g_full = p["receptor_B_number"] * stored, p["receptor_G_number"] * stored
    on, pair = p["kon_L_surface"], p["kon_2D"]
    off_l, off_lg = on * p["kd_L_B"], p["koff_LB_G"]
    off_x, off_xg = p["koff_LA_B"], p["koff_LAB_G"]
    factor, lost = p["endosomal_koff_factor"], p["active_degradation"]
    near = on * p["pM_per_endosomal_molecule"]

    def slopes(_, y):
        b, g, lb, lbg, xb, xbg, a, la, lab, labg, be, ge, lbe, le, lbge, xbge = y
        again = p["receptor_renewal_exponent"]
        b_all = b + lb + lbg + xb + xbg + lab + labg + be + lbe + lbge + xbge
        g_all = g + lbg + xbg + labg + ge + lbge + xbge
        meet_l = on * ligand * b - off_l * lb
        meet_x = off_x / p["kd_X_B"] * complex_ * b - off_x * xb
        meet_a = on * (ligand * a - p["kd_L_A"] * la)
        meet_la = pair * la * b - off_x * lab
        join_l = pair * lb * g - off_lg * lbg
        join_x = pair * xb * g - off_xg * xbg
        join_a = pair * lab * g - off_xg * labg
        meet_e = near * le * be - factor * off_l * lbe
        join_e = pair * lbe * ge - factor * off_lg * lbge
        left = p["endosomal_koff_X"] * xbge
        return [
            makes * p["receptor_B_number"] * (b_full / b_all) ** again
            + back * be - away * b - meet_l - meet_x - meet_la,
            makes * p["receptor_G_number"] * (g_full / g_all) ** again
            + back * ge - away * g - join_l - join_x - join_a,
            meet_l - join_l - away * lb + back * lbe,
            join_l - inside * lbg,
            meet_x - join_x - away * xb,
            join_x - inside * xbg,
            away * (p["cis_A_number"] - a) - meet_a,
            meet_a - meet_la - away * la,
            meet_la - join_a - away * lab,
            join_a - inside * labg,
            away * (b + xb + lab) - (back + sorted_) * be - meet_e + left,
            away * g - (back + sorted_) * ge - join_e + left,
            away * lb + meet_e - join_e - (back + sorted_) * lbe,
            -meet_e - (p["receptor_recycling"] + p["receptor_degradation"]) * le,
            inside * lbg + join_e - lost * lbge,
            inside * (xbg + labg) - left - lost * xbge,
        ]  # fmt: skip

    start = np.zeros(16)
    start[[0, 1, 6]] = p["receptor_B_number"], p["receptor_G_number"], p["cis_A_number"]
    start[[10, 11]] = (stored - 1) * start[[0, 1]]
    found = solve_ivp(
        slopes, (0, times[-1]), start, "BDF", t_eval=times, rtol=1e-8, atol=1e-8
    ).y  # fmt: skip
    surface = found[[0, 2, 3, 4, 5, 8, 9]].sum(axis=0)
    return found[[3, 5, 9, 14, 15]].sum(axis=0), surface


TIMES = np.array([2 / 60, 0.25, 0.5, 1, 2, 4, 8.0])


def far(name, ligand):
    """Largest relative distance of what is engaged from mass action: at 2 min, and from then on."""
    model, doses = CELLS[name], (1.0, 30.0, 300.0, 3000.0, 3e4, 5e5)
    worst = np.zeros(len(TIMES))
    surface = 0.0
    for dose in doses:
        given_ = {"il15_soluble": 0.0, "il15_shed": 0.0, ligand: dose}
        found = dish(model, TIMES, ["engaged_share", "receptor_B"], **given_)
        engaged, left = mass_action(model.values, *given_.values(), TIMES)
        number = model.values["receptor_B_number"]
        worst = np.maximum(worst, np.abs(found["engaged_share"] * number / engaged - 1))
        surface = max(surface, np.max(np.abs(found["receptor_B"] - left) / number))
    return worst[0], worst[1:].max(), surface


#: Measured for 1 pM to 500 nM, from 15 min to 8 h: what is engaged lies within 1.8 % for CD4 cells;
#: within 11 % for NK cells, whose common gamma chains are fewer than their IL-2Rb and are held by
#: active complexes for their seconds on the surface; within 8.2 % for YT-1 cells, whose IL-15Ra is
#: held, too. At 2 min the surface has not settled: 21 % at most. IL-2Rb on the surface: points.
FAR = {
    ("naive_cd4", "il15_soluble"): (0.19, 0.018, 0.017),
    ("memory_cd4", "il15_soluble"): (0.19, 0.018, 0.018),
    ("memory_cd4", "il15_shed"): (0.13, 0.018, 0.018),
    ("nk", "il15_soluble"): (0.21, 0.085, 0.085),
    ("nk", "il15_shed"): (0.16, 0.115, 0.12),
    ("yt1", "il15_soluble"): (0.22, 0.082, 0.05),
}


@pytest.mark.parametrize(("name", "ligand"), FAR)
def test_the_quasi_equilibrium_is_near_explicit_mass_action(name, ligand):
    assert np.all(np.array(far(name, ligand)) < FAR[name, ligand])


@SOME
@given(
    ligand=st.floats(0.1, 1e6),
    complex_=st.floats(0.1, 1e5),
    b=st.floats(50, 1e4),
    g=st.floats(5e3, 2e4),
)
def test_without_internalisation_the_surface_is_at_equilibrium(ligand, complex_, b, g):
    # Nothing leaves the surface, so every step obeys its own constant of mass action.
    closed = {
        **{"receptor_B_number": b, "receptor_G_number": g, "active_internalisation": 0.0},
        **{"il15_soluble": ligand, "il15_shed": complex_},
    }
    model = MEMORY.with_values(closed)
    engine, v = engine_for(model), model.values
    engine.start(v, {**dict.fromkeys(model.states, 0.0), "receptor_B": b, "receptor_G_all": g},
                 TIGHT, model.states)  # fmt: skip
    free, partner = engine.get("free_B"), engine.get("receptor_G")
    pairs = free * np.array([ligand / v["kd_L_B"], complex_ / v["kd_X_B"]])
    trios = pairs * v["kon_2D"] * partner / np.array([v["koff_LB_G"], v["koff_LAB_G"]])
    assert engine.get("surface_active") == pytest.approx(trios.sum(), rel=1e-9)
    assert free + pairs.sum() + trios.sum() == pytest.approx(b, rel=1e-9)


# --- balances -----------------------------------------------------------------------------------

_ROWS = {row.id: row for row in MEMORY.parameters.parameters}
#: Any value that the parameter table allows.
anything = st.fixed_dictionaries(
    {
        name: st.floats(0, 1).map(
            lambda share, low=row.lower, high=row.upper: low + share * (high - low)
        )
        for name, row in _ROWS.items()
    }
)
surroundings = st.fixed_dictionaries(
    {
        "il15_soluble": st.floats(0.1, 1e5),
        "il15_shed": st.floats(0.1, 1e4),
        "trans_complexes": st.floats(0.1, 1e4),
    }
)
B_ALL = ["receptor_B", "endosomal_B", "endosomal_LBG", "endosomal_XBG"]


@SOME
@given(values=anything)
def test_without_ligand_a_cell_has_its_numbers_whatever_the_parameters(values):
    runs = simulate(
        MEMORY.with_values(values), times_h=[0.0, 200.0],
        observables=["receptor_B", "receptor_G", "pstat5_cd4", "stat5_used", "engaged_share"],
    )  # fmt: skip
    for i, number in enumerate(("receptor_B_number", "receptor_G_number")):
        assert runs.values[0, :, i] == pytest.approx(values[number], rel=1e-6)
    assert np.all(np.abs(runs.values[0, :, 2:]) < 1e-12)


@SOME
@given(values=anything, around=surroundings)
def test_receptors_are_lost_by_degradation_alone(values, around):
    model = MEMORY.with_values({**values, **NO_LOSS})
    curves = dish(model, np.linspace(0, 24, 9), [*B_ALL, "receptor_G_all"], **around)
    total = sum(curves[name] for name in B_ALL)
    np.testing.assert_allclose(total, total[0], rtol=1e-6)
    np.testing.assert_allclose(curves["receptor_G_all"], curves["receptor_G_all"][0], rtol=1e-6)
    assert curves["endosomal_XBG"][-1] > 0


@pytest.mark.parametrize("name", ["memory_cd4", "nk", "yt1"])
def test_what_receptors_change_by_is_what_is_made_less_what_is_degraded(name):
    model, times = CELLS[name], np.linspace(0, 4, 4001)
    more = ["endosomal_active", "synthesis_B", "receptor_G_all", "synthesis_G", "receptor_G"]
    curves = dish(model, times, [*B_ALL, *more], il15_soluble=5000.0, il15_shed=20.0)
    v = model.values
    active = v["active_degradation"] * curves["endosomal_active"]
    sorted_ = v["receptor_degradation"] * v["receptor_sorted_share"]
    stored = v["receptor_internalisation"] / (
        v["receptor_recycling"] * (1 - v["receptor_sorted_share"]) + sorted_
    )
    change = curves["synthesis_B"] - sorted_ * curves["endosomal_B"] - active
    total = sum(curves[s] for s in B_ALL)
    assert total[-1] - total[0] == pytest.approx(simpson(change, x=times), rel=1e-4)
    change = curves["synthesis_G"] - sorted_ * stored * curves["receptor_G"] - active
    total = curves["receptor_G_all"]
    assert total[-1] - total[0] == pytest.approx(simpson(change, x=times), rel=1e-4)
    # Complexes of YT-1 cells are hardly degraded, and what they hold is not sorted away.
    assert (total[-1] < total[0]) == (name != "yt1")


# --- after the ligand is gone -------------------------------------------------------------------


WASHED = [Change(t, "il15_soluble", pM, sets=True) for t, pM in ((0.0, 5000.0), (4.0, 0.0))]


@pytest.mark.parametrize("name", CELLS)
def test_a_cell_that_was_washed_is_as_before(name):
    model = CELLS[name]
    runs = simulate(
        model, times_h=[0.0, 4.0, 4.5, 4 + 24 * 60], observables=model.states, changes=[WASHED]
    )  # fmt: skip
    start, _, _, end = runs.values[0]
    size = np.maximum(np.abs(start), 1.0)
    np.testing.assert_allclose(end / size, start / size, atol=2e-3)


def test_capacity_for_pstat5_comes_back_at_its_rate():
    model = CELLS["naive_cd4"]
    times = np.array([4.0, 24.0, 28.0, 36.0])
    used = simulate(model, times_h=times, observables=["stat5_used"], changes=[WASHED], rtol=1e-8)
    used = used.get(0, "stat5_used")
    assert used[0] > 0.5
    # Once nothing is engaged, capacity returns exponentially.
    rate = model.values["stat5_recovery"]
    np.testing.assert_allclose(used[2:] / used[1], np.exp(-rate * (times[2:] - 24)), rtol=0.01)
