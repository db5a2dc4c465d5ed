"""What may lie in the repository: small text, declared dependencies, nothing of one machine."""

import ast
import importlib.metadata
import json
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from il15_sim import __version__

ROOT = Path(__file__).resolve().parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
DEPENDENCIES = [Requirement(text) for text in PROJECT["dependencies"]]
EXTRAS = {
    name: [Requirement(text) for text in texts]
    for name, texts in PROJECT["optional-dependencies"].items()
}


def repository_files():
    """Files that are, or would be, in the repository."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    paths = (ROOT / name for name in listed.stdout.split("\0") if name)
    return sorted(path for path in paths if path.is_file())


FILES = repository_files()


def test_no_file_is_over_one_mebibyte():
    assert [path for path in FILES if path.stat().st_size > 2**20] == []


def test_notebooks_store_no_output():
    for path in FILES:
        if path.suffix == ".ipynb":
            cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
            assert not any(c.get("outputs") or c.get("execution_count") for c in cells), path


# Written so that no line here matches itself.
FORBIDDEN = {
    "an absolute path of one machine": r"(?<![\w.~-])/(work|tmp|root|home|Users)/",
    "a folder outside the repository": r"\.\./shared",
    "the number of a ticket": r"(?i)\bissues? #\d",
    "the address of a package index": r"(?i)(index-?url|find-?links)\b",
}


@pytest.mark.parametrize("what", FORBIDDEN)
def test_no_text_holds(what):
    pattern = re.compile(FORBIDDEN[what])
    own = Path(__file__).name
    found = [
        f"{path.relative_to(ROOT)}:{number}: {line.strip()[:100]}"
        for path in FILES
        if path.name != own
        for number, line in enumerate(path.read_text("utf-8", "replace").splitlines(), 1)
        if pattern.search(line)
    ]
    assert found == [], f"{what} in the text"


# --- dependencies ---------------------------------------------------------------------------


def libraries_imported_by(folder):
    """(file, top-level name) of every import that is neither of Python nor of this repository."""
    own = {"il15_sim", "tests"} | {path.stem for path in FILES if path.suffix == ".py"}
    for path in FILES:
        if path.suffix != ".py" or not path.is_relative_to(ROOT / folder):
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            names = []
            if isinstance(node, ast.Import):
                names = [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom) and node.level == 0:
                names = [node.module]
            for name in (name.split(".")[0] for name in names):
                if name not in sys.stdlib_module_names and name not in own:
                    yield path.relative_to(ROOT).as_posix(), name


def declared(*extras):
    names = [*DEPENDENCIES, *(item for extra in extras for item in EXTRAS[extra])]
    return {canonicalize_name(item.name) for item in names}


USERS = [extra for extra in EXTRAS if extra != "test"]


@pytest.mark.parametrize(
    ("folder", "extras"), [("src", USERS), ("experiments", USERS), ("tests", list(EXTRAS))]
)
def test_every_import_is_a_declared_dependency(folder, extras):
    providers = importlib.metadata.packages_distributions()
    allowed = declared(*extras)
    undeclared = {
        (file, name)
        for file, name in libraries_imported_by(folder)
        if not {canonicalize_name(dist) for dist in providers.get(name, [name])} & allowed
    }
    assert undeclared == set()


def pins():
    """(name, version, marker) of every line of the constraints file."""
    for line in (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines():
        if not line.startswith("#"):
            pin = Requirement(line)
            (specifier,) = pin.specifier
            assert specifier.operator == "==", line
            assert pin.url is None, line
            yield canonicalize_name(pin.name), specifier.version, pin.marker


@pytest.mark.parametrize("python", ["3.11", "3.12", "3.13"])
def test_constraints_pin_every_dependency_once_for_each_python(python):
    here = {"python_version": python, "python_full_version": f"{python}.0"}
    valid = [(name, version) for name, version, mark in pins() if not mark or mark.evaluate(here)]
    assert len(valid) == len(dict(valid)), "pinned twice"
    for item in [*DEPENDENCIES, *(item for extra in EXTRAS.values() for item in extra)]:
        if item.name != PROJECT["name"]:
            assert item.specifier.contains(dict(valid)[canonicalize_name(item.name)]), str(item)


# --- one version everywhere -----------------------------------------------------------------


def test_citation_and_changelog_name_this_version():
    assert f'version: "{__version__}"' in (ROOT / "CITATION.cff").read_text(encoding="utf-8")
    assert f"## [{__version__}]" in (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
