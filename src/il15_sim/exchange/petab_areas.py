"""Areas under curves as states of the model, reset where their hours begin."""

from __future__ import annotations

from dataclasses import dataclass, field

from il15_sim.exchange.petab_sbml import SbmlText
from il15_sim.fit.quantities import Output
from il15_sim.simulation.dosing import Change


@dataclass
class Areas:
    """The states that sum up curves, and what switches them in each arm.

    Attributes
    ----------
    sbml : SbmlText
    hours : float
        Length of the model's unit of time.
    """

    sbml: SbmlText
    hours: float
    _states: dict[tuple[str, int], tuple[str, str]] = field(default_factory=dict)
    _busy: dict[tuple[str, str, int], list[tuple[float, float, float]]] = field(
        default_factory=dict
    )

    def state_for(self, area: Output, until_h: float | None = None) -> str:
        """The state that holds an area at its end, or from there until a later time."""
        assert area.endpoint is not None
        window = (area.endpoint.start_h, area.time_h, until_h or area.time_h)
        k = 0
        while True:
            own = self._busy.setdefault((area.arm, area.observable, k), [])
            # The reset at its begin comes before a reading at that moment.
            if window in own or all(w[2] < window[0] or window[2] < w[0] for w in own):
                break
            k += 1
        if window not in own:
            own.append(window)
        if (area.observable, k) not in self._states:
            name = self.sbml.free_name(f"area_{area.observable}" + (f"_{k + 1}" if k else ""))
            gate = self.sbml.free_name(f"{name}_on")
            self.sbml.add_area(name, gate, area.observable, self.hours)
            self._states[area.observable, k] = (name, gate)
        return self._states[area.observable, k][0]

    def changes(self, arm: str) -> list[Change]:
        """What switches the states of an arm."""
        found = []
        for (name, observable, k), windows in self._busy.items():
            if name != arm:
                continue
            state, gate = self._states[observable, k]
            for start_h, end_h, until_h in windows:
                found += [Change(start_h, state, 0.0, sets=True)]
                found += [Change(start_h, gate, 1.0, sets=True)]
                if until_h > end_h:
                    found.append(Change(end_h, gate, 0.0, sets=True))
        return sorted(found, key=lambda c: c.time_h)
