"""The competing forms of IL-15 signalling are what they say: what is estimated and what is held."""

import runpy

import pytest

from il15_sim.files.resources import experiments_dir
from il15_sim.fit import read_fit

SCRIPT = runpy.run_path(str(experiments_dir() / "compare_signalling.py"))
SHIPPED = read_fit(experiments_dir() / "fits" / "pstat5_pbmc.toml")


def problem(change, folder):
    text = change(SCRIPT["FIT"].read_text(encoding="utf-8"))
    file = folder / "form.toml"
    file.write_text(text.replace('"../data/', f'"{experiments_dir().as_posix()}/data/'))
    return read_fit(file)


#: Form -> estimates that are gone, and values of the model that are held instead.
FORMS = {
    "shipped": (set(), {}),
    "one_half_share": (
        {"half_share_naive", "half_share_cd8", "half_share_nk", "half_share_treg"}, {}
    ),
    "no_use": ({"use_rate_naive"}, {}),
    "hill_1": ({"pstat5_hill"}, {"pstat5_hill": 1.0}),
    "association": ({"kon_L_surface"}, {"kon_L_surface": 0.036}),
    "degradation": ({"active_degradation"}, {"active_degradation": 0.4056}),
    "renewal_0": (set(), {"receptor_renewal_exponent": 0.0}),
    "renewal_0.5": (set(), {"receptor_renewal_exponent": 0.5}),
    "renewal_1": (set(), {"receptor_renewal_exponent": 1.0}),
    "no_rebinding": (set(), {"pM_per_endosomal_molecule": 1e-6}),
}  # fmt: skip


@pytest.mark.filterwarnings("ignore:.*outside the table's bounds")
@pytest.mark.parametrize("name", FORMS)
def test_a_form_changes_what_it_says_and_nothing_else(tmp_path, name):
    assert set(FORMS) == set(SCRIPT["FORMS"])
    gone, held = FORMS[name]
    changed = problem(SCRIPT["FORMS"][name][1], tmp_path)
    assert {u.id for u in SHIPPED.unknowns} - {u.id for u in changed.unknowns} == gone
    before, after = SHIPPED.subject.constants, changed.subject.constants
    assert {k: v for k, v in after.items() if v != before[k]} == held
    assert changed.arms == SHIPPED.arms
    assert len(changed.rows.rows) == len(SHIPPED.rows.rows) == 416
    if name == "one_half_share":
        half = next(u for u in changed.unknowns if u.id == "pstat5_half_share")
        assert set(half.groups) == set(SCRIPT["TYPES"])


def test_the_same_number_is_a_share_of_each_cells_receptors(tmp_path):
    changed = problem(SCRIPT["half_number"](25.0), tmp_path)
    for arm in changed.arms.values():
        if arm.group in SCRIPT["TYPES"]:
            number = arm.values["pstat5_half_share"] * arm.values["receptor_B_number"]
            assert number == pytest.approx(25.0)
    assert not any("half_share" in u.id for u in changed.unknowns)
