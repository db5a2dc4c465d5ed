"""Standard stiff problems against their published reference solutions.

The references were computed with RADAU or RADAU5 in more than double precision:

- F. Mazzia & C. Magherini, Test Set for Initial Value Problem Solvers, release 2.4, University of
  Bari, 2008, https://archimede.uniba.it/~testset/ (problems ROBER, HIRES, OREGO, POLLU);
- E. Hairer & G. Wanner, Stiff Differential Equations: test set,
  https://www.unige.ch/~hairer/testset/testset.html, which gives courses (ROBER, HIRES, OREGO,
  VDPOL); the problems are those of Solving Ordinary Differential Equations II, Springer 1996,
  section IV.10.

Both agree where both give a value. Radau of SciPy at a tolerance of 2e-12 gives all of them to ten
digits, the van der Pol course to eight.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pytest

from il15_sim.batch.drive.layout import MAXIMUM, OK
from il15_sim.batch.kernel import Reduction, Task
from tests.made.small_models import kernel_of, rows_at

METHODS = ("rodas5p", "rodas4")


@dataclass(frozen=True)
class Problem:
    """A model as Antimony text, and its solution.

    `typical` are sizes below which a state counts as nearly empty. `rates` of an oscillator tell
    how fast the states change: an error of the time of a jump is an error of the states then.
    `factor` is the largest error that is granted where steps end, in units of the tolerance, and
    `inside` the same inside of steps at 1e-4.
    """

    text: str
    states: tuple[str, ...]
    typical: tuple[float, ...]
    times: np.ndarray
    solution: np.ndarray
    rates: Callable | None = None
    factor: float = 2.0
    inside: float = 10.0

    def granted(self, rtol, *, inside):
        """Largest error: inside of steps values are of one order less than the steps, which are
        chosen for their ends."""
        return (self.inside * (1e-4 / rtol) ** (1 / 6) if inside else self.factor) * rtol

    def sizes(self):
        """What an error of a state counts against, shape (T, S)."""
        sizes = np.maximum(abs(self.solution), self.typical)
        if self.rates is not None:
            fast = np.array([self.rates(*values) for values in self.solution])
            sizes = np.maximum(sizes, self.times[:, None] * abs(fast))
        return sizes

    def error(self, method, rtol, *, inside):
        """Largest error at the times of the reference, and the steps that were needed.

        With `inside`, these times lie where they fall in the steps; else steps end there.
        """
        kernel = kernel_of(self.text, method)
        of = dict(zip(self.states, self.typical, strict=True))
        ends = [Reduction(MAXIMUM, self.states[0], 0.0, end) for end in self.times]
        task = Task(
            *(0.0, self.times[-1]), outputs=self.states, **rows_at(*self.times),
            typical=np.array([of[name] for name in kernel.states]), rtol=rtol,
            reductions=[] if inside else ends,
        )  # fmt: skip
        outcome = kernel.run(task, 1)
        assert outcome.status[0] == OK
        error = abs(outcome.values[0] - self.solution) / self.sizes()
        return error.max(), outcome.steps[0, 0]


# H. H. Robertson (1966), The solution of a set of reaction rate equations.
ROBERTSON = Problem(
    """
    compartment vessel = 2; species A in vessel, B in vessel, C in vessel
    A = 1; B = 0; C = 0
    slow: A -> B; vessel * 0.04 * A
    fast: 2 B -> B + C; vessel * 3e7 * B^2
    back: B + C -> A + C; vessel * 1e4 * B * C
    """,
    ("A", "B", "C"),
    (1e-2, 1e-7, 1e-2),
    10.0 ** np.arange(12),
    np.array(
        [
            [0.9664597373330035, 0.3074626578578675e-04, 0.3350951640121071e-01],
            [0.8413699238414729, 0.1623390937990473e-04, 0.1586138422491472],
            [0.6172348823960878, 0.6153591274639123e-05, 0.3827589640126376],
            [0.3368745306607069, 0.2013702318261393e-05, 0.6631234556369748],
            [0.1073004285378040, 0.4800166972571660e-06, 0.8926990914454987],
            [0.1786592114209946e-01, 0.7274751468436319e-07, 0.9821340061103859],
            [0.2031483924973415e-02, 0.8142277783356159e-08, 0.9979685079327488],
            [0.2076093439016395e-03, 0.8306077485067610e-09, 0.9997923898254906],
            [0.2082417512179460e-04, 0.8329841429908955e-10, 0.9999791757415798],
            [0.2083229471647004e-05, 0.8332935037760723e-11, 0.9999979167621954],
            [0.2083328471883087e-06, 0.8333315602809495e-12, 0.9999997916663195],
            [0.2083340149701255e-07, 0.8333360770334713e-13, 0.9999999791665050],
        ]
    ),
)

# E. Schaefer (1975), A new approach to explain the "high irradiance responses" of
# photomorphogenesis on the basis of phytochrome, J. Math. Biol. 2, 41-56.
HIRES = Problem(
    """
    compartment cell = 1
    species Pr in cell, Pfr in cell, PrX in cell, PfrX in cell, PrX2 in cell, PfrX2 in cell
    species PfrX2E in cell, E in cell
    Pr = 1; Pfr = 0; PrX = 0; PfrX = 0; PrX2 = 0; PfrX2 = 0; PfrX2E = 0; E = 0.0057
    k1 = 1.71; k2 = 0.43; k3 = 8.32; k4 = 0.69; k5 = 0.035; k6 = 8.32; kp = 280; km = 0.69
    ks = 0.69; supply = 0.0007
    synthesis: -> Pr; cell * supply
    light1: Pr -> Pfr; cell * k1 * Pr
    dark1: Pfr -> Pr; cell * k2 * Pfr
    binding1: Pfr -> PfrX; cell * k3 * Pfr
    light2: PrX -> PfrX; cell * k1 * PrX
    dark2: PfrX -> PrX; cell * k2 * PfrX
    loss2: PrX -> Pr; cell * k6 * PrX
    binding2: PfrX -> PfrX2; cell * k4 * PfrX
    light3: PrX2 -> PfrX2; cell * k1 * PrX2
    dark3: PfrX2 -> PrX2; cell * k2 * PfrX2
    loss3: PrX2 -> PrX; cell * k5 * PrX2
    joining: PfrX2 + E -> PfrX2E; cell * kp * PfrX2 * E
    parting: PfrX2E -> PfrX2 + E; cell * km * PfrX2E
    dark4: PfrX2E -> PrX2 + E; cell * k2 * PfrX2E
    loss4: PfrX2E -> E; cell * ks * PfrX2E
    """,
    ("Pr", "Pfr", "PrX", "PfrX", "PrX2", "PfrX2", "PfrX2E", "E"),
    (1e-5,) * 8,
    np.array([321.8122, 421.8122]),
    np.array(
        [
            [
                *(0.7371312573325668e-3, 0.1442485726316185e-3, 0.5888729740967575e-4),
                *(0.1175651343283149e-2, 0.2386356198831331e-2, 0.6238968252742796e-2),
                *(0.2849998395185769e-2, 0.2850001604814231e-2),
            ],
            [
                *(0.670305503581864e-3, 0.130996846986347e-3, 0.46862231597733e-4),
                *(0.1044668020551705e-2, 0.594883830951485e-3, 0.1399628833942774e-2),
                *(0.1014492757718480e-2, 0.4685507242281520e-2),
            ],
        ]
    ),
)


# R. J. Field & R. M. Noyes (1974), Oscillations in chemical systems IV, J. Chem. Phys. 60, 1877.
def oregonator(x, y, z):
    return 77.27 * (y + x * (1 - 8.375e-6 * x - y)), (z - (1 + x) * y) / 77.27, 0.161 * (x - z)


OREGONATOR = Problem(
    """
    x = 1; y = 2; z = 3; s = 77.27; q = 8.375e-6; w = 0.161
    x' = s * (y + x * (1 - q * x - y)); y' = (z - (1 + x) * y) / s; z' = w * (x - z)
    """,
    ("x", "y", "z"),
    (1.0, 1.0, 1.0),
    np.arange(30.0, 361.0, 30.0),
    np.array(
        [
            [0.1000661467180497e1, 0.1512778937348249e4, 0.1035854312767229e5],
            [0.1000874625199626e1, 0.1144336972384497e4, 0.8372149966624639e2],
            [0.1001890368438751e1, 0.5299926232295553e3, 0.1662279579042420e1],
            [0.1004118022612645e1, 0.2438326079910346e3, 0.1008822224048647e1],
            [0.1008995416634061e1, 0.1121664388662539e3, 0.1007783229065319e1],
            [0.1019763472537298e1, 0.5159761322947535e2, 0.1016985778956374e1],
            [0.1043985088527474e1, 0.2373442027531524e2, 0.1037691843544522e1],
            [0.1100849071667922e1, 0.1091533805469020e2, 0.1085831969810860e1],
            [0.1249102130020572e1, 0.5013945178605446e1, 0.1208326626237875e1],
            [0.1779724751937019e1, 0.2281852385542403e1, 0.1613754023671725e1],
            [0.1000889326903503e1, 0.1125438585746596e4, 0.1641049483777168e5],
            [0.1000814870318523e1, 0.1228178521549917e4, 0.1320554942846706e3],
        ]
    ),
    oregonator,
    # A state below a hundredth of its largest value so far is kept to the tolerance of that
    # hundredth: x and z have peaks of 1e5 and 3e4, and are near 1 most of the time.
    *(100.0, 100.0),
)


# B. van der Pol (1926), On relaxation oscillations; in the scaling of Hairer & Wanner.
def van_der_pol(x, v):
    return v, ((1 - x * x) * v - x) / 1e-6


VAN_DER_POL = Problem(
    "x = 2; v = 0; eps = 1e-6; x' = v; v' = ((1 - x^2) * v - x) / eps",
    ("x", "v"),
    (1.0, 1.0),
    np.arange(1.0, 12.0),
    np.array(
        [
            [-0.1863646254808130e1, 0.7535430865435460],
            [0.1706167732170456e1, -0.8928097010248257],
            [-0.1510606936744095e1, 0.1178380000730945e1],
            [0.1194414677695905e1, -0.2799585996540082e1],
            [0.1890428596416747e1, -0.7345118680166940],
            [-0.1737716306805883e1, 0.8604008653025923],
            [0.1551614645548223e1, -0.1102382892533321e1],
            [-0.1278631984330405e1, 0.2013890883009155e1],
            [-0.1916552949489830e1, 0.7169573003463228],
            [0.1768163792391936e1, -0.8315276407898496],
            [-0.1590150544829062e1, 0.1040279389212485e1],
        ]
    ),
    van_der_pol,
)

# J. G. Verwer (1994), Gauss-Seidel iteration for stiff ODEs from chemical kinetics, SIAM J. Sci.
# Comput. 15, 1243-1250: reactions 1 to 25 of an air pollution model, and their constants.
POLLUTION_REACTIONS = (
    ("NO2 -> NO + O3P", 0.35),
    ("NO + O3 -> NO2", 26.6),
    ("HO2 + NO -> NO2 + OH", 1.23e4),
    ("HCHO -> 2 HO2 + CO", 8.6e-4),
    ("HCHO -> CO", 8.2e-4),
    ("HCHO + OH -> HO2 + CO", 1.5e4),
    ("ALD -> MEO2 + HO2 + CO", 1.3e-4),
    ("ALD + OH -> C2O3", 2.4e4),
    ("C2O3 + NO -> NO2 + MEO2 + CO2", 1.65e4),
    ("C2O3 + NO2 -> PAN", 9.0e3),
    ("PAN -> C2O3 + NO2", 0.022),
    ("MEO2 + NO -> CH3O + NO2", 1.2e4),
    ("CH3O -> HCHO + HO2", 1.88),
    ("NO2 + OH -> HNO3", 1.63e4),
    ("O3P -> O3", 4.8e6),
    ("O3 -> O1D", 3.5e-4),
    ("O3 -> O3P", 0.0175),
    ("O1D -> 2 OH", 1.0e8),
    ("O1D -> O3P", 4.44e11),
    ("SO2 + OH -> SO4 + HO2", 1.24e3),
    ("NO3 -> NO", 2.1),
    ("NO3 -> NO2 + O3P", 5.78),
    ("NO2 + O3 -> NO3", 0.0474),
    ("NO3 + NO2 -> N2O5", 1.78e3),
    ("N2O5 -> NO3 + NO2", 3.12),
)
POLLUTION_START = {"NO": 0.2, "O3": 0.04, "HCHO": 0.1, "CO": 0.3, "ALD": 0.01, "SO2": 0.007}
POLLUTION_END = {
    "NO2": 0.5646255480022769e-01,
    "NO": 0.1342484130422339,
    "O3P": 0.4139734331099427e-08,
    "O3": 0.5523140207484359e-02,
    "HO2": 0.2018977262302196e-06,
    "OH": 0.1464541863493966e-06,
    "HCHO": 0.7784249118997964e-01,
    "CO": 0.3245075353396018,
    "ALD": 0.7494013383880406e-02,
    "MEO2": 0.1622293157301561e-07,
    "C2O3": 0.1135863833257075e-07,
    "CO2": 0.2230505975721359e-02,
    "PAN": 0.2087162882798630e-03,
    "CH3O": 0.1396921016840158e-04,
    "HNO3": 0.8964884856898295e-02,
    "O1D": 0.4352846369330103e-17,
    "SO2": 0.6899219696263405e-02,
    "SO4": 0.1007803037365946e-03,
    "NO3": 0.1772146513969984e-05,
    "N2O5": 0.5682943292316392e-04,
}


def pollution_text():
    lines = ["compartment air = 3"]
    for name in POLLUTION_END:
        lines.append(f"species {name} in air; {name} = {POLLUTION_START.get(name, 0)}")
    for number, (scheme, constant) in enumerate(POLLUTION_REACTIONS, 1):
        taken = scheme.split(" -> ")[0].replace("+", "*")
        lines.append(f"r{number}: {scheme}; air * {constant!r} * {taken}")
    return "\n".join(lines)


POLLUTION = Problem(
    pollution_text(),
    tuple(POLLUTION_END),
    tuple(POLLUTION_END.values()),
    np.array([60.0]),
    np.array([list(POLLUTION_END.values())]),
)

PROBLEMS = {
    "Robertson": ROBERTSON,
    "HIRES": HIRES,
    "Oregonator": OREGONATOR,
    "van der Pol": VAN_DER_POL,
    "pollution": POLLUTION,
}
PER_PROBLEM = pytest.mark.parametrize("problem", PROBLEMS.values(), ids=PROBLEMS)


@PER_PROBLEM
@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("inside", [False, True])
def test_the_error_follows_the_tolerance(problem, method, inside):
    """Where steps end, and inside of them."""
    tolerances = np.array([1e-4, 1e-6, 1e-8])
    errors, steps = np.array([problem.error(method, rtol, inside=inside) for rtol in tolerances]).T
    assert (errors < problem.granted(tolerances, inside=inside)).all()
    # A hundredth of the tolerance: at most a tenth of the error, on the whole (one may be lucky).
    assert errors[2] < 0.01 * errors[0]
    assert (np.diff(errors) < 0).all()
    assert (np.diff(steps) > 0).all()


@PER_PROBLEM
def test_the_last_digits(problem):
    """No error of the engine hides below a tolerance that is usual."""
    error, _ = problem.error("rodas5p", 1e-10, inside=False)
    assert error < problem.granted(1e-10, inside=False)
