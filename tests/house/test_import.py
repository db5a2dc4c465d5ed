"""Importing the package costs nothing that is not used (by what is loaded, not by the clock)."""

import subprocess
import sys
from pathlib import Path

import pytest

import il15_sim
from il15_sim.errors import InputError

HEAVY = {
    *("arviz", "matplotlib", "numpy", "pandas", "petab", "roadrunner", "statsmodels", "tellurium"),
    "xarray",
}
# The command line and a simulation need numpy and the engine; these they must do without.
SLOW = {"arviz", "petab", "statsmodels", "tellurium"}


def loaded_by(code):
    """Top-level names in `sys.modules` of a fresh interpreter that ran `code`."""
    show = "import sys; print(*sorted({name.split('.')[0] for name in sys.modules}))"
    command = [sys.executable, "-c", f"{code}\n{show}"]
    answer = subprocess.run(command, capture_output=True, text=True)
    assert answer.returncode == 0, answer.stderr
    return set(answer.stdout.splitlines()[-1].split())


def test_import_loads_no_library():
    assert loaded_by("import il15_sim") & HEAVY == set()


@pytest.mark.parametrize(
    "code",
    [
        "import il15_sim.cli",
        "import il15_sim as s; s.simulate(s.Model.load(), s.Regimen.none(), until_days=1)",
    ],
)
def test_command_line_and_simulation_load_no_notebook_tools(code):
    assert loaded_by(code) & SLOW == set()


def test_simulation_draws_no_figure():
    code = "import il15_sim as s; s.simulate(s.Model.load(), s.Regimen.none(), until_days=1)"
    assert "matplotlib" not in loaded_by(code)


@pytest.mark.parametrize("name", il15_sim.__all__)
def test_every_public_name_is_there(name):
    assert getattr(il15_sim, name) is not None
    assert name in dir(il15_sim)


def test_public_names_are_the_objects_of_their_modules():
    from il15_sim.errors import InputError as defined

    assert il15_sim.InputError is defined is InputError


def test_unknown_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="module 'il15_sim' has no attribute 'Regime'"):
        _ = il15_sim.Regime


def test_no_module_can_stand_in_for_a_public_name():
    # `import il15_sim.x` sets the attribute x of the package to the module x.
    package = Path(il15_sim.__file__).parent
    modules = {path.stem for path in package.glob("*.py")} | {
        path.parent.name for path in package.glob("*/__init__.py")
    }
    assert modules & set(il15_sim.__all__) == {"endpoints", "plots", "sensitivity"}


def test_simulate_is_the_function_whatever_is_imported_first():
    code = "import il15_sim.simulation, il15_sim; assert callable(il15_sim.simulate)"
    loaded_by(code)
