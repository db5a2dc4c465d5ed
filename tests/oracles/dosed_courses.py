"""Trajectories with doses on libRoadRunner: the second opinion where a Task has schedules."""

import itertools

import libsbml
import numpy as np
import roadrunner

from il15_sim.batch.drive.layout import SET
from tests.oracles.libroadrunner_courses import selection


def dosed_course(sbml, times, ids, events=(), *, relative=1e-11, absolute=1e-13):
    """Values of ids at times, shape (T, O): after the events of a time, as of `kernel.Event`s.

    `absolute` is the tolerance of every state: of the amount of a species.

    Raises
    ------
    RuntimeError
        Where the integrator gives up.
    """
    engine = roadrunner.RoadRunner(sbml)
    engine.setIntegrator("cvode")
    engine.integrator.relative_tolerance = relative
    engine.integrator.absolute_tolerance = absolute
    engine.integrator.maximum_num_steps = 200_000
    document = libsbml.readSBMLFromString(sbml)
    engine.timeCourseSelections = [selection(document, name) for name in ids]
    found = {}
    stops = sorted({0.0, max(times), *(e.time for e in events)})
    for begin, end in itertools.pairwise([*stops, stops[-1]]):
        for event in events:
            if event.time == begin:
                # The id of a species is its amount here, as it is for an event.
                old = 0.0 if event.kind == SET else engine.getValue(event.target)
                engine.setValue(event.target, old + event.amount)
        found[begin] = np.array(engine.getSelectedValues())
        moments = sorted({begin, end, *(t for t in times if begin < t < end)})
        if len(moments) > 1:
            rows = np.array(engine.simulate(times=moments))
            found |= dict(zip(moments[:-1], rows[:-1], strict=True)) | {end: rows[-1]}
    return np.array([found[t] for t in times])
