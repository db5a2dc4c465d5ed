"""Data flows one way: values know no engine, the science no figure, no import goes in a circle."""

import ast
import importlib
import inspect
from pathlib import Path

import pytest

import il15_sim

PACKAGE = Path(il15_sim.__file__).parent
#: The rooms, in the order of the flow: a room knows those before it and none behind it.
ROOMS = [
    *("_version", "errors", "finite", "frozen", "interrupts", "progress", "workers"),
    *("files", "regimen", "batch", "model", "results", "endpoints"),
    *("survival", "response", "store", "simulation", "population"),
    *("data", "scenario", "fit", "progression", "trial", "exchange", "behaviours", "sensitivity"),
    "check",
    *("plots", "jobs", "reporting", "cli", "__main__"),
]
#: Parts of the batch engine, and the parts that each may know.
ENGINE_PARTS = {
    "equations": set(),
    "functions": set(),
    "compile": {"equations", "functions"},
    "native": {"functions"},
    "drive": {"native"},
}
#: Rooms that must be usable without any engine.
ENGINE_FREE = ["endpoints", "errors", "files", "regimen", "results", "store"]
ENGINES = {"antimony", "libsbml", "roadrunner", "tellurium"}
#: Rooms of one file, which the tests of those who use them prove.
TESTED_ELSEWHERE = {
    *("_version", "errors", "finite", "frozen", "interrupts", "progress", "workers"),
    *("endpoints", "__main__"),
}
#: Folders of tests that are no rooms.
OTHER_TESTS = {"benchmark", "house", "made", "oracles"}
TESTS = Path(__file__).resolve().parents[1]
#: Longest file: one idea fits in it.
MOST_LINES = 300


def module_name(path):
    parts = path.relative_to(PACKAGE.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


FILES = {module_name(path): path for path in PACKAGE.rglob("*.py")}


def is_type_checking(node):
    return isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test)


def statements(node):
    """All nodes below `node`, without what only a type checker reads."""
    for child in ast.iter_child_nodes(node):
        if not is_type_checking(child):
            yield child
            yield from statements(child)


def imports_of(module):
    """Full names that a module imports, inside functions too."""
    path = FILES[module]
    package = module.split(".") if path.name == "__init__.py" else module.split(".")[:-1]
    for node in statements(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            above = package[: len(package) - node.level + 1] if node.level else []
            base = ".".join([*above, *filter(None, [node.module])])
            for alias in node.names:
                full = f"{base}.{alias.name}"
                yield full if full in FILES else base


GRAPH = {module: set(imports_of(module)) for module in FILES}


def reachable(module):
    seen, todo = set(), [module]
    while todo:
        for name in GRAPH.get(todo.pop(), ()):
            if name not in seen:
                seen.add(name)
                todo.append(name)
    return seen


def layer(name):
    """`plots` of `il15_sim.plots.figure`; None for another library."""
    parts = name.split(".")
    return parts[1] if parts[0] == "il15_sim" and len(parts) > 1 else None


def test_the_walk_sees_the_imports_it_should():
    assert "il15_sim.errors" in GRAPH["il15_sim.files.record"]
    assert "il15_sim._version" in GRAPH["il15_sim"]
    assert any("roadrunner" in names for names in GRAPH.values())


@pytest.mark.parametrize("module", sorted(FILES))
def test_no_module_imports_itself_through_others(module):
    assert module not in reachable(module)


def test_every_file_lies_in_a_room():
    found = {layer(module) for module in FILES} - {None}
    assert found == {*ROOMS}


def test_tests_have_the_same_rooms():
    paths = {path.relative_to(TESTS) for path in TESTS.rglob("*.py")}
    assert {path.name for path in paths if len(path.parts) == 1} == {"__init__.py"}
    folders = {path.parts[0] for path in paths if len(path.parts) > 1}
    assert folders == {*ROOMS} - TESTED_ELSEWHERE | OTHER_TESTS


@pytest.mark.parametrize("module", sorted(m for m in FILES if layer(m)))
def test_a_room_knows_only_those_before_it(module):
    known = ROOMS[: ROOMS.index(layer(module)) + 1]
    ours = {layer(name) for name in GRAPH[module] if name.startswith("il15_sim")} - {None}
    assert ours <= {*known}


@pytest.mark.parametrize("room", ENGINE_FREE)
def test_values_and_bookkeeping_know_no_engine(room):
    own = [module for module in FILES if layer(module) == room]
    assert own
    for module in own:
        assert reachable(module) & ENGINES == set()


def test_the_batch_engine_knows_nothing_of_the_rest():
    for module in (m for m in FILES if layer(m) == "batch"):
        ours = {layer(name) for name in GRAPH[module] if name.startswith("il15_sim")} - {None}
        assert ours <= {"batch", "errors", "_version", "interrupts", "progress", "workers"}


@pytest.mark.parametrize("part", ENGINE_PARTS)
def test_a_part_of_the_batch_engine_knows_only_those_it_stands_on(part):
    own = [module for module in FILES if module.startswith(f"il15_sim.batch.{part}.")]
    assert own
    for module in own:
        known = {name for name in GRAPH[module] if name.startswith("il15_sim.batch.")}
        assert {name.split(".")[2] for name in known} <= {part, *ENGINE_PARTS[part]}


@pytest.mark.parametrize("path", sorted(FILES.values()), ids=str)
def test_a_file_holds_one_idea(path):
    lines = path.read_text(encoding="utf-8").count("\n")
    assert lines <= MOST_LINES


def test_no_module_is_called_like_a_public_function():
    functions = {
        name
        for name in [*il15_sim.__all__, *il15_sim.plots.__all__]
        if callable(getattr(il15_sim, name, None) or getattr(il15_sim.plots, name, None))
    }
    stems = {module.rpartition(".")[2] for module in FILES}
    assert functions & stems == set()


def test_the_package_itself_imports_only_its_version():
    ours = {name for name in GRAPH["il15_sim"] if name.startswith("il15_sim")}
    assert ours == {"il15_sim._version"}


PACKAGES = sorted(module for module, path in FILES.items() if path.name == "__init__.py")


@pytest.mark.parametrize("module", PACKAGES)
def test_no_module_is_named_like_a_public_function_of_its_package(module):
    """Importing the module would put it in the place of the function."""
    package = importlib.import_module(module)
    beside = {name.rpartition(".")[2] for name in FILES if name.rpartition(".")[0] == module}
    for name in beside & set(vars(package)):
        assert inspect.ismodule(getattr(package, name)), f"{module}.{name}"


@pytest.mark.parametrize("module", sorted(name for name in FILES if layer(name) == "jobs"))
def test_jobs_write_no_html_and_know_no_command_line(module):
    found = reachable(module)
    assert not {name for name in found if layer(name) in ("cli", "reporting")}
    assert found & {"click", "jinja2"} == set()
