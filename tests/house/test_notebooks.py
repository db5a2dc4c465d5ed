"""The notebooks hold: each runs from top to bottom, defines nothing, is stored without output."""

import ast
import json
import sys
import time
from pathlib import Path

import nbformat
import pytest
from jupyter_client.kernelspec import KernelSpec
from jupyter_client.manager import AsyncKernelManager
from nbclient import NotebookClient

ROOT = Path(__file__).resolve().parents[2]
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
#: Run by default; the others are slow.
QUICK = ("1_quickstart", "3_your_data")
#: Longest time of one, in seconds.
LONGEST_S = 60.0
DEFINES = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda)

each = pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)


def cells_of(path, kind):
    return [c for c in nbformat.read(path, as_version=4).cells if c.cell_type == kind]


def definitions(code):
    return [type(node).__name__ for node in ast.walk(ast.parse(code)) if isinstance(node, DEFINES)]


class ThisPython(AsyncKernelManager):
    """A kernel of the Python that runs the tests, whatever kernels the machine knows."""

    @property
    def kernel_spec(self):
        start = [sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}"]
        return KernelSpec(argv=start, display_name="this Python", language="python")


def executed(path, folder):
    """The notebook after it ran in an empty folder, and how long that took in seconds."""
    notebook = nbformat.read(path, as_version=4)
    client = NotebookClient(
        notebook,
        timeout=300,
        kernel_manager_class=ThisPython,
        resources={"metadata": {"path": str(folder)}},
    )
    begin = time.perf_counter()
    client.execute()
    return notebook, time.perf_counter() - begin


def test_there_are_seven():
    assert [path.stem[0] for path in NOTEBOOKS] == ["1", "2", "3", "4", "5", "6", "7"]
    assert {*QUICK} <= {path.stem for path in NOTEBOOKS}


def test_definitions_are_seen():
    code = "def f(): ...\nclass A: ...\nprint(lambda: 1)\nasync def g(): ..."
    assert {*definitions(code)} == {kind.__name__ for kind in DEFINES}
    assert definitions("x = [i for i in range(3)]") == []


@each
def test_a_notebook_calls_the_package_and_defines_nothing(path):
    code = "\n".join(cell.source for cell in cells_of(path, "code"))
    assert "il15_sim" in code
    assert definitions(code) == []


@each
def test_a_notebook_is_stored_as_it_was_written(path):
    for cell in cells_of(path, "code"):
        assert cell.outputs == []
        assert cell.execution_count is None
    assert set(json.loads(path.read_text(encoding="utf-8"))["metadata"]) == {
        "kernelspec",
        "language_info",
    }


@each
def test_a_notebook_says_how_far_to_trust_it(path):
    text = "\n".join(cell.source for cell in cells_of(path, "markdown"))
    assert "How far to trust it" in text
    assert "Research only, not for treatment decisions" in text


@pytest.mark.parametrize(
    "path",
    [
        pytest.param(path, marks=[] if path.stem in QUICK else pytest.mark.slow, id=path.stem)
        for path in NOTEBOOKS
    ],
)
def test_a_notebook_runs_from_top_to_bottom(path, tmp_path):
    notebook, seconds = executed(path, tmp_path)
    outputs = [o for cell in notebook.cells for o in cell.get("outputs", [])]
    pictures = [o for o in outputs if "image/png" in o.get("data", {})]
    assert len(pictures) >= 2
    assert all(o.output_type != "error" for o in outputs)
    assert [*tmp_path.iterdir()] == [], "files were left behind"
    assert seconds < LONGEST_S
