"""Published models of many kinds: whole trajectories against libRoadRunner.

The papers gave the equations; their numbers serve as an example of the behaviour, nothing is said
here about the systems they describe. What is known of the solutions is tested as well: periods,
invariants, closed forms.
"""

import itertools

import numpy as np
import pytest
from scipy.optimize import brentq
from scipy.special import lambertw

from il15_sim.batch.drive.layout import OK
from il15_sim.batch.kernel import Task
from tests.made.small_models import kernel_of, rows_at, sbml_of
from tests.oracles.libroadrunner_courses import reference_course

# A. Goldbeter (1995), A model for circadian oscillations in the Drosophila period protein (PER),
# Proc. R. Soc. Lond. B 261, 319-324. Time in h, concentrations in uM.
CIRCADIAN = """
    compartment cell = 1e-15; species M in cell, P0 in cell, P1 in cell, P2 in cell, PN in cell
    M = 0.1; P0 = 0.25; P1 = 0.25; P2 = 0.25; PN = 0.25
    transcription: => M; cell * vs * KI^n / (KI^n + PN^n)
    decay: M => ; cell * vm * M / (Km + M)
    translation: => P0; cell * ks * M
    phosphorylation1: P0 -> P1; cell * (V1 * P0 / (K1 + P0) - V2 * P1 / (K2 + P1))
    phosphorylation2: P1 -> P2; cell * (V3 * P1 / (K3 + P1) - V4 * P2 / (K4 + P2))
    transport: P2 -> PN; cell * (k1 * P2 - k2 * PN)
    degradation: P2 => ; cell * vd * P2 / (Kd + P2)
    vs = 0.76; vm = 0.65; Km = 0.5; ks = 0.38; vd = 0.95; Kd = 0.2; k1 = 1.9; k2 = 1.3; KI = 1
    V1 = 3.2; V2 = 1.58; V3 = 5; V4 = 2.5; K1 = 2; K2 = 2; K3 = 2; K4 = 2; n = 4
    total := P0 + P1 + P2 + PN
"""

# B. N. Kholodenko (2000), Negative feedback and ultrasensitivity can bring about oscillations in
# the mitogen-activated protein kinase cascades, Eur. J. Biochem. 267, 1583-1588. Time in s,
# concentrations in nM.
MAPK = """
    compartment cell = 3
    species K3 in cell, K3p in cell, K2 in cell, K2p in cell, K2pp in cell
    species K1 in cell, K1p in cell, K1pp in cell
    K3 = 90; K3p = 10; K2 = 280; K2p = 10; K2pp = 10; K1 = 280; K1p = 10; K1pp = 10
    v1: K3 => K3p; cell * V1 * K3 / ((1 + (K1pp / KI)^n) * (Km1 + K3))
    v2: K3p => K3; cell * V2 * K3p / (Km2 + K3p)
    v3: K2 => K2p; cell * k * K3p * K2 / (Km + K2)
    v4: K2p => K2pp; cell * k * K3p * K2p / (Km + K2p)
    v5: K2pp => K2p; cell * V5 * K2pp / (Km + K2pp)
    v6: K2p => K2; cell * V5 * K2p / (Km + K2p)
    v7: K1 => K1p; cell * k * K2pp * K1 / (Km + K1)
    v8: K1p => K1pp; cell * k * K2pp * K1p / (Km + K1p)
    v9: K1pp => K1p; cell * V9 * K1pp / (Km + K1pp)
    v10: K1p => K1; cell * V9 * K1p / (Km + K1p)
    V1 = 2.5; KI = 9; n = 1; Km1 = 10; V2 = 0.25; Km2 = 8; k = 0.025; Km = 15; V5 = 0.75; V9 = 0.5
"""

# M. B. Elowitz & S. Leibler (2000), A synthetic oscillatory network of transcriptional regulators,
# Nature 403, 335-338. Time in lifetimes of the mRNA.
REPRESSILATOR = """
    m1 = 10; m2 = 0; m3 = 0; p1 = 0; p2 = 0; p3 = 0
    alpha = 216; alpha0 = 0.216; beta = 5; n = 2
    m1' = -m1 + alpha / (1 + p3^n) + alpha0
    m2' = -m2 + alpha / (1 + p1^n) + alpha0
    m3' = -m3 + alpha / (1 + p2^n) + alpha0
    p1' = -beta * (p1 - m1); p2' = -beta * (p2 - m2); p3' = -beta * (p3 - m3)
"""

# J. J. Tyson (1991), Modeling the cell division cycle: cdc2 and cyclin interactions, Proc. Natl.
# Acad. Sci. USA 88, 7328-7332. Time in min, all concentrations relative to cdc2.
CELL_CYCLE = """
    compartment cell = 1; species C2 in cell, CP in cell, pM in cell, M in cell
    species Y in cell, YP in cell
    C2 = 0; CP = 0.75; pM = 0.25; M = 0; Y = 0; YP = 0
    J1: => Y; k1aa
    J3: CP + Y => pM; k3 * CP * Y
    J4: pM => M; pM * (k4prime + k4 * (M / total)^2)
    J5: M => pM; k5 * M
    J6: M => C2 + YP; k6 * M
    J7: YP => ; k7 * YP
    J8: C2 => CP; k8 * C2
    J9: CP => C2; k9 * CP
    k1aa = 0.015; k3 = 200; k4 = 180; k4prime = 0.018; k5 = 0; k6 = 1; k7 = 0.6; k8 = 1e6; k9 = 1e3
    total := C2 + CP + pM + M
"""

# A. Goldbeter, G. Dupont & M. J. Berridge (1990), Minimal model for signal-induced Ca2+
# oscillations and for their frequency encoding through protein phosphorylation, Proc. Natl. Acad.
# Sci. USA 87, 1461-1465. Time in s, Ca2+ in uM.
CALCIUM = """
    Z = 0.1; Y = 0.64
    v2 := VM2 * Z^n / (K2^n + Z^n)
    v3 := VM3 * Y^m / (KR^m + Y^m) * Z^p / (KA^p + Z^p)
    Z' = v0 + v1 * beta - v2 + v3 + kf * Y - k * Z
    Y' = v2 - v3 - kf * Y
    v0 = 1; v1 = 7.3; beta = 0.301; k = 10; kf = 1; VM2 = 65; VM3 = 500; K2 = 1; KR = 2; KA = 0.9
    n = 2; m = 2; p = 4
"""

# M. Bier, B. M. Bakker & H. V. Westerhoff (2000), How yeast cells synchronize their glycolytic
# oscillations: a perturbation analytic treatment, Biophys. J. 78, 1087-1093. Two cells that
# exchange ATP. Time in min, concentrations in mM.
GLYCOLYSIS = """
    G1 = 6.6; T1 = 7.6; G2 = 10.3; T2 = 0.41
    Vin = 0.36; k1 = 0.02; kp = 6; Km = 13; exchange = 0.01
    G1' = Vin - k1 * G1 * T1; T1' = 2 * k1 * G1 * T1 - kp * T1 / (Km + T1) - exchange * (T1 - T2)
    G2' = Vin - k1 * G2 * T2; T2' = 2 * k1 * G2 * T2 - kp * T2 / (Km + T2) + exchange * (T1 - T2)
"""

# V. Volterra (1926), Fluctuations in the abundance of a species considered mathematically, Nature
# 118, 558-560.
PREDATORS = """
    x = 10; y = 5; a = 1.1; b = 0.4; c = 0.4; d = 0.1
    x' = a * x - b * x * y; y' = d * x * y - c * y
    invariant := d * x - c * ln(x) + b * y - a * ln(y)
"""

# W. O. Kermack & A. G. McKendrick (1927), A contribution to the mathematical theory of epidemics,
# Proc. R. Soc. Lond. A 115, 700-721.
EPIDEMIC = """
    S = 999; I = 1; R = 0; infection = 0.5; recovery = 0.2
    J: S => I; infection * S * I / (S + I + R)
    K: I => R; recovery * I
"""

# D. E. Mager & W. J. Jusko (2001), General pharmacokinetic model for drugs exhibiting
# target-mediated drug disposition, J. Pharmacokinet. Pharmacodyn. 28, 507-532 (own values). Time
# in h, amounts in nmol, concentrations in nM.
TARGET = """
    compartment plasma = 3, tissue = 5
    species drug in plasma, free in plasma, bound in plasma, stored in tissue
    drug = 100; free = 10; bound = 0; stored = 0
    elimination: drug => ; plasma * kel * drug
    exchange: drug -> stored; plasma * kpt * drug - tissue * ktp * stored
    synthesis: => free; plasma * kdeg * 10
    degradation: free => ; plasma * kdeg * free
    binding: drug + free -> bound; plasma * (kon * drug * free - koff * bound)
    internalisation: bound => ; plasma * kint * bound
    kel = 0.05; kpt = 0.2; ktp = 0.1; kdeg = 0.03; kon = 1; koff = 0.001; kint = 0.2
    receptors := free + bound
"""

# The equation of L. Michaelis & M. L. Menten (1913), Biochem. Z. 49, 333-369, in a row.
CHAIN = """
    A = 5; B = 0; C = 0; D = 0; V = 1.5; K = 0.7
    J1: A => B; V * A / (K + A)
    J2: B => C; 0.9 * V * B / (2 * K + B)
    J3: C => D; 0.8 * V * C / (K / 3 + C)
"""

#: Antimony text, and the times of comparison.
MODELS = {
    "circadian": (CIRCADIAN, np.linspace(0, 72, 37)),
    "mapk": (MAPK, np.linspace(0, 4000, 41)),
    "repressilator": (REPRESSILATOR, np.linspace(0, 40, 41)),
    "cell cycle": (CELL_CYCLE, np.linspace(0, 100, 51)),
    "calcium": (CALCIUM, np.linspace(0, 5, 51)),
    "glycolysis": (GLYCOLYSIS, np.linspace(0, 120, 41)),
    "predators": (PREDATORS, np.linspace(0, 40, 41)),
    "epidemic": (EPIDEMIC, np.linspace(0, 120, 41)),
    "target": (TARGET, np.linspace(0, 120, 41)),
    "chain": (CHAIN, np.linspace(0, 12, 41)),
}


def solve(text, times, outputs, rtol=1e-11, **options):
    """Outputs of one simulation by id."""
    kernel = kernel_of(text)
    # The smallest of these models holds amounts of 1e-16 mol.
    typical = np.full(len(kernel.states), 1e-24)
    task = Task(0.0, times[-1], outputs=outputs, **rows_at(*times), rtol=rtol, typical=typical)
    outcome = kernel.run(task, 1, **options)
    assert outcome.status[0] == OK
    return dict(zip(outputs, outcome.values[0].T, strict=True))


@pytest.mark.parametrize("name", MODELS)
def test_the_whole_trajectory_is_that_of_libroadrunner(name):
    text, times = MODELS[name]
    kernel = kernel_of(text)
    ids = sorted(kernel.quantities - set(kernel.parameters))
    found = np.array(list(solve(text, times, ids).values())).T
    right = reference_course(sbml_of(text), times, ids, relative=1e-13, absolute=1e-16)
    size = abs(right).max(axis=0)
    # Only of a reaction with a rate constant of zero is nothing known but zero.
    assert (size > 0).sum() >= len(size) - 1
    assert (abs(found - right) <= 5e-8 * size).all()


@pytest.mark.parametrize("name", MODELS)
def test_the_tolerance_that_is_asked_for_is_about_met(name):
    """A loose run against a tight one; oscillators add up what their period is off."""
    text, times = MODELS[name]
    ids = list(kernel_of(text).states)
    loose, tight = solve(text, times, ids, rtol=1e-6), solve(text, times, ids)
    worst = max(abs(loose[x] - tight[x]).max() / abs(tight[x]).max() for x in ids)
    assert worst < (2e-3 if name in ("calcium", "cell cycle") else 1e-4)


def periods(text, name, times, **options):
    """Times between the peaks of an oscillation that has settled."""
    x = solve(text, times, [name], rtol=1e-9, **options)[name]
    peaks = [i for i in range(1, len(x) - 1) if x[i - 1] < x[i] >= x[i + 1]]
    at = times[peaks][len(peaks) // 2 :]
    assert len(at) >= 3
    return np.diff(at)


@pytest.mark.parametrize(
    ("text", "name", "times", "least", "most"),
    [
        # A clock of about a day; what the abstract says is "from minutes to hours".
        (CIRCADIAN, "M", np.arange(0, 480, 0.1), 23.0, 25.0),
        (MAPK, "K1pp", np.arange(0, 20_000, 10.0), 120.0, 7200.0),
    ],
)
def test_an_oscillation_settles_to_a_period_such_as_that_of_the_paper(
    text, name, times, least, most
):
    found = periods(text, name, times)
    assert np.ptp(found) <= 3 * (times[1] - times[0])
    assert least < found.mean() < most


def test_predators_and_prey_keep_their_invariant():
    values = solve(PREDATORS, np.linspace(0, 500, 501), ["invariant", "x"])
    assert np.ptp(values["invariant"]) < 1e-7 * abs(values["invariant"][0])
    assert np.ptp(values["x"]) > 5


def test_an_epidemic_ends_by_the_equation_of_its_final_size():
    S = solve(EPIDEMIC, np.array([0.0, 2000.0]), ["S"])["S"][-1]
    spared = brentq(lambda s: np.log(s / 999) + 0.5 / 0.2 * (1000 - s) / 1000, 1, 500, xtol=1e-13)
    assert pytest.approx(spared, rel=1e-8) == S


def test_the_first_of_a_chain_follows_lamberts_function():
    """S. Schnell & C. Mendoza (1997), J. theor. Biol. 187, 207-212."""
    times = MODELS["chain"][1]
    A = solve(CHAIN, times, ["A"])["A"]
    right = 0.7 * lambertw(5 / 0.7 * np.exp((5 - 1.5 * times) / 0.7)).real
    assert pytest.approx(right, rel=1e-8, abs=1e-9) == A


def test_what_a_repressilator_does_is_the_same_for_each_of_its_genes():
    """Starts that change places around the ring change the places of the courses."""
    kernel, times = kernel_of(REPRESSILATOR), np.linspace(0, 20, 11)
    turn = lambda row, by: [row[(i - by) % 3] for i in range(3)]  # noqa: E731
    m, p = [10.0, 1.0, 0.0], [0.0, 3.0, 7.0]
    initial = np.array([turn(m, by) + turn(p, by) for by in range(3)])
    assert kernel.states == ("m1", "m2", "m3", "p1", "p2", "p3")
    task = Task(0.0, 20.0, outputs=["m1", "m2", "m3"], **rows_at(*times), rtol=1e-10)
    values = kernel.run(task, 3, initial=initial).values
    for one, other in itertools.pairwise(range(3)):
        assert values[other] == pytest.approx(np.roll(values[one], 1, axis=1), rel=1e-7)


def test_a_cell_in_litres_is_as_exact_as_one_of_volume_one():
    """Concentrations are about 1 in a volume of 1e-15: the states are amounts of 1e-15."""
    times = MODELS["circadian"][1]
    task = Task(0.0, times[-1], outputs=["M", "total"], **rows_at(*times), rtol=1e-6)
    small = kernel_of(CIRCADIAN).run(task, 1)
    one = kernel_of(CIRCADIAN.replace("1e-15", "1")).run(task, 1)
    assert (small.status == OK).all()
    assert (one.status == OK).all()
    assert small.values == pytest.approx(one.values, rel=1e-9)
