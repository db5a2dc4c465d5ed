"""Single functions of a compiled model, called from Python on arrays of all lanes."""

import ctypes

import numpy as np

from il15_sim.batch.compile.machine_code import compile_text, load_code
from il15_sim.batch.compile.methods import RODAS5P
from il15_sim.batch.compile.program import build_program
from il15_sim.batch.compile.reporting import outputs_program
from il15_sim.batch.drive.layout import FUNCTIONS, LANES, REPORTING


class Compiled:
    """The functions of a system by name: `compiled.slope(y, p, q, f)`.

    Arrays have shape (entries, LANES), without a gap; those that a function writes are written in
    place.
    """

    def __init__(self, system, ids=(), method=RODAS5P):
        self.system, self.method = system, method
        self.program = program = build_program(system, method, LANES)
        stages = [f"stage{s}" for s in range(method.stages)]
        texts = {program.text: [*FUNCTIONS, *stages]}
        if ids:
            size, prepared = program.size, program.prepared
            text = outputs_program(system, ids, method, [False] * size, prepared, LANES)
            texts[text] = [*REPORTING]
        self._addresses, self._engines = {}, []
        for text, names in texts.items():
            addresses, engine = load_code(compile_text(text), names)
            self._addresses |= addresses
            self._engines.append(engine)

    def __getattr__(self, name):
        if name.startswith("_"):
            raise AttributeError(name)

        def function(*arrays):
            for array in arrays:
                assert array.dtype == np.float64
                assert array.flags.c_contiguous
                assert array.shape[1:] == (LANES,)
            kind = ctypes.CFUNCTYPE(None, *[ctypes.c_void_p] * len(arrays))
            kind(self._addresses[name])(*(array.ctypes.data for array in arrays))

        return function

    def prepared(self, p):
        """The array q of some parameters; all modes are NaN, so that none is read by mistake."""
        q = np.full((self.program.prepared + self.program.conditions, LANES), np.nan)
        self.prepare(p, q)
        return q

    def modes(self, q):
        """The modes in q, a view of shape (conditions, LANES)."""
        return q[self.program.prepared :]

    def step(self, y, p, q, h):
        """End z and stages k of one step of length h from y, as the driver makes it."""
        size, stages = self.program.size, self.method.stages
        r, g = np.full((1, LANES), 1 / h), np.full((1, LANES), 1 / (h * self.method.gamma))
        z, m = np.zeros_like(y), np.zeros((self.program.factors, LANES))
        k = np.zeros((stages * size, LANES))
        self.factor(y, p, q, g, k[:size], m)
        self.solve(m, k[:size])
        for s in range(1, stages):
            own = k[s * size : (s + 1) * size]
            getattr(self, f"stage{s}")(y, k, r, z)
            self.slope(z, p, q, own)
            self.solve(m, own)
        self.stage0(y, k, r, z)
        return z, k
