"""From measured parts of the benchmark to its tables."""

import numpy as np
import pytest

from il15_sim import Model
from tests.benchmark.programs import helpers

__all__ = ["helpers"]  # pytest takes the fixture from here


@pytest.fixture(scope="module")
def patient():
    return Model.load("patient")


def test_error_is_relative_to_the_largest_value_of_a_run():
    from task import errors

    reference = np.zeros((2, 3, 2))
    reference[:, 1, 0] = [10.0, 20.0]
    values = reference.copy()
    values[0, 2, 0] += 1.0
    values[1, 0, 1] += 0.3  # an observable that is zero throughout
    np.testing.assert_allclose(errors(values, reference), [0.1, 0.3])
    values[1, 0, 0] = np.nan
    assert np.isnan(errors(values, reference)[1])


def row(engine, configuration, ms, error, p99=None, cores=1):
    from tables import Row

    p99 = error if p99 is None else p99
    return Row(engine, configuration, cores, 0.0, 9, 9, 0, ms, ms, error, p99, error)


def test_fastest_configuration_wins_and_nothing_is_extrapolated():
    from tables import best

    rows = [
        *(row("a", "slow", 10.0, 1e-4), row("a", "slow", 1000.0, 1e-6)),
        *(row("a", "fast", 1.0, 1e-4), row("a", "fast", 9.0, 1e-6)),
        *(row("b", "too loose", 1e-3, 1e-2), row("b", "too loose", 1e-2, 1e-4)),
    ]
    first, second = best(rows)
    assert (first.engine, first.configuration) == ("a", "fast")
    assert first.ms == pytest.approx(3.0)
    assert first.per_second == pytest.approx(1000 / 3)
    assert second.engine == "b"
    assert np.isnan(second.ms)


def test_comparison_is_by_the_largest_error_and_per_core():
    from tables import best

    rows = [
        *(row("il15-sim", "-", 1.0, 1e-4), row("il15-sim", "-", 4.0, 1e-6)),
        # 99 % of the sets reach the error at the loose tolerance already.
        *(row("x", "-", 40.0, 1e-5, 1e-6, cores=2), row("x", "-", 80.0, 1e-7, 1e-8, cores=2)),
        row("x", "-", 20.0, 1e-3, 1e-5, cores=2),
    ]
    ours, other = best(rows)
    assert ours.times_slower_than_il15_sim_per_core == pytest.approx(1.0)
    assert other.ms == pytest.approx(40.0)
    assert other.times_slower_than_il15_sim_per_core == pytest.approx(2 * 40.0 / 2.0)
    assert other.ms_p99 == pytest.approx(20.0)
    assert other.times_slower_than_il15_sim_per_core_p99 == pytest.approx(2 * 20.0 / 2.0)


def test_failures_are_those_at_the_tolerances_that_are_compared():
    from dataclasses import replace

    from tables import best

    rows = [row("il15-sim", "-", 1.0, 1e-4), row("il15-sim", "-", 4.0, 1e-6)]
    tight = replace(row("il15-sim", "-", 9.0, 1e-8), failed=2)
    assert best([*rows, tight])[0].failed == 0
    assert best([rows[0], replace(rows[1], failed=1), tight])[0].failed == 1
    assert best([rows[1], tight])[0].failed == 2


def test_quantiles_of_errors_that_are_known():
    from tables import quantiles

    assert quantiles(np.arange(101.0)) == (50.0, 99.0, 100.0)
    assert np.isnan(quantiles(np.zeros(0))).all()


def test_journal_gives_back_what_was_finished_and_forgets_other_measurements(tmp_path):
    from journal import Journal, Part, identity_of

    path = tmp_path / "parts.jsonl"
    part = Part(0, 2, 1.5, 1.0, [1e-6, float("nan")])
    Journal(path, "a").add("x", part)
    with path.open("a", encoding="utf-8") as file:
        file.write('{"key": "y", "fir')  # the power failed here
    again = Journal(path, "a").parts
    assert set(again) == {"x"}
    assert again["x"].wall_s == 1.5
    assert np.isnan(again["x"].errors[1])
    assert Journal(path, "b").parts == {}
    values = np.arange(6.0).reshape(2, 3)
    assert identity_of(values, "task") == identity_of(values.copy(), "task")
    assert identity_of(values, "task") != identity_of(values + 1e-9, "task")


def test_jobs_cover_their_sets_once_or_in_every_round():
    from contestants import PEERS
    from rounds import ROUNDS, Job

    class Stub:
        def __init__(self, peer):
            self.peer = peer

    for peer in PEERS:
        blocks = [b for _, b in Job(Stub(peer), "-", 1e-6, 1.0).parts(1000)]
        seen = np.concatenate([np.arange(1000)[block] for block in blocks])
        times = ROUNDS if peer.together else 1
        expected = np.tile(np.arange(min(1000, peer.at_most)), times)
        assert np.array_equal(seen, expected), peer


def test_tool_that_is_not_installed_is_told(patient):
    from patient_case import draw, make_task
    from peer import Peer, Setting
    from rounds import start

    nothing = Peer("nothing", "by no means", "no_such_tool", (Setting(1.0, (1e-6,)),))
    teams, absent = start([nothing], draw(patient, 1), make_task(days=2))
    assert teams == []
    assert absent == ["nothing, by no means (No module named 'peers.no_such_tool')"]
