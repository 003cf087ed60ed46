"""Proofs: an edition that is ready and waits for its time, mailed to its editors as a reader would get it.

On top of it stands a box: when it goes out, what its check found, and where it can be held, changed or sent. It is
in the newsletter's own language; the box names the others, which the console shows. Assembled anew it is proved
anew, and the proofs are counted. What somebody sends at once has none: nobody could act on it.
"""

import re
from collections.abc import Sequence
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from newsletter import log
from newsletter.delivery.correspondence.debt import Debt
from newsletter.delivery.correspondence.note import MOST_ATTEMPTS, Note, submit_note
from newsletter.delivery.correspondence.rhythm import hour
from newsletter.delivery.post import Post
from newsletter.edition import store
from newsletter.edition.assemble import masthead
from newsletter.edition.copies import nobodys_copy, nobodys_text
from newsletter.edition.rendering.content import Content, Stationery
from newsletter.edition.rendering.facts import Fact
from newsletter.edition.states import EditionState
from newsletter.edition.store import Edition, FrozenContent
from newsletter.edition.tables import PUBLIC_KINDS
from newsletter.edition.tables import edition as edition_table
from newsletter.edition.words.phrases import own_name
from newsletter.preflight.tables import preflight
from newsletter.publication.newsletters import Newsletter, get_newsletter_by_id
from newsletter.publication.tables import newsletter as newsletter_table
from newsletter.schedule.mailing import console_link
from newsletter.schedule.tables import proof

_log = log.get("schedule")

PREFLIGHT_LIMIT = timedelta(minutes=2)
"""How long a proof waits for the edition's check."""

_BODY = re.compile(r"<body\b[^>]*>", re.IGNORECASE)
_COLUMNS = edition_table.c
_WAS_CHECKED = sa.exists().where(
    preflight.c.edition_id == proof.c.edition_id, preflight.c.content_hash == proof.c.content_hash
)


def owe_proofs(connection: sa.Connection, now: datetime) -> None:
    """Owe the editors a proof of each edition that is ready and waits, and another once it was assembled anew."""
    goes_at_once = sa.and_(_COLUMNS.sends_when_ready, _COLUMNS.due_at <= now)
    waiting = (
        sa.select(_COLUMNS.id, _COLUMNS.content_hash, sa.literal(now))
        .join(newsletter_table, newsletter_table.c.id == _COLUMNS.newsletter_id)
        .where(_COLUMNS.state == EditionState.READY, _COLUMNS.kind.in_(PUBLIC_KINDS), ~goes_at_once)
        .where(_COLUMNS.subscription_ids.is_(None))
        .where(newsletter_table.c.proof, newsletter_table.c.editors != "")
    )
    row = insert(proof).from_select(["edition_id", "content_hash", "mail_due_at"], waiting)
    anew = row.on_conflict_do_update(
        index_elements=["edition_id"],
        set_={
            "content_hash": row.excluded.content_hash,
            # One that nobody was mailed is not counted.
            "number": proof.c.number + sa.case((proof.c.mail_attempts > 0, 1), else_=0),
            "mail_due_at": row.excluded.mail_due_at,
            "mail_attempts": 0,
            "mail_settled": row.excluded.mail_settled,
        },
        where=proof.c.content_hash != row.excluded.content_hash,
    )
    connection.execute(anew)


def due_proofs(connection: sa.Connection, now: datetime) -> list[int]:
    """Return the editions whose proof is to be mailed now: they were checked, or that takes too long."""
    has_waited = proof.c.mail_due_at <= now - PREFLIGHT_LIMIT
    query = sa.select(proof.c.edition_id).where(proof.c.mail_due_at <= now, sa.or_(_WAS_CHECKED, has_waited))
    return list(connection.execute(query.order_by(proof.c.mail_due_at, proof.c.edition_id)).scalars())


def submit_proof(post: Post, stationery: Stationery, edition_id: int, now: datetime) -> bool:
    """Mail an edition's proof to its editors if that is owed and it still waits; return whether all had it.

    Raises RelayError when the relay refuses us, and ContentError when a template cannot be used.
    """
    debt = Debt(proof, proof.c.edition_id == edition_id, MOST_ATTEMPTS)
    with post.database.transaction() as connection:
        owed = connection.execute(sa.select(proof).where(debt.holds, proof.c.mail_due_at <= now)).one_or_none()
        if owed is None:
            return False
        edition = store.get_edition(connection, edition_id)
        if edition.state is not EditionState.READY:
            debt.pay(connection)
            return False
        if edition.content_hash != owed.content_hash:
            # Made anew meanwhile; the tick owes a proof of that.
            return False
        newsletter = get_newsletter_by_id(connection, edition.newsletter_id)
        contents = store.get_contents(connection, edition_id)
        facts = {
            **_standing(post, stationery, newsletter, edition),
            **_checked(connection, newsletter, edition),
            "number": str(owed.number) if owed.number > 1 else "",
            "languages": [own_name(each.language) for each in contents[1:]],
        }
    content = _boxed(post, stationery, newsletter, contents[0], facts)
    key = f"proof {edition_id} {owed.content_hash}"
    # Made anew while it is mailed, it owes another: that one must stay owed.
    debt = Debt(proof, sa.and_(debt.holds, proof.c.content_hash == owed.content_hash), MOST_ATTEMPTS)
    is_settled = submit_note(post, debt, [Note(key, content, newsletter, newsletter.editors.split())], now)
    _log.info("proof_submitted", edition_id=edition_id, number=owed.number, settled=is_settled)
    return is_settled


def _standing(post: Post, stationery: Stationery, newsletter: Newsletter, edition: Edition) -> dict[str, Fact]:
    """Return when it goes out, where from, and what is noted of it."""
    phrases = stationery.phrases(newsletter.language)
    at = edition.due_at.astimezone(newsletter.timezone)
    return {
        "day": phrases.day(at.date()) if edition.sends_when_ready else "",
        "hour": hour(at.time(), phrases),
        "notes": edition.notes,
        "edition_url": console_link(post, f"/editions/{edition.id}"),
        "candidates_url": console_link(post, f"/newsletters/{edition.slug}/candidates"),
    }


def _checked(connection: sa.Connection, newsletter: Newsletter, edition: Edition) -> dict[str, Fact]:
    """Return what the edition's check found of this content; no outcome where it was not checked."""
    query = sa.select(preflight.c.outcome, preflight.c.findings, preflight.c.overruled_by).where(
        preflight.c.edition_id == edition.id, preflight.c.content_hash == edition.content_hash
    )
    row = connection.execute(query).one_or_none()
    if row is None:
        return {"outcome": "", "findings": [], "is_held": ""}
    is_held = row.outcome == "block" and newsletter.preflight_holds and not row.overruled_by
    names = ("outcome", "what", "where", "mend")
    findings = [
        {name: str(each.get(name) or "") for name in names}
        for each in row.findings
        if each.get("outcome") != "pass"
    ]
    return {"outcome": row.outcome, "findings": findings, "is_held": "yes" if is_held else ""}


def _boxed(
    post: Post, stationery: Stationery, newsletter: Newsletter, frozen: FrozenContent, facts: dict[str, Fact]
) -> Content:
    """Return the edition's own text and HTML with the box on top. Its personal links are nobody's."""
    paper, home = masthead(newsletter), post.public_url.rstrip("/")
    facts = {**facts, "headline": frozen.subject}
    subject = stationery.insert("email/proof/subject.txt", paper, facts).strip()
    reader = stationery.phrases(newsletter.language).gettext("a reader")
    text, html = nobodys_text(frozen, home, reader), nobodys_copy(frozen, home, reader)
    box = stationery.insert("email/proof/box.html", paper, facts)
    over = _tidied(stationery.insert("email/proof/box.txt", paper, facts).split("\n"))
    return Content(
        subject=subject,
        preheader=frozen.preheader,
        text=f"{over}\n\n{text}",
        html=_BODY.sub(lambda body: body.group() + box, html, count=1),
        marker=frozen.marker,
    )


def _tidied(lines: Sequence[str]) -> str:
    return re.sub(r"\n{3,}", "\n\n", "\n".join(line.rstrip() for line in lines)).strip()
