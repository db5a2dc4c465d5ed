"""One compartment with absorption, infusion and doses: its course in closed form, piece by piece.

gut' = -ka gut and central' = ka gut + rate - ke central. Between two events, s after the first,
central = a + b exp(-ke s) + c exp(-ka s), which has one stationary point at most.
"""

import itertools
import math
from dataclasses import dataclass

from scipy.optimize import brentq

from il15_sim.batch.drive.layout import ADD, SET
from il15_sim.batch.kernel import Event

MODEL = """
    gut = 0; central = 0; ka = 1; ke = 0.2; rate = 0
    gut' = -ka * gut; central' = ka * gut + rate - ke * central
"""


def doses(times, amount=1.0, target="gut"):
    """The same dose at several times."""
    return [Event(float(t), target, ADD, amount) for t in times]


def infusion(begin, end, rate):
    """What begins an infusion and ends it."""
    return [Event(begin, "rate", ADD, rate), Event(end, "rate", ADD, -rate)]


@dataclass(frozen=True)
class Piece:
    """The central amount from `begin` to `end`: just after the events of one time to the next."""

    begin: float
    end: float
    ka: float
    ke: float
    a: float
    b: float
    c: float

    def value(self, t):
        s = t - self.begin
        return self.a + self.b * math.exp(-self.ke * s) + self.c * math.exp(-self.ka * s)

    def slope(self, t):
        s = t - self.begin
        fast, slow = self.ka * self.c * math.exp(-self.ka * s), self.ke * math.exp(-self.ke * s)
        return -fast - slow * self.b

    def area(self):
        s = self.end - self.begin
        fast = -math.expm1(-self.ka * s) / self.ka
        slow = -math.expm1(-self.ke * s) / self.ke
        return self.a * s + self.b * slow + self.c * fast

    def turns(self):
        """Begin, stationary point if there is one inside, and end: monotonic in between."""
        inner = []
        if self.b * self.c < 0:
            ratio = -self.ka * self.c / (self.ke * self.b)
            inner = [self.begin + math.log(ratio) / (self.ka - self.ke)]
        return [self.begin, *(t for t in inner if self.begin < t < self.end), self.end]

    def extremes(self):
        return [self.value(t) for t in self.turns()]

    def first(self, level, sign):
        """First time at or beyond the level; None if there is none."""
        turns = self.turns()

        def beyond(t):
            return sign * (self.value(t) - level)

        if beyond(turns[0]) >= 0:
            return turns[0]
        for low, high in itertools.pairwise(turns):
            if beyond(high) >= 0:
                return brentq(beyond, low, high, xtol=1e-14, rtol=1e-15)
        return None


def course(begin, end, events, ka, ke):
    """The pieces of [begin, end]: after the events at `begin`, before those at `end`.

    The compartment is empty before the first event; events are sorted by time.
    """
    now = {"gut": 0.0, "central": 0.0, "rate": 0.0}
    t, pieces = min([begin, *(e.time for e in events)]), []
    for stop in sorted({t, begin, end, *(e.time for e in events)}):
        if stop > end:
            break
        a = now["rate"] / ke
        c = -now["gut"] * ka / (ka - ke)
        piece = Piece(t, stop, ka, ke, a, now["central"] - a - c, c)
        if begin <= t < stop:
            pieces.append(piece)
        now["central"] = piece.value(stop)
        now["gut"] *= math.exp(-ka * (stop - t))
        for event in events:
            if event.time == stop:
                old = 0.0 if event.kind == SET else now[event.target]
                now[event.target] = old + event.amount
        t = stop
    return pieces


def maximum(pieces):
    return max(x for piece in pieces for x in piece.extremes())


def minimum(pieces):
    return min(x for piece in pieces for x in piece.extremes())


def area(pieces):
    return math.fsum(piece.area() for piece in pieces)


def first(pieces, level, sign):
    """The first time at or beyond a level and the piece it lies in; None if there is none."""
    for piece in pieces:
        t = piece.first(level, sign)
        if t is not None:
            return t, piece
    return None
