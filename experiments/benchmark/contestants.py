"""Who takes part in the benchmark, in which configurations and at which tolerances.

A configuration stays in the list where it is the fastest of its tool at some error, or where it
shows what the obvious use of the tool costs.
"""

from __future__ import annotations

from dataclasses import replace

import patient_case
from peer import Peer, Setting

_OURS = Setting(None, (1e-3, 3e-4, 1e-4, 3e-5, 1e-5, 3e-6, 1e-6))
_CVODE = (
    Setting(0.1, (1e-5, 1e-6, 1e-7), near=(1e-6, 1e-7)),
    Setting(10.0, (1e-6, 1e-7, 3e-8, 1e-8), near=(1e-6, 1e-7, 3e-8)),
    Setting(100.0, (1e-6, 1e-7, 1e-8, 3e-9), near=(1e-7, 1e-8)),
)
_AMICI = (
    Setting(1.0, (1e-5, 1e-6, 1e-7), near=(1e-6, 1e-7)),
    Setting(100.0, (1e-6, 1e-7, 3e-8, 1e-8, 3e-9), near=(1e-7, 3e-8, 1e-8, 3e-9)),
    Setting(1000.0, (1e-7, 1e-8, 1e-9)),
)
_LSODA = (
    Setting(0.1, (1e-4, 1e-5, 1e-6), near=(1e-5, 1e-6)),
    Setting(10.0, (1e-4, 1e-5, 1e-6, 1e-7), near=(1e-5, 1e-6, 1e-7)),
)
_COPASI = Setting(0.1, (1e-4, 1e-5, 1e-6), near=(1e-4, 1e-5, 1e-6))
_DIFFRAX = Setting(0.1, (1e-3, 1e-4, 1e-5), near=(1e-4, 1e-5))

_MORE = Setting(None, (1e-3, 1e-4, 3e-5, 1e-5, 3e-6, 1e-6, 1e-7))
_MULTISTEP = (
    Setting(0.1, (1e-6, 1e-7, 3e-8, 1e-8, 1e-9), near=(1e-7, 3e-8, 1e-8)),
    Setting(10.0, (1e-7, 1e-8, 1e-9, 1e-10), near=(1e-8, 1e-9, 1e-10)),
)
_MULTISTEP_OR_ADAMS = (
    Setting(0.1, (1e-5, 1e-6, 1e-7, 1e-8), near=(1e-6, 1e-7, 1e-8)),
    Setting(10.0, (1e-6, 1e-7, 1e-8, 1e-9), near=(1e-7, 1e-8, 1e-9)),
)
_ONE_FOR_ALL = (
    Setting(1.0, (1e-5, 1e-6, 1e-7, 1e-8, 1e-9), near=(1e-6, 1e-7, 1e-8, 1e-9)),
    Setting(100.0, (1e-6, 1e-7, 1e-8, 1e-9, 1e-10), near=(1e-7, 1e-8, 1e-9)),
)
_COPASI_ELSEWHERE = (
    Setting(0.1, (1e-4, 1e-5, 1e-6, 1e-7, 1e-8), near=(1e-5, 1e-6, 1e-7, 1e-8)),
    Setting(10.0, (1e-5, 1e-6, 1e-7, 1e-8, 1e-9), near=(1e-6, 1e-7, 1e-8, 1e-9)),
)
#: For published models, by adapter: what encloses the error of comparison differs.
_ELSEWHERE = {
    "il15_sim_batch": (_MORE,),
    "roadrunner_cvode": _MULTISTEP,
    "amici_klu": _ONE_FOR_ALL,
    "numba_lsoda": _MULTISTEP_OR_ADAMS,
    "scipy_lsoda": _MULTISTEP_OR_ADAMS,
    "copasi_lsoda": _COPASI_ELSEWHERE,
}
_DIFFRAX_ELSEWHERE = {
    "huang_ferrell": Setting(0.1, (1e-2, 1e-3, 1e-4)),
    "kholodenko": Setting(0.1, (1e-4, 1e-5, 1e-6)),
}

_EVENT, _LOOP, _LIST = {"doses": "event"}, {"doses": "integrate"}, {"doses": "list"}
_KLU = "CVODES and KLU, dose list"

PEERS = (
    Peer("il15-sim", "", "il15_sim_batch", (_OURS,), {"threads": 1}, together=True),
    Peer(
        *("il15-sim, 2 cores", "", "il15_sim_batch", (_OURS,), {"threads": 2}),
        cores=2,
        together=True,
    ),
    Peer("libRoadRunner", "dose event", "roadrunner_cvode", _CVODE, _EVENT),
    Peer(
        *("libRoadRunner", "restart() and integrate() from dose to dose"),
        *("roadrunner_cvode", _CVODE, _LOOP),
    ),
    Peer(
        *("libRoadRunner, 2 cores", "two processes, dose event", "roadrunner_cvode"),
        _CVODE[1:],
        _EVENT,
        processes=2,
    ),
    Peer("AMICI", _KLU, "amici_klu", _AMICI, _LIST),
    Peer("AMICI, 2 cores", f"two processes, {_KLU}", "amici_klu", _AMICI[1:2], _LIST, processes=2),
    Peer("numbalsoda", "LSODA, compiled rates", "numba_lsoda", _LSODA, at_most=100),
    Peer("SciPy", "odeint, compiled rates and Jacobian", "scipy_lsoda", _LSODA, at_most=100),
    Peer("COPASI", "LSODA, dose event", "copasi_lsoda", (_COPASI,), at_most=32),
    Peer(
        *("diffrax", "Kvaerno5, sets in lock step", "diffrax_kvaerno", (_DIFFRAX,)),
        {"sets": "vmap"},
        together=True,
        at_most=8,
    ),
    Peer(
        *("diffrax", "Kvaerno5, one set after the other", "diffrax_kvaerno", (_DIFFRAX,)),
        {"sets": "loop"},
        together=True,
        at_most=8,
    ),
)

#: Both give the reference: different codes (BDF with a difference Jacobian on libRoadRunner's
#: machine code; LSODA with an exact Jacobian on equations read from the SBML by other code).
REFERENCES = (
    Peer("CVODE", "", "roadrunner_cvode", (Setting(0.1, (1e-11,)),), _EVENT),
    Peer("LSODA", "", "scipy_lsoda", (Setting(0.1, (1e-10,)),)),
)

#: What anybody can run in two minutes, on one core: tools that come with this package.
SHORT = ("il15-sim", "libRoadRunner", "SciPy")

#: For a smoke test: those whose preparation takes no time, and a reference of the same kind.
QUICK = (PEERS[0], PEERS[2])
QUICK_REFERENCES = (
    Peer("CVODE", "", "roadrunner_cvode", (Setting(0.1, (1e-12,)),), _EVENT),
    Peer("CVODE", "", "roadrunner_cvode", (Setting(0.1, (1e-11,)),), {"doses": "simulate"}),
)


def peers_for(model: str, peers: tuple[Peer, ...] = PEERS) -> tuple[Peer, ...]:
    """The same tools with the tolerances that a model needs."""
    if model == patient_case.NAME:
        return peers
    settings = _ELSEWHERE | {"diffrax_kvaerno": (_DIFFRAX_ELSEWHERE[model],)}
    return tuple(replace(p, settings=settings[p.module]) for p in peers)
