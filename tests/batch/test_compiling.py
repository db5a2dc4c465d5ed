"""The first call: what it shows, what it reports, and what it needs of the machine."""

import json
import os
import subprocess
import sys

import pytest

from il15_sim.batch.compile.compiling import CompileNote

#: One run of a module in a fresh process; the folder of the cache comes from the environment.
FIRST = """\
import json, sys, time, warnings
warnings.simplefilter("error")
from il15_sim import Model, simulate
model = Model.load("sorafenib_pk")
begin = time.perf_counter()
one = simulate(model, until_days=1, observables=["sorafenib_free_nM"], progress=SHOW)
seconds = time.perf_counter() - begin
two = simulate(model, until_days=1, observables=["sorafenib_free_nM"])
numba = [name for name in sys.modules if name.split(".")[0] == "numba"]
told = [runs.data.attrs["compile_seconds"] for runs in (one, two)]
print(json.dumps([seconds, *told, numba]))
"""


def first(show=True, **environment):
    """(seconds, compile seconds of it, of the second call), and standard error."""
    done = subprocess.run(
        [sys.executable, "-c", FIRST.replace("SHOW", str(show))], check=True, text=True,
        capture_output=True, env={**os.environ, **environment}, timeout=120,
    )  # fmt: skip
    seconds, compiling, again, numba = json.loads(done.stdout)
    assert numba == []
    return (seconds, compiling, again), done.stderr


def test_compiling_is_shown_while_it_lasts_and_reported_whole(tmp_path):
    (seconds, compiling, again), told = first(IL15_SIM_CACHE_DIR=str(tmp_path / "code"))
    assert "Compiling model 'sorafenib_pk' for this processor, once ... " in told
    assert 0.0 < compiling < seconds
    # What is left is the run itself, in the steady state of a small module.
    assert seconds - compiling < 0.5 * seconds
    assert again == 0.0
    kept = {path.suffix for path in (tmp_path / "code").iterdir()}
    assert kept == {".code"}
    (later, compiling, again), told = first(IL15_SIM_CACHE_DIR=str(tmp_path / "code"))
    assert (compiling, again) == (0.0, 0.0)
    assert "Compiling" not in told
    assert later < seconds


def test_nothing_is_told_where_nobody_looks(tmp_path):
    _, told = first(show=None, IL15_SIM_CACHE_DIR=str(tmp_path / "code"))
    assert told == ""


@pytest.mark.skipif(sys.platform == "win32", reason="the home is found otherwise there")
def test_off_keeps_nothing_and_needs_no_home(tmp_path):
    """With no place to write anywhere: neither home, nor cache, nor the package."""
    home = {"HOME": "/proc/nowhere", "XDG_CACHE_HOME": "/proc/nowhere/cache"}
    (_, compiling, _), told = first(False, **home, IL15_SIM_CACHE_DIR="off")
    assert compiling > 0.0
    assert told == ""


@pytest.mark.skipif(sys.platform == "win32", reason="a folder of the user's there")
def test_a_cache_that_others_can_write_is_not_loaded(tmp_path):
    from il15_sim.batch.compile.code_cache import CacheWarning, CodeCache

    folder = tmp_path / "code"
    first(False, IL15_SIM_CACHE_DIR=str(folder))
    entries = sorted(path.name for path in folder.iterdir())
    key = entries[0].removesuffix(".code")
    assert CodeCache(folder).load(key) is not None
    folder.chmod(0o777)
    with pytest.warns(CacheWarning, match="can be written by others"):
        assert CodeCache(folder).load(key) is None


def test_several_parts_are_one_note(capsys):
    note = CompileNote("model 'x'", show=True)
    note.end()
    assert note.seconds == 0.0
    note.begin()
    note.begin()
    note.end()
    note.end()
    assert note.seconds > 0.0
    told = capsys.readouterr().err
    assert told.count("Compiling model 'x' for this processor, once ...") == 1
    assert told.endswith(" s\n")
