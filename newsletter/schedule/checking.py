"""The gate before a sending: an edition that is ready goes on once it was checked and nothing blocks it.

What blocks is told to the editors. A check that does not come about holds up no edition.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

import sqlalchemy as sa

from newsletter.edition.states import EditionState
from newsletter.edition.store import Edition
from newsletter.edition.tables import edition as edition_table
from newsletter.errors import ConflictError
from newsletter.preflight.finding import Finding, Outcome
from newsletter.preflight.store import Checked, find_check
from newsletter.preflight.tables import preflight
from newsletter.publication.tables import newsletter
from newsletter.schedule.alarms import Cause, end_alarms, raise_alarm
from newsletter.schedule.tables import AlarmKind, alarm

UNCHECKED = "It was sent unchecked: the check before the sending did not come about in time."
"""The note of an edition that went on without."""


class Way(StrEnum):
    """Whether an edition that is ready may go on."""

    WAIT = "wait"
    HELD = "held"
    GO = "go"


@dataclass(frozen=True, slots=True)
class Gate:
    """What the check says. ``reason`` is why it is held; ``note`` what is to be known of one that goes on."""

    way: Way
    needs_check: bool = False
    reason: str = ""
    note: str = ""


def judge_check(checked: Checked | None, *, holds: bool, is_overdue: bool) -> Gate:
    """Decide on an edition that is ready by the check of its content, or by there being none. Pure."""
    if checked is None:
        return Gate(Way.GO, True, note=UNCHECKED) if is_overdue else Gate(Way.WAIT, True)
    if checked.outcome is not Outcome.BLOCK:
        return Gate(Way.GO)
    blocks = " ".join(dict.fromkeys(_said(each) for each in checked.blocks))
    if checked.overruled_by:
        return Gate(Way.GO, note=f"{checked.overruled_by} let it go although: {blocks}")
    if not holds:
        return Gate(Way.GO, note=f"Found before it was sent: {blocks}")
    return Gate(Way.HELD, reason=f"Held before it was sent: {blocks}")


def look_at_gate(
    connection: sa.Connection, edition: Edition, limit: timedelta, public_url: str, now: datetime
) -> Gate:
    """Return whether an edition that is ready may go on, tell its editors what blocks it, and keep why it is held.

    ``limit`` is how long it waits for its check once it is ready and due; with none nothing is checked.
    """
    if not limit:
        return Gate(Way.GO)
    checked = find_check(connection, edition)
    holds = sa.select(newsletter.c.preflight_holds).where(newsletter.c.id == edition.newsletter_id)
    is_overdue = now >= max(edition.ready_at or now, edition.due_at) + limit
    gate = judge_check(checked, holds=connection.execute(holds).scalar_one(), is_overdue=is_overdue)
    reason = gate.reason if edition.sends_when_ready else ""
    if reason != edition.reason:
        # Another task may have sent it on since it was read.
        is_still = sa.and_(edition_table.c.id == edition.id, edition_table.c.state == EditionState.READY)
        connection.execute(sa.update(edition_table).where(is_still).values(reason=reason))
    if checked is not None and checked.is_blocking and edition.sends_when_ready:
        page = f"{public_url.rstrip('/')}/console/editions/{edition.id}"
        told = _told(edition, checked, page, is_held=gate.way is Way.HELD)
        about = _about(edition.name, checked.content_hash)
        cause = Cause(AlarmKind.PREFLIGHT, about, told, edition.newsletter_id, may_return=True)
        raise_alarm(connection, cause, now)
    return gate


def note_unheld(connection: sa.Connection, edition_id: int, gate: Gate) -> None:
    """Keep with an edition that goes on what is to be known of its check."""
    if gate.note:
        notes = edition_table.c.notes.concat([gate.note])
        connection.execute(sa.update(edition_table).where(edition_table.c.id == edition_id).values(notes=notes))


def refuse_held(connection: sa.Connection, edition: Edition) -> None:
    """Raise ConflictError, with what was found, for an edition that the check of its content holds."""
    checked = find_check(connection, edition)
    is_held = edition.state is EditionState.READY and edition.reason != ""
    if is_held and checked is not None and checked.is_blocking:
        raise ConflictError(
            f"Edition {edition.name} is not sent. {edition.reason}",
            f"`newsletter preflight {edition.name}` checks it again; `newsletter send {edition.name} --anyway` "
            "sends it all the same.",
        )


def watch_checks(connection: sa.Connection, now: datetime) -> None:
    """End the alarms about editions that are held no more: mended, let go, sent or given up."""
    name = newsletter.c.slug.concat("/").concat(edition_table.c.key)
    held = (
        sa.select(name, preflight.c.content_hash)
        .join_from(edition_table, newsletter)
        .join(preflight, preflight.c.edition_id == edition_table.c.id)
        .where(
            edition_table.c.state == EditionState.READY,
            preflight.c.content_hash == edition_table.c.content_hash,
            preflight.c.outcome == Outcome.BLOCK,
            preflight.c.overruled_by == "",
        )
    )
    about = [_about(*row) for row in connection.execute(held)]
    end_alarms(connection, sa.and_(alarm.c.kind == AlarmKind.PREFLIGHT, alarm.c.about.not_in(about)), now)


def _said(finding: Finding) -> str:
    return f"{finding.what.rstrip('.')} ({finding.where})." if finding.where else finding.what


def _told(edition: Edition, checked: Checked, page: str, *, is_held: bool) -> str:
    """Return what the editors are told, in one paragraph."""
    says = "is held: something" if is_held else "goes out although something"
    told = [f"{edition.name} {says} was found that blocks a sending."]
    for each in checked.blocks:
        where = " ".join(part for part in (each.language, each.where) if part)
        told.append(
            f"{each.check[:1].upper()}{each.check[1:]}: {each.what.rstrip('.')} ({where}). {each.mend}".rstrip()
        )
    if is_held:
        told.append(f"Once it is mended, check it again; or send it all the same, on its page: {page}")
    else:
        told.append(f"Its page: {page}")
    return " ".join(told)


def _about(name: str, content_hash: str) -> str:
    return f"{name} {content_hash[:12]}"
