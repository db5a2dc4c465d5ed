"""Units of the rules with their size: each test breaks a healthy model in one place."""

import shutil
import subprocess
import sys
from dataclasses import replace

import libsbml
import pytest

from il15_sim.check import CHECKS
from il15_sim.check.model_checks import sbml
from il15_sim.check.problem import read_problem
from il15_sim.check.scale_checks import unit_scales
from il15_sim.files.resources import models_dir
from il15_sim.model import SHIPPED_VARIANTS
from tests.check.test_problem import change, healthy, write_table

PER_HOUR = "unit per_hour = 1 / (3600 second)"


@pytest.fixture
def folder(tmp_path):
    return healthy(tmp_path)


def faults(folder):
    """What the check tells about a folder, without the names of the files."""
    problem, unread = read_problem(folder, folder, ("demo_fit",))
    assert unread == []
    found = list(unit_scales(problem))
    assert {f.check for f in found} <= {"unit_scales"}
    assert {f.severity for f in found} <= {"error"}
    return [str(f).split(".ant: ")[1] for f in found]


def model(folder, body):
    """A folder with one module: x in mg, y in g, c in nM, p in pM, k per hour, m per minute."""
    (folder / "modules").mkdir()
    write_table(folder / "parameters.tsv")
    text = f"""module one()
      unit time_unit = 3600 second;
      unit ratio = dimensionless; unit hour = 3600 second; unit per_hour = 1 / (3600 second);
      unit per_minute = 1 / (60 second);
      unit mg = 1e-3 gram; unit g = gram; unit nM = 1e-9 mole / litre; unit pM = 1e-12 mole / litre;
      unit cells_per_uL = 1e6 item / litre; unit cells_per_mL = 1e3 item / litre;
      var x; x has mg; x = 1; y has g; y = 1; t has hour; t = 1;
      k has per_hour; k = 1; m has per_minute; m = 1;
      c has nM; c = 1; p has pM; p = 1; e has nM; e = 1;
      h has ratio; h = 2; j has ratio; j = 2; r has ratio; r = 1;
      n has cells_per_uL; n = 1; w has cells_per_mL; w = 1;
      {body}
    end
    """
    (folder / "modules" / "one.ant").write_text(text, "utf-8")
    return folder


def told(folder, body):
    problem, _ = read_problem(model(folder, body), folder, ())
    return [str(f).split(".ant: ")[1] for f in unit_scales(problem)]


def test_it_is_one_of_the_checks():
    assert unit_scales in CHECKS


def test_the_healthy_problem(folder):
    assert faults(folder) == []


def test_the_real_models_are_clean_and_every_rule_of_theirs_is_walked():
    problem, unread = read_problem(models_dir(), models_dir(), SHIPPED_VARIANTS)
    assert unread == []
    assert list(unit_scales(problem)) == []
    assert len(problem.models) == 13
    assert sum(m.document.getModel().getNumRules() for m in problem.models) > 200


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        ("nM = 1e-9 mole", "nM = 1e-6 mole", "'sorafenib_free_nM' is in 0.001 mole"),
        ("litre_per_hour = litre", "litre_per_hour = 1e-3 litre", "'sorafenib_elimination' is in"),
    ],
)
def test_a_real_module_with_a_wrong_size_that_libsbml_passes(tmp_path, old, new, fault):
    shutil.copytree(models_dir(), tmp_path / "m")
    change(tmp_path / "m" / "modules" / "sorafenib_pk.ant", f"unit {old}", f"unit {new}")
    problem, _ = read_problem(tmp_path / "m", tmp_path, ())
    problem = replace(problem, models=tuple(m for m in problem.models if m.name == "sorafenib_pk"))
    (found,) = unit_scales(problem)
    assert found.message.startswith(fault)
    assert found.message.endswith("(0.001 times)")
    assert [f for f in sbml(problem) if f.severity == "error"] == []


def modules():
    problem, _ = read_problem(models_dir(), models_dir(), ())
    return {m.name: (problem, m) for m in problem.models if m.name != "patient"}


@pytest.mark.parametrize("name", [path.stem for path in (models_dir() / "modules").glob("*.ant")])
def test_the_unit_of_every_quantity_matters(name):
    """A quantity declared a thousand times too large is told, whichever it is."""
    problem, module = modules()[name]
    problem = replace(problem, models=(module,))
    sbml_model = module.document.getModel()
    missed = []
    for parameter in list(sbml_model.getListOfParameters()):
        unit = parameter.getUnits()
        definition = parameter.getDerivedUnitDefinition().clone()
        definition.setId("odd")
        extra = definition.createUnit()
        extra.setKind(libsbml.UNIT_KIND_DIMENSIONLESS)
        extra.setExponent(1)
        extra.setScale(3)
        extra.setMultiplier(1.0)
        sbml_model.addUnitDefinition(definition)
        parameter.setUnits("odd")
        if not list(unit_scales(problem)):
            missed.append(parameter.getId())
        parameter.setUnits(unit)
        sbml_model.removeUnitDefinition("odd")
    assert missed == []
    assert list(unit_scales(problem)) == []


def test_formulas_are_read_after_tellurium_came():
    # Imported after libsbml, its libsedml turns what ASTNode.getType returns into something else.
    code = (
        "import libsbml, tellurium; "
        "from il15_sim.check.problem import read_problem; "
        "from il15_sim.check.scale_checks import unit_scales; "
        "from il15_sim.files.resources import models_dir; m = models_dir(); "
        "print(len(list(unit_scales(read_problem(m, m, ())[0]))))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[0] == "0"


def test_per_minute_for_per_hour(folder):
    change(folder / "modules" / "absorption.ant", PER_HOUR, "unit per_hour = 1 / (60 second)")
    assert faults(folder) == [
        "'depot': 'ka' is in 0.0166667 1 / second, "
        "'1 ratio / life' in 0.000277778 1 / second (0.0166667 times)"
    ]


def test_the_unit_of_time_of_the_model_is_that_of_its_rates(folder):
    path = folder / "modules" / "absorption.ant"
    change(path, "unit time_unit = 3600 second", "unit time_unit = 60 second")
    (line,) = faults(folder)
    assert line.startswith("rate of 'depot' is in")
    assert line.endswith("(0.0166667 times)")


GOOD = [
    "z := x; z has mg",
    "z := x / y; unit mg_per_g = 1e-3 ratio; z has mg_per_g",
    "z := 2 * x + 0.5 ratio * x - x; z has mg",
    "z := max(x, 3 mg) + min(x, 1 mg); z has mg",
    "z := c^h / (e^h + c^h); z has ratio",
    "z := 1 ratio / (1 ratio + (c / e)^h); z has ratio",
    "z := c^h * c^j / (e^h * e^j); z has ratio",
    "z := (c / e)^h * x; z has mg",
    "z := r^h; z has ratio",
    "z := x^2 / x; z has mg",
    "z := (x * x)^(1 / 2); z has mg",
    "z := (x * x)^((1 ratio) / (2 ratio)); z has mg",
    "z := x^-1 * x; z has ratio",
    "z := exp(-k * t) * x; z has mg",
    "z := ln(c / e); z has ratio",
    "z := x * exp(-k * time); z has mg",
    "z := n * 1; z has cells_per_uL",
    "x' = -k * x",
    "x' = x / t - x * k",
]
BAD = [
    ("z := x; z has g", "'z' is in 0.001 kilogram, but its formula is in 1e-06 kilogram"),
    ("z := y; z has mg", "(1000 times)"),
    ("z := x + y; z has mg", "'x' is in 1e-06 kilogram, 'y' in 0.001 kilogram (1000 times)"),
    ("z := x - y; z has mg", "(1000 times)"),
    ("z := max(x, y); z has mg", "(1000 times)"),
    ("z := x + t; z has mg", "'t' in 3600 second"),
    ("z := x + 1; z has mg", "'1' in 1 dimensionless"),
    ("z := x + 1 g; z has mg", "(1000 times)"),
    ("z := x / y; z has ratio", "(0.001 times)"),
    ("x' = -m * x", "(60 times)"),
    ("x' = -k * y", "rate of 'x' is in"),
    ("x' = x", "rate of 'x' is in"),
    ("x' = k * x - m * x", "(60 times)"),
    (
        "z := c^h / (p^h + c^h); z has ratio",
        "'p^h' is in 1 dimensionless * (1e-09 mole / meter ** 3)^(h), 'c^h' in",
    ),
    ("z := (c / p)^h / (1 ratio + (c / p)^h); z has ratio", "(1000 dimensionless)^(h)"),
    ("z := c^h; z has nM", "(1e-06 mole / meter ** 3)^(h)"),
    ("z := c^h / e^j; z has ratio", "^(h) * (1e+06"),
    ("z := (c^h)^j; z has ratio", "raised to symbols twice"),
    ("z := x^2; z has mg", "'z' is in"),
    ("z := r^x; z has ratio", "'x' must be a number, but is in 1e-06 kilogram"),
    ("z := exp(x); z has ratio", "'x' must be a number"),
    ("z := exp(c / p); z has ratio", "'c / p' must be a number"),
    ("z := exp(-m * time); z has ratio", "must be a number, but is in 60 dimensionless"),
    ("z := w; z has cells_per_uL", "(0.001 times)"),
    ("z := sin(r); z has ratio", "'sin(r)' is nothing that this check can read"),
    ("q = 1; z := q; z has ratio", "'q' has no unit"),
    ("z := r", "'z' has no unit"),
]


@pytest.mark.parametrize("body", GOOD)
def test_formulas_whose_units_agree(tmp_path, body):
    assert told(tmp_path, body + ";") == []


@pytest.mark.parametrize(("body", "fault"), BAD)
def test_formulas_whose_units_differ(tmp_path, body, fault):
    (line,) = told(tmp_path, body + ";")
    assert fault in line
    assert "\n" not in line


@pytest.mark.parametrize("body", ["z := y; z has mg", "x' = -m * x", "z := x / y; z has ratio"])
def test_sizes_that_libsbml_passes(tmp_path, body):
    """Without this check such a model would be told to be clean."""
    assert told(tmp_path, body + ";") != []
    problem, _ = read_problem(tmp_path, tmp_path, ())
    assert [f for f in sbml(problem) if f.severity == "error"] == []


def test_every_faulty_formula_is_told(tmp_path):
    lines = told(tmp_path, "z := y; z has mg; v := x; v has g; u := x; u has mg; x' = -m * x;")
    assert [line.split(" is in")[0] for line in lines] == ["rate of 'x'", "'z'", "'v'"]
