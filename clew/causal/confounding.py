"""Is there a third thing that moves both the suspect and the symptom?"""

from collections.abc import Sequence
from dataclasses import dataclass

from clew.causal.blame import depths
from clew.causal.court import Court, Witness
from clew.causal.departure import departure
from clew.causal.label import FAILED, Role
from clew.causal.response import CHANCE, Response, response
from clew.causal.scene import Signal
from clew.causal.signal import signals
from clew.hypothesis import CauseKind, Trial

_LEFT = 0.5
"""A response that keeps less than this part of itself when the third thing is held was the third thing's."""
_KEPT = 0.25
"""And the third thing keeps at least this rank correlation when the suspect is held: else the two cannot be told apart."""


@dataclass(frozen=True, slots=True)
class Third:
    """The third thing's part, and the failed test in plain words."""

    role: Role
    trial: Trial


def responds(court: Court, witness: Witness, third: Sequence[Signal]) -> Response | None:
    """How the symptom follows the suspect's own signals, with `third` held."""
    if court.symptom is None:
        return None
    mine = [s for s in witness.signals if all((s.metric, s.service) != (t.metric, t.service) for t in third)]
    return response(mine, court.symptom, third, _both(court, witness))


def _both(court: Court, witness: Witness) -> float:
    """When both had begun, Unix seconds."""
    begun = [at for at in (court.felt, witness.began) if at is not None]
    return max(begun, default=court.scene.moment.start)


def moved_by(court: Court, witness: Witness, plain: Response | None) -> Third | None:
    """The first third thing that began no later than the suspect, and whose being held takes the suspect's response away but not the
    other way round. What lies between the suspect and the symptom is none: it passes the trouble on.
    """
    if plain is None or not plain.firm or court.symptom is None or witness.draft.cause.kind is CauseKind.TRAFFIC:
        return None
    start, began = _both(court, witness), witness.began
    for signal, role in _others(court, witness):
        went = departure(signal, court.scene.moment)
        if went is None or (began is not None and went.began > began + signal.step):
            continue
        left, its = responds(court, witness, (signal,)), response((signal,), court.symptom, witness.signals[:1], start)
        if left is None or its is None or left.firm or left.rho >= _LEFT * plain.rho:
            continue
        if its.chance <= CHANCE and its.rho >= max(_KEPT, left.rho):
            says = f"follows the symptom only as {signal.name} does (rank correlation {plain.rho:.2f}, with that held {left.rho:.2f})"
            return Third(role, Trial(name="dose-response", outcome=FAILED, says=says))
    return None


def _others(court: Court, witness: Witness) -> list[tuple[Signal, Role]]:
    """Traffic, machines, and the leading candidate unless it calls the suspect."""
    out = [(signal, Role.SHARED) for signal in court.thirds]
    leader, mine = court.leader, witness.draft.cause.service
    if leader is None or leader.key == witness.draft.key or leader.cause.service in (None, mine):
        return out
    graph = court.scene.tables.graph
    if mine and mine in depths(graph, leader.cause.service):
        return out
    found = signals(court.scene, leader.support, court.symptom, most=1)
    role = Role.CALLED if mine and leader.cause.service in depths(graph, mine) else Role.APART
    return [*out, *((signal, role) for signal in found)]
