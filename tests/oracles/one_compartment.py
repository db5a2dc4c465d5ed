"""Closed form of an IL-15 agonist: one compartment, elimination, boluses, infusions, a depot."""

import itertools
import math

import numpy as np

from il15_sim import Model

MODEL = Model.load("il15_agonist")
CENTRAL = "il15_agonist_central"
WEIGHT = MODEL.values["body_weight"]
KE = MODEL.values["agonist_clearance_per_kg"] / MODEL.values["agonist_volume_per_kg"]
KA = MODEL.values["agonist_absorption"]
F = MODEL.values["agonist_bioavailability"]


class Decay:
    """An amount that decays from a time on: amount exp(-k (t - start))."""

    def __init__(self, amount, k, start, end=math.inf):
        self.amount, self.k, self.start, self.end = amount, k, start, end

    def at(self, t, before):
        on = (t > self.start) | ((t == self.start) & (not before))
        on &= (t < self.end) | ((t == self.end) & before)
        return np.where(on, self.amount * np.exp(-self.k * np.maximum(t - self.start, 0.0)), 0.0)

    def area(self, a, b):
        a, b = max(a, self.start), min(b, self.end)
        if b <= a:
            return 0.0
        if self.k == 0:
            return self.amount * (b - a)
        near, far = (math.exp(-self.k * (x - self.start)) for x in (a, b))
        return self.amount / self.k * (near - far)


def parts_of(dose):
    """The terms that a dose adds to the central amount."""
    t, ug = dose.time_h, dose.amount * (WEIGHT if dose.unit == "ug/kg" else 1.0)
    if dose.route == "iv":
        return [Decay(ug, KE, t)]
    if dose.route == "sc":
        top = F * KA * ug / (KA - KE)
        return [Decay(top, KE, t), Decay(-top, KA, t)]
    end = round(t + dose.duration_h, 9)
    level = ug / dose.duration_h / KE
    left = level * (1 - math.exp(-KE * (end - t)))
    return [Decay(level, 0.0, t, end), Decay(-level, KE, t, end), Decay(left, KE, end)]


class Course:
    """The central amount under a regimen."""

    def __init__(self, regimen):
        doses = regimen.doses()
        self.parts = [part for dose in doses for part in parts_of(dose)]
        ends = [round(d.time_h + d.duration_h, 9) for d in doses]
        self.breaks = sorted({0.0, *(d.time_h for d in doses), *ends})

    def at(self, t, *, before=False):
        t = np.asarray(t, dtype=float)
        return sum((part.at(t, before) for part in self.parts), np.zeros(t.shape))

    def area(self, a, b):
        return sum(part.area(a, b) for part in self.parts)

    def pieces(self, a, b):
        """Smooth parts of an interval as fine rows: the first after its dose, the last before."""
        edges = [a, *(x for x in self.breaks if a < x < b), b]
        for low, high in itertools.pairwise(edges):
            t = np.linspace(low, high, 4001)
            y = self.at(t)
            y[-1] = self.at(high, before=True)
            yield t, y

    def highest(self, a, b):
        return max(float(y.max()) for _, y in self.pieces(a, b))

    def lowest(self, a, b):
        return min(float(y.min()) for _, y in self.pieces(a, b))

    def above(self, a, b, level):
        """Hours above a level."""
        total = 0.0
        for t, y in self.pieces(a, b):
            gap = y - level
            for i in range(len(t) - 1):
                g, h, width = gap[i], gap[i + 1], t[i + 1] - t[i]
                if g > 0 and h > 0:
                    total += width
                elif (g > 0) != (h > 0):
                    total += width * max(g, h) / abs(g - h)
        return total

    def first_above(self, a, b, level):
        """First time at the level or above it."""
        for t, y in self.pieces(a, b):
            beyond = np.flatnonzero(y >= level)
            if beyond.size:
                i = beyond[0]
                if i == 0:
                    return float(t[0])
                return float(np.interp(level, [y[i - 1], y[i]], [t[i - 1], t[i]]))
        return math.nan
