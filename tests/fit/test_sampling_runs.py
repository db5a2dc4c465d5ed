"""Runs of the sampler: the same numbers every time, kept, continued, and none of another run."""

import json
import os
import signal
import threading
from dataclasses import replace

import numpy as np
import pytest

from il15_sim.errors import InputError
from il15_sim.fit.sampling import drawing, sample
from tests.made.posteriors import Gaussian, correlated

START = (np.full(3, 0.5), correlated(3))
HOW = {"chains": 2, "walkers": 16, "warm_up": 640, "draws": 1280, "seed": 7}


def target(**changes):
    return replace(Gaussian(np.full(3, 0.4), correlated(3), calls=[]), **changes)


def run(one=None, **changes):
    return sample(one or target(), *START, **{**HOW, **changes})


def bits(found):
    return (
        found.shares.tobytes(), found.log_density.tobytes(), found.evaluated, found.failed,
        found.warm_up, found.accepted,
    )  # fmt: skip


class Stopped(Gaussian):
    """Ends after so many calls, as Ctrl-C, SIGTERM or a fault of the model would."""

    after, end = 30, KeyboardInterrupt

    def log_density(self, shares):
        if len(self.calls) == self.after:
            self.end_it()
        return super().log_density(shares)

    def end_it(self):
        raise self.end


def stopped(**changes):
    one = Stopped(np.full(3, 0.4), correlated(3), calls=[])
    for name, value in changes.items():
        setattr(one, name, value)
    return one


def test_the_same_seed_gives_the_same_bits():
    np.random.seed(3)  # noqa: NPY002 - emcee looks at NumPy's own generator
    first = run()
    np.random.seed(4)  # noqa: NPY002
    assert bits(run()) == bits(first)
    assert bits(run(seed=8)) != bits(first)


def test_one_call_asks_for_the_walkers_of_all_chains():
    one = target()
    found = run(one)
    assert found.evaluated == sum(one.calls)
    # All at once, in halves, or in quarters; fewer where proposals lie outside of the cube.
    assert max(one.calls) == 32
    assert len(one.calls) < 4 * (20 + 40)


def test_draws_are_rounded_up_to_whole_steps():
    found = run(draws=1281, warm_up=33)
    assert found.shares.shape == (2, 16 * 41, 3)
    assert found.warm_up == 64
    assert found.values.tolist() == (10 * found.shares).tolist()


@pytest.mark.parametrize("after", [0, 1, 30, 31, 32, 33, 60, 90])
def test_a_run_that_was_stopped_goes_on_to_the_same_end(tmp_path, after):
    whole = run(folder=tmp_path / "whole")
    with pytest.raises(KeyboardInterrupt):
        run(stopped(after=after), folder=tmp_path / "cut")
    again = target()
    assert bits(run(again, folder=tmp_path / "cut")) == bits(whole) == bits(run())
    # What was made is not made again, but for the step that was cut.
    assert sum(again.calls) <= whole.evaluated - 32 * max(0, (after - 4) // 4)


def test_a_run_stopped_many_times_with_many_pieces(tmp_path, monkeypatch):
    monkeypatch.setattr(drawing, "_SECONDS", 0.0)
    whole = run()
    for _ in range(4):
        with pytest.raises(KeyboardInterrupt):
            run(stopped(after=20), folder=tmp_path)
    assert len(list(tmp_path.glob("steps-*.npz"))) > 30
    assert bits(run(folder=tmp_path)) == bits(whole)


@pytest.mark.parametrize("end", [ValueError("the model broke"), SystemExit(143)])
def test_what_ends_a_run_passes_through_and_leaves_the_steps(tmp_path, capsys, end):
    with pytest.raises(type(end)) as raised:
        run(stopped(end=end), folder=tmp_path)
    assert raised.value is end
    # emcee would print the walkers and the traceback.
    assert capsys.readouterr() == ("", "")
    assert bits(run(folder=tmp_path)) == bits(run())


def test_sigterm_leaves_the_steps(tmp_path):
    assert threading.current_thread() is threading.main_thread()
    one = stopped()
    one.end_it = lambda: os.kill(os.getpid(), signal.SIGTERM)
    with pytest.raises(SystemExit) as raised:
        run(one, folder=tmp_path)
    assert raised.value.code == 143
    assert list(tmp_path.glob("steps-*.npz"))
    assert signal.getsignal(signal.SIGTERM) is signal.SIG_DFL
    assert bits(run(folder=tmp_path)) == bits(run())


def test_a_finished_run_is_read_and_more_draws_go_on_from_it(tmp_path):
    short = run(folder=tmp_path)
    again = target()
    assert bits(run(again, folder=tmp_path)) == bits(short)
    assert again.calls == []
    longer = run(again, folder=tmp_path, draws=2560)
    assert 0 < sum(again.calls) < longer.evaluated - short.evaluated + 1
    assert bits(longer) == bits(run(draws=2560))
    assert bits(run(again, folder=tmp_path)) == bits(short)


@pytest.mark.parametrize("damage", [b"", b"PK\x03\x04 no more of it"])
def test_a_damaged_piece_is_made_again(tmp_path, monkeypatch, damage):
    monkeypatch.setattr(drawing, "_SECONDS", 0.0)
    whole = run(folder=tmp_path)
    pieces = sorted(tmp_path.glob("steps-*.npz"))
    pieces[9].write_bytes(damage)
    again = target()
    assert bits(run(again, folder=tmp_path)) == bits(whole)
    assert 0 < sum(again.calls) < whole.evaluated


def test_a_flipped_bit_is_found(tmp_path):
    whole = run(folder=tmp_path)
    (piece,) = tmp_path.glob("steps-*.npz")
    content = bytearray(piece.read_bytes())
    content[len(content) // 3] ^= 1
    piece.write_bytes(content)
    assert bits(run(folder=tmp_path)) == bits(whole)


# --- folders that are refused ----------------------------------------------------------------


def refused(folder, one=None, **changes):
    with pytest.raises(InputError) as error:
        run(one, folder=folder, **changes)
    assert "\n" not in str(error.value)
    return str(error.value).removeprefix(f"{folder}: ")


def test_draws_of_another_posterior_are_refused(tmp_path):
    run(folder=tmp_path)
    assert refused(tmp_path, target(hash="other")) == (
        "draws of another posterior, gaussian in place of other; model, data, priors or bounds "
        "differ, and their draws are never mixed; give another folder, or remove this one"
    )


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"seed": 8}, "seed = 7, not 8"),
        ({"walkers": 20}, "walkers = 16, not 20"),
        ({"chains": 3}, "chains = 2, not 3"),
        ({"warm_up": 64}, "warm_up = 20, not 2"),
    ],
)
def test_draws_made_otherwise_are_refused(tmp_path, changes, told):
    run(folder=tmp_path)
    assert refused(tmp_path, **changes) == (
        f"draws made with {told}; a run is continued as it was begun; "
        "give another folder, or remove this one"
    )


def test_another_centre_is_refused(tmp_path):
    run(folder=tmp_path)
    with pytest.raises(InputError, match="draws made with centre = "):
        sample(target(), START[0] + 0.01, START[1], folder=tmp_path, **HOW)


def test_a_folder_of_something_else_is_refused(tmp_path):
    (tmp_path / "thesis.tex").write_text("years of work")
    assert refused(tmp_path) == (
        "the folder holds something else; give another folder, or remove this one"
    )
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.tex"]


@pytest.mark.parametrize("manifest", ["{", "[]", "{}", "null"])
def test_a_folder_with_a_strange_manifest_is_refused(tmp_path, manifest):
    (tmp_path / "manifest.json").write_text(manifest)
    assert refused(tmp_path).startswith("no folder for draws: ")


def test_a_folder_that_cannot_be_is_refused(tmp_path):
    (tmp_path / "file").write_text("")
    assert refused(tmp_path / "file" / "x").startswith("no folder for draws: ")


def test_a_full_disk_is_told(tmp_path, monkeypatch):
    def full(*_args, **_named):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(np, "savez", full)
    told = refused(tmp_path)
    assert told == "draws cannot be written: [Errno 28] No space left on device"


def test_the_manifest_tells_what_was_run(tmp_path):
    run(folder=tmp_path)
    told = json.loads((tmp_path / "manifest.json").read_text())
    assert (told["hash"], told["names"], told["seed"]) == ("gaussian", ["k0", "k1", "k2"], 7)
    assert {"emcee", "il15-sim", "numpy"} <= {*told["versions"]}


def test_a_bar_counts_the_rows(capsys):
    run(progress=True)
    assert "1.95k/1.95k" in capsys.readouterr().err
    run(progress=False)
    assert capsys.readouterr().err == ""
