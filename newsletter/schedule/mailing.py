"""What the editors are mailed: each verdict with the facts of its run, and each alarm.

The words around the facts are in the newsletter's language; reasons and errors are as the machine gave them.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from newsletter import log
from newsletter.delivery.correspondence.debt import Debt
from newsletter.delivery.correspondence.note import MOST_ATTEMPTS, Note, submit_note
from newsletter.delivery.post import Post
from newsletter.edition import store
from newsletter.edition.assemble import masthead
from newsletter.edition.rendering.content import Stationery
from newsletter.edition.rendering.facts import Fact
from newsletter.edition.words.phrases import Phrases
from newsletter.edition.words.wording import safe_link
from newsletter.publication.newsletters import Newsletter, get_newsletter_by_id, list_newsletters
from newsletter.schedule.alarms import Alarm, find_alarm
from newsletter.schedule.receipt import receipt
from newsletter.schedule.tables import AlarmKind, alarm, verdict
from newsletter.schedule.verdict import VerdictKind

_log = log.get("schedule")


def submit_verdict(post: Post, stationery: Stationery, edition_id: int, now: datetime) -> bool:
    """Mail an edition's verdict to its editors if that is owed; return whether all had it.

    Raises RelayError when the relay refuses us, and ContentError when a template cannot be used.
    """
    with post.database.transaction() as connection:
        query = sa.select(verdict).where(verdict.c.edition_id == edition_id, verdict.c.mail_due_at <= now)
        given = connection.execute(query).one_or_none()
        if given is None:
            return False
        edition = store.get_edition(connection, edition_id)
        newsletter = get_newsletter_by_id(connection, edition.newsletter_id)
        told = receipt(connection, edition_id)
    phrases = stationery.phrases(newsletter.language)
    ends = _ends(phrases)
    facts = {
        **_told(told),
        "end": ends.get(given.kind, given.kind),
        "date": str(edition.edition_on),
        "day": phrases.day(edition.edition_on),
        "console_url": console_link(post, f"/editions/{edition_id}"),
    }
    content = stationery.write("verdict", masthead(newsletter), facts)
    note = Note(f"verdict {edition_id} {given.kind}", content, newsletter, newsletter.editors.split())
    # Another end that comes while this one is mailed must stay owed.
    is_same = sa.and_(verdict.c.edition_id == edition_id, verdict.c.kind == given.kind)
    debt = Debt(verdict, is_same, MOST_ATTEMPTS)
    is_settled = submit_note(post, debt, [note], now)
    _log.info("verdict_submitted", edition_id=edition_id, settled=is_settled)
    return is_settled


def submit_alarm(post: Post, stationery: Stationery, alarm_id: int, now: datetime) -> bool:
    """Mail an alarm to the editors of its newsletter, or of all, if that is owed; return whether all had it.

    Raises RelayError when the relay refuses us, and ContentError when a template cannot be used.
    """
    with post.database.transaction() as connection:
        raised = find_alarm(connection, alarm_id)
        if raised is None:
            return False
        if raised.newsletter_id is None:
            newsletters = list_newsletters(connection)
        else:
            newsletters = [get_newsletter_by_id(connection, raised.newsletter_id)]
    notes = _notes(post, stationery, raised, newsletters)
    is_settled = submit_note(post, Debt(alarm, alarm.c.id == alarm_id, MOST_ATTEMPTS), notes, now)
    _log.info("alarm_submitted", alarm_id=alarm_id, settled=is_settled)
    return is_settled


def console_link(post: Post, path: str = "") -> str:
    """Return the address of a page of the console."""
    return f"{post.public_url.rstrip('/')}/console{path}"


def _ends(phrases: Phrases) -> dict[str, str]:
    return {
        VerdictKind.SENT: phrases.pgettext("edition", "sent"),
        VerdictKind.SKIPPED: phrases.pgettext("edition", "skipped"),
        VerdictKind.HELD: phrases.pgettext("edition", "held"),
        VerdictKind.FAILED: phrases.pgettext("edition", "failed"),
        VerdictKind.MISSED: phrases.pgettext("edition", "missed"),
    }


def _kinds(phrases: Phrases) -> dict[str, str]:
    return {
        AlarmKind.MISSED: phrases.gettext("An edition was missed"),
        AlarmKind.NO_VERDICT: phrases.gettext("An edition has no verdict"),
        AlarmKind.TICK: phrases.gettext("Nothing runs"),
        AlarmKind.IMPORT: phrases.gettext("Articles are held"),
        AlarmKind.PREFLIGHT: phrases.gettext("An edition's check found a fault"),
        AlarmKind.COMPLAINTS: phrases.gettext("Readers report an edition as spam"),
        AlarmKind.SIGN_UPS: phrases.gettext("Many sign-ups at once"),
    }


def _told(told: Mapping[str, Any]) -> dict[str, Fact]:
    """Return a receipt as the template has it."""
    articles = [
        {
            "place": str(each["place"]),
            "title": each["title"],
            "link": safe_link(each["url"]),
            "source": each["source"],
            "points": f"{each['points']:.1f}",
            "why": each["why"],
        }
        for each in told["articles"]
    ]
    left_out = [
        {
            "title": each["title"],
            "source": each["source"],
            "points": f"{each['points']:.1f}",
            "why": each["left_out"],
        }
        for each in told["left_out"]
    ]
    return {
        "edition": told["edition"],
        "reason": told["reason"],
        "notes": told["notes"],
        "articles": articles,
        "left_out": left_out,
        "failed_sources": [
            {"address": each["url"], "error": each["error"]} for each in told["sources"] if each["error"]
        ],
        "audience": str(told["audience"]),
        "deliveries": _counts(told["deliveries"]),
        "exclusions": _counts(told["exclusions"]),
        "clicks": [{"readers": str(readers), "address": url} for url, readers in told["clicks"].items()],
    }


def _counts(counts: Mapping[str, int]) -> list[dict[str, Fact]]:
    return [{"name": name.replace("_", " "), "count": str(count)} for name, count in counts.items()]


def _notes(post: Post, stationery: Stationery, raised: Alarm, newsletters: list[Newsletter]) -> list[Note]:
    """Return a note for each newsletter whose editors have it from no other."""
    facts: dict[str, Fact] = {
        "reason": raised.reason,
        "ended_at": f"{raised.ended_at:%Y-%m-%d %H:%M} UTC" if raised.ended_at else "",
        "console_url": console_link(post),
    }
    told: set[str] = set()
    notes = []
    for each in newsletters:
        addresses = [address for address in dict.fromkeys(each.editors.split()) if address not in told]
        told.update(addresses)
        if addresses:
            what = _kinds(stationery.phrases(each.language)).get(raised.kind, raised.kind)
            content = stationery.write("alarm", masthead(each), {**facts, "what": what})
            # One that returned is told by another message than the first time.
            key = f"alarm {raised.id} {raised.raised_at.isoformat()}"
            notes.append(Note(key, content, each, addresses))
    return notes
