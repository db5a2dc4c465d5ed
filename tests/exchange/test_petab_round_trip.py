"""What is written as PEtab reads back as the same fit: the same likelihood at any point."""

from dataclasses import replace

import numpy as np
import pytest

from il15_sim.exchange import read_petab, write_petab
from il15_sim.fit.quantities import QUANTITIES, Asked
from il15_sim.fit.rows import Rows
from il15_sim.fit.unknowns import owners
from tests.made import petab_files as foreign
from tests.made import petab_problems as made

RELATIVE = 'scale = "observable"'


def same_likelihood(problem, folder, version=2):
    written = write_petab(problem, folder / "petab", version)
    again = read_petab(written.path)
    assert [u.id for u in again.unknowns] == [u.id for u in problem.unknowns]
    shares = made.points(problem)
    ours, theirs = problem.objective(), again.objective()
    assert len(ours.rows.sizes) == len(theirs.rows.sizes)
    sizes = np.random.default_rng(2).uniform(0.1, 0.5, (3, len(ours.rows.sizes)))
    expected = ours.log_likelihoods(shares, sizes)
    assert np.isfinite(expected).all()
    np.testing.assert_allclose(theirs.log_likelihoods(shares, sizes), expected, rtol=1e-6)
    return written, again


def test_the_shipped_fit(tmp_path):
    problem = made.shipped()
    written, again = same_likelihood(problem, tmp_path)
    used = sum(r.used for r in problem.rows.rows)
    assert written.measurements + written.apart == used == len(again.rows)
    assert written.left_out == len(problem.rows) - used
    assert again.omega == problem.omega
    assert again.objective().rows.factors
    told = "162 measurements; 18 rows that PEtab has no formula for, in il15_sim_rows.tsv"
    assert written.in_words.startswith(told)


@pytest.mark.parametrize("version", [1, 2])
@pytest.mark.parametrize("kind", ["normal", "log-normal"])
def test_a_dish(tmp_path, version, kind):
    same_likelihood(made.dish(tmp_path, kind), tmp_path, version)


@pytest.mark.parametrize("kind", ["normal", "log-normal"])
def test_relative_readings(tmp_path, kind):
    _, again = same_likelihood(made.dish(tmp_path, kind, RELATIVE), tmp_path)
    assert again.objective().factor_count == 1


@pytest.mark.parametrize("kind", ["normal", "log-normal"])
def test_a_factor_is_a_parameter_in_version_1(tmp_path, kind):
    """Its best value, which is found here in closed form, gives the same likelihood."""
    problem = made.dish(tmp_path, kind, RELATIVE)
    again = read_petab(write_petab(problem, tmp_path / "petab", 1).path)
    shares, ours, theirs = made.points(problem)[0], problem.objective(), again.objective()
    factor = ours.at(shares).factor[0]
    assert factor != 1
    here = np.append(shares, again.unknowns[-1].share_of(factor))
    both = ours.log_likelihood(shares), theirs.log_likelihood(here)
    assert both[0] == pytest.approx(both[1], rel=1e-6)
    worse = np.append(shares, again.unknowns[-1].share_of(1.01 * factor))
    assert theirs.log_likelihood(worse) < both[1]


def test_doses_into_what_is_measured(tmp_path):
    """A trough is read before the dose of its moment, which PEtab reads after it."""
    written, _ = same_likelihood(made.dosed(tmp_path), tmp_path)
    assert (written.measurements, written.apart) == (9, 1)
    experiments = (tmp_path / "petab" / "experiments.tsv").read_text()
    assert "often_before_12_0_h" in experiments
    assert "once_before" not in experiments


@pytest.mark.parametrize("version", [1, 2])
def test_estimates_of_groups(tmp_path, version):
    """Each sets its parameter in the experiments of its groups, and is no more than that."""
    problem = made.cells(tmp_path)
    written = write_petab(problem, tmp_path / "petab", version)
    again = read_petab(written.path)
    shares = made.points(problem)
    sizes = np.array([[0.2], [0.3], [0.4]])
    expected = problem.objective().log_likelihoods(shares, sizes)
    found = again.objective().log_likelihoods(shares, sizes)
    # One of them is next to zero, as a sum of logarithms may be.
    np.testing.assert_allclose(found, expected, rtol=1e-6, atol=1e-5)
    ours, theirs = problem.objective(), again.objective()
    np.testing.assert_allclose(theirs.slopes(shares[1]), ours.slopes(shares[1]), rtol=1e-4)
    told = [(u.parameter, u.start, u.lower, u.upper) for u in problem.unknowns]
    assert [(u.parameter, u.start, u.lower, u.upper) for u in again.unknowns] == told
    # No more than the parameters of the model: nothing that switches between them.
    assert again.subject.constants.keys() == problem.subject.constants.keys()
    conditions = (tmp_path / "petab" / "conditions.tsv").read_text()
    assert conditions.count("half_naive") == {1: 4, 2: 1}[version]  # version 1 has one of each arm
    if version == 2:
        same_likelihood(problem, tmp_path / "twice")
        arms = zip(problem.arms.items(), again.arms.items(), strict=True)
        for (name, arm), (name_there, arm_there) in arms:
            here = owners(problem.unknowns, name, arm)
            assert owners(again.unknowns, name_there, arm_there) == here
        assert {n: a.group for n, a in again.arms.items()} == {
            "naive_30": "naive", "naive_300": "naive", "memory_30": "memory", "memory_300": "memory"
        }  # fmt: skip


def test_an_arm_that_is_its_own_group_is_one_in_all_its_experiments(tmp_path):
    """One ends before a dose: it is of the arm, too."""
    problem = made.dosed(tmp_path, made.OWN_CLEARANCE)
    assert [u.groups for u in problem.unknowns] == [("often",), ()]
    _, again = same_likelihood(problem, tmp_path)
    assert {arm.group or name for name, arm in again.arms.items()} == {"once", "often"}
    assert again.arms["often_before_12_0_h"].group == "often"


@pytest.mark.slow
def test_the_patient(tmp_path):
    """Two drugs, doses per body surface, a switch that is off until the start."""
    written, again = same_likelihood(made.patient(tmp_path), tmp_path)
    assert (written.measurements, written.apart) == (4, 1)
    assert again.arms["both"].values == {"tumour_growth_switch": 0.0}


@pytest.mark.parametrize("files", [foreign.ONE, foreign.TWO])
def test_problems_of_others(tmp_path, files):
    """Their models count days and concentrations, begin as conditions say, have offsets, areas."""
    given = read_petab(foreign.write(tmp_path, files), time_unit="d")
    arm = given.rows.rows[-1].arm
    area = replace(
        given.rows.rows[-1],
        reads=QUANTITIES["area"].reads(Asked("A", arm, 96.0, 0.0)),
        measured=400.0,
        known={"sd": 50.0},
    )
    given = replace(given, rows=Rows((*given.rows.rows, area), given.rows.source))
    written = write_petab(given, tmp_path / "petab")
    assert written.apart == 0
    again = read_petab(written.path, time_unit="d")
    # A parameter that a condition sets has its own name back.
    assert {u.id for u in again.unknowns} == {u.id for u in given.unknowns}
    order = [[u.id for u in again.unknowns].index(u.id) for u in given.unknowns]
    shares, sizes = made.points(given), np.array([[0.1], [0.2], [0.3]])
    back = np.empty_like(shares)
    back[:, order] = shares
    expected = given.objective().log_likelihoods(shares, sizes)
    found = again.objective().log_likelihoods(back, sizes)
    np.testing.assert_allclose(found, expected, rtol=1e-6)
