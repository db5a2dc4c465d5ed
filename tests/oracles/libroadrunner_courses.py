"""Whole trajectories on libRoadRunner, a second opinion on what an SBML model means."""

import libsbml
import numpy as np
import roadrunner


def with_values(sbml, values):
    """The SBML text with other numbers for parameters and compartments, by id."""
    document = libsbml.readSBMLFromString(sbml)
    for name, value in values.items():
        element = document.getElementBySId(name)
        set_value = element.setSize if hasattr(element, "setSize") else element.setValue
        assert set_value(float(value)) == libsbml.LIBSBML_OPERATION_SUCCESS, name
    return libsbml.writeSBMLToString(document)


def selection(document, name):
    """What libRoadRunner calls the value of an id: its own for a species is the amount."""
    species = document.getModel().getSpecies(name)
    if species is None or species.getHasOnlySubstanceUnits():
        return name
    return f"[{name}]"


def reference_course(sbml, times, ids, values=None, *, relative=1e-12, absolute=1e-14):
    """Values of ids at times, shape (T, O), with some numbers of the text replaced."""
    text = with_values(sbml, values or {})
    document = libsbml.readSBMLFromString(text)
    engine = roadrunner.RoadRunner(text)
    engine.integrator.relative_tolerance = relative
    engine.integrator.absolute_tolerance = absolute
    engine.integrator.maximum_num_steps = 200_000
    names = [selection(document, name) for name in ids]
    engine.timeCourseSelections = names
    moments = [0.0, *(t for t in times if t > 0)]
    rows = engine.simulate(times=moments) if len(moments) > 1 else [engine.getSelectedValues()]
    found = dict(zip(moments, np.array(rows), strict=True))
    return np.array([found[t] for t in times])
