"""Data flows one way: values know no engine, the science no figure, no import goes in a circle."""

import ast
from pathlib import Path

import pytest

import il15_sim

PACKAGE = Path(il15_sim.__file__).parent
# What a user sees, and what puts it together; nothing else may import any of these.
FRONT = {"__main__", "cli", "jobs", "plots", "reporting"}
# Values and bookkeeping, which must be usable without any engine.
ENGINE_FREE = [
    "endpoints",
    "errors",
    "parameters",
    "files.record",
    "files.resources",
    "files.toml",
    "files.tsv",
    "regimen",
    "store",
]
ENGINES = {"antimony", "libsbml", "roadrunner", "tellurium"}


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


@pytest.mark.parametrize("name", ENGINE_FREE)
def test_values_and_bookkeeping_know_no_engine(name):
    assert f"il15_sim.{name}" in FILES
    assert reachable(f"il15_sim.{name}") & ENGINES == set()


@pytest.mark.parametrize("name", ENGINE_FREE)
def test_values_and_bookkeeping_know_no_model(name):
    layers = {layer(found) for found in reachable(f"il15_sim.{name}")}
    assert layers & {"engine", "model", "simulation"} == set()


@pytest.mark.parametrize("module", sorted(m for m in FILES if layer(m) == "files"))
def test_the_room_of_files_knows_no_science(module):
    ours = {layer(name) for name in GRAPH[module] if name.startswith("il15_sim")}
    assert ours <= {"files", "errors", "finite", "_version"}


@pytest.mark.parametrize("module", sorted(FILES))
def test_only_the_front_imports_figures_report_and_command_line(module):
    if layer(module) not in FRONT:
        assert {layer(name) for name in GRAPH[module]} & FRONT == set()


def test_the_package_itself_imports_only_its_version():
    ours = {name for name in GRAPH["il15_sim"] if name.startswith("il15_sim")}
    assert ours == {"il15_sim._version"}


@pytest.mark.parametrize("module", sorted(name for name in FILES if layer(name) == "jobs"))
def test_jobs_write_no_html_and_know_no_command_line(module):
    found = reachable(module)
    assert not {name for name in found if layer(name) == "cli"}
    assert {name for name in found if layer(name) == "reporting"} <= {
        "il15_sim.reporting.run_tables"
    }
    assert found & {"click", "jinja2"} == set()
