"""The wheel and the sdist work alone: installed, from an empty folder, without the checkout."""

import os
import re
import subprocess
import sys
import sysconfig
import tarfile
import zipfile
from pathlib import Path
from urllib.parse import unquote

import pytest

ROOT = Path(__file__).resolve().parents[2]


def run(*command, cwd):
    # Variables of the checkout's own environment must not reach the installed package.
    env = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    answer = subprocess.run(command, cwd=cwd, env=env, capture_output=True, text=True)
    assert answer.returncode == 0, f"{command}\n{answer.stdout}\n{answer.stderr}"
    return answer.stdout


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    """The sdist, and the wheel built from it, as {kind: file}."""
    out = tmp_path_factory.mktemp("dist")
    run(sys.executable, "-m", "build", "--no-isolation", "--outdir", str(out), str(ROOT), cwd=out)
    (sdist,), (wheel,) = out.glob("*.tar.gz"), out.glob("*.whl")
    return {"sdist": sdist, "wheel": wheel}


@pytest.fixture(scope="module", params=["wheel", "sdist"])
def installed(request, built, tmp_path_factory):
    """(python, folder of packages) of an environment with the package and its dependencies.

    The dependencies are those of the running environment. They are put on the path by a line in a
    .pth file; such a folder's own .pth files are not read, so an editable checkout stays out.
    """
    home = tmp_path_factory.mktemp(request.param)
    run(sys.executable, "-m", "venv", "--without-pip", str(home), cwd=home)
    python = home / "bin" / "python"
    find = "import sysconfig; print(sysconfig.get_path('purelib'))"
    packages = Path(run(str(python), "-c", find, cwd=home).strip())
    theirs = {sysconfig.get_path("purelib"), sysconfig.get_path("platlib")}
    (packages / "dependencies.pth").write_text("\n".join(sorted(theirs)) + "\n")
    alone = ["--no-deps", "--no-index", "--no-build-isolation"]
    install = [sys.executable, "-m", "pip", "install", "--quiet", *alone]
    run(*install, "--target", str(packages), str(built[request.param]), cwd=home)
    return python, packages


def names_in(archive):
    if archive.suffix == ".whl":
        with zipfile.ZipFile(archive) as wheel:
            return wheel.namelist()
    with tarfile.open(archive) as sdist:
        return [name.partition("/")[2] for name in sdist.getnames()]


def data_files():
    """Every model and experiment of the checkout, relative to it."""
    for folder in ("models", "experiments"):
        for path in (ROOT / folder).rglob("*"):
            if path.is_file() and "__pycache__" not in path.parts:
                yield path.relative_to(ROOT).as_posix()


def test_wheel_carries_models_experiments_types_and_licence(built):
    names = set(names_in(built["wheel"]))
    assert {f"il15_sim/{name}" for name in data_files()} <= names
    assert {"il15_sim/py.typed", "il15_sim/models/patient.ant"} <= names
    assert any(name.endswith("licenses/LICENSE") for name in names)


def test_sdist_carries_the_same_and_the_tests(built):
    names = set(names_in(built["sdist"]))
    assert {*data_files(), "src/il15_sim/py.typed", "LICENSE", "Makefile"} <= names
    assert "tests/house/test_packaging.py" in names


@pytest.mark.parametrize("kind", ["wheel", "sdist"])
def test_nothing_of_one_machine_is_packed(built, kind):
    unwanted = {".venv", "__pycache__", ".mypy_cache", ".git", ".hypothesis"}
    names = names_in(built[kind])
    assert [name for name in names if unwanted & set(name.split("/"))] == []
    assert [name for name in names if name.startswith("results/")] == []


def test_installed_package_reads_its_own_data(installed, tmp_path):
    python, packages = installed
    code = (
        "import il15_sim, il15_sim.files.resources as r;"
        "print(il15_sim.__file__, r.models_dir(), r.experiments_dir(), sep='\\n')"
    )
    for place in run(str(python), "-c", code, cwd=tmp_path).splitlines():
        assert Path(place).is_relative_to(packages)


def test_main_job_runs_from_an_empty_folder(installed, tmp_path):
    python, packages = installed
    command = packages / "bin" / "il15-sim"
    answer = run(str(python), str(command), "reproduce", "--quick", "--out", "result", cwd=tmp_path)
    assert os.listdir(tmp_path) == ["result"]
    report = tmp_path / answer.splitlines()[-1].strip()
    assert report == tmp_path / "result" / "report.html"
    (made,) = (tmp_path / "result" / "reproduce-quick").glob("*/report.html")
    # The same but for its links, which lead to the tables from where it stands.
    links = [
        re.findall(r'href="(?!#|https?:)([^"]*)"', p.read_text("utf-8")) for p in (report, made)
    ]
    assert len(links[0]) == len(links[1]) > 0
    assert [(report.parent / unquote(link)).resolve() for link in links[0]] == [
        (made.parent / unquote(link)).resolve() for link in links[1]
    ]
    assert all((report.parent / unquote(link)).is_file() for link in links[0])
    texts = [re.sub(r'href="[^"]*"', "", p.read_text("utf-8")) for p in (report, made)]
    assert texts[0] == texts[1]
    assert (made.parent / "manifest.json").is_file()
