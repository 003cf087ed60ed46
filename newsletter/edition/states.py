"""The states of an edition and every move between them.

Each move is one guarded UPDATE (:func:`newsletter.edition.store.move`): it happens only from the state it
starts from, and the loser of a race gets ConflictError.

| from | to | performed by |
|---|---|---|
| (nothing) | planned | ``edition.plan.plan_edition`` |
| (nothing) | missed | ``edition.plan.record_missed`` |
| planned | gathering | ``schedule.advance`` |
| gathering | ready, skipped, failed | ``edition.assemble.assemble`` |
| gathering | ready, skipped, failed | ``edition.weekly.assemble_weekly`` |
| gathering | ready, failed | ``edition.breaking.assemble_breaking``, ``edition.correction.assemble_correction`` |
| ready | gathering | ``delivery.start`` when another edition sent one of its articles first |
| ready | gathering | ``delivery.retract`` when one of its articles is taken back |
| ready | gathering | ``schedule.request.reassemble`` after an editor's mark |
| ready | sending, skipped | ``delivery.start`` |
| sending | paused | ``delivery.control.pause`` |
| paused | sending | ``delivery.control.resume`` |
| sending | done | ``delivery.reconcile`` |
| done | sending | ``delivery.start.extend_audience`` for readers who joined later |
| planned, gathering, ready | missed | ``schedule.lateness`` when its time went by before it was sent |
| planned, ready | gathering | ``cli.steps`` to assemble it by hand |
| skipped, failed, missed | planned | ``schedule.request`` when somebody asks for it again |
| skipped, failed, missed | planned | ``schedule.planning`` when it ended before its time came |
| any that is not final | cancelled | ``delivery.control.cancel`` |
"""

from enum import StrEnum


class EditionState(StrEnum):
    """Where an edition stands."""

    PLANNED = "planned"
    GATHERING = "gathering"
    READY = "ready"
    SENDING = "sending"
    PAUSED = "paused"
    DONE = "done"
    SKIPPED = "skipped"
    FAILED = "failed"
    MISSED = "missed"
    CANCELLED = "cancelled"


MOVES: dict[EditionState, frozenset[EditionState]] = {
    EditionState.PLANNED: frozenset({EditionState.GATHERING, EditionState.MISSED, EditionState.CANCELLED}),
    EditionState.GATHERING: frozenset(
        {
            EditionState.READY,
            EditionState.SKIPPED,
            EditionState.FAILED,
            EditionState.MISSED,
            EditionState.CANCELLED,
        }
    ),
    EditionState.READY: frozenset(
        {
            EditionState.SENDING,
            EditionState.GATHERING,
            EditionState.SKIPPED,
            EditionState.MISSED,
            EditionState.CANCELLED,
        }
    ),
    EditionState.SENDING: frozenset({EditionState.PAUSED, EditionState.DONE, EditionState.CANCELLED}),
    EditionState.PAUSED: frozenset({EditionState.SENDING, EditionState.CANCELLED}),
    EditionState.DONE: frozenset({EditionState.SENDING}),
    EditionState.SKIPPED: frozenset({EditionState.PLANNED}),
    EditionState.FAILED: frozenset({EditionState.PLANNED}),
    EditionState.MISSED: frozenset({EditionState.PLANNED}),
    EditionState.CANCELLED: frozenset(),
}

UNFINISHED = frozenset(state for state, moves in MOVES.items() if EditionState.CANCELLED in moves)
"""States that the tick still has to bring to an end."""

TOLD = frozenset({*UNFINISHED, EditionState.DONE})
"""States in which what an edition says is being told, or was."""

SENT = frozenset({EditionState.SENDING, EditionState.PAUSED, EditionState.DONE})
"""States in which some reader may hold a copy."""
