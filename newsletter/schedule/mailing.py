"""What the editors are mailed: each verdict with the facts of its run, and each alarm."""

from datetime import datetime

import sqlalchemy as sa

from newsletter import log
from newsletter.delivery.note import Debt, Note, submit_note
from newsletter.delivery.post import Post
from newsletter.edition import store
from newsletter.publication.newsletters import Newsletter, get_newsletter_by_id, list_newsletters
from newsletter.schedule.alarms import Alarm, find_alarm
from newsletter.schedule.receipt import receipt, told_lines
from newsletter.schedule.tables import alarm, verdict

_log = log.get("schedule")

_KINDS = {"missed": "An edition was missed", "tick": "Nothing runs", "no verdict": "An edition has no verdict"}


def submit_verdict(post: Post, edition_id: int, now: datetime) -> bool:
    """Mail an edition's verdict to its editors if that is owed; return whether all had it.

    Raises RelayError when the relay refuses us.
    """
    with post.database.transaction() as connection:
        query = sa.select(verdict).where(verdict.c.edition_id == edition_id, verdict.c.mail_due_at <= now)
        given = connection.execute(query).one_or_none()
        if given is None:
            return False
        edition = store.get_edition(connection, edition_id)
        newsletter = get_newsletter_by_id(connection, edition.newsletter_id)
        told = receipt(connection, edition_id)
    lines = [*told_lines(told), "", _link(post, f"/editions/{edition_id}")]
    subject = f"{newsletter.name}, {edition.edition_on}: {given.kind}"
    key = f"verdict {edition_id} {given.kind}"
    note = Note(key, subject, "\n".join(lines) + "\n", newsletter, newsletter.editors.split())
    is_settled = submit_note(post, Debt(verdict, verdict.c.edition_id == edition_id), [note], now)
    _log.info("verdict_submitted", edition_id=edition_id, settled=is_settled)
    return is_settled


def submit_alarm(post: Post, alarm_id: int, now: datetime) -> bool:
    """Mail an alarm to the editors of its newsletter, or of all, if that is owed; return whether all had it.

    Raises RelayError when the relay refuses us.
    """
    with post.database.transaction() as connection:
        raised = find_alarm(connection, alarm_id)
        if raised is None:
            return False
        if raised.newsletter_id is None:
            newsletters = list_newsletters(connection)
        else:
            newsletters = [get_newsletter_by_id(connection, raised.newsletter_id)]
    notes = _notes(post, raised, newsletters)
    is_settled = submit_note(post, Debt(alarm, alarm.c.id == alarm_id), notes, now)
    _log.info("alarm_submitted", alarm_id=alarm_id, settled=is_settled)
    return is_settled


def _notes(post: Post, raised: Alarm, newsletters: list[Newsletter]) -> list[Note]:
    """Return a note for each newsletter whose editors have it from no other."""
    ended = f"It ended at {raised.ended_at:%Y-%m-%d %H:%M} UTC." if raised.ended_at else "It is not mended yet."
    text = "\n".join((raised.reason, ended, "", _link(post, ""), ""))
    told: set[str] = set()
    notes = []
    for each in newsletters:
        addresses = [address for address in dict.fromkeys(each.editors.split()) if address not in told]
        told.update(addresses)
        subject = f"Alarm: {_KINDS.get(raised.kind, raised.kind)} ({each.name})"
        notes.append(Note(f"alarm {raised.id}", subject, text, each, addresses))
    return notes


def _link(post: Post, path: str) -> str:
    return f"{post.public_url.rstrip('/')}/console{path}"
