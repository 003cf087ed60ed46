"""The use case: compose an edition as the sending would, look at it in every way, and keep what was found."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

from newsletter import log
from newsletter.delivery.messages.composer import Copy, compose_copy, load_copies
from newsletter.delivery.post import Post
from newsletter.edition import store
from newsletter.errors import ContentError
from newsletter.gather.http.network import FetchPolicy
from newsletter.preflight.alive import Scout
from newsletter.preflight.expected import Expected
from newsletter.preflight.finding import Finding, Outcome, block
from newsletter.preflight.inspect import inspect
from newsletter.preflight.store import Checked, find_check, save_check

_log = log.get("preflight")

NOBODY = "reader@example.org"
"""To whom the checked message is addressed; its links are signed for no subscription."""

COMPOSING = "composing"

_JUST_NOW = timedelta(seconds=10)
"""A check that old is not made again because a bell was rung twice."""


def preflight_edition(
    post: Post, policy: FetchPolicy, edition_id: int, clock: Callable[[], datetime], *, again: bool = False
) -> Checked | None:
    """Check what an edition's readers would get, in each of its languages, and keep what was found.

    Nothing is asked inside a transaction. Checked just now it is left as it is, unless asked ``again``; made anew
    meanwhile, what was found is of no use and is not kept. Raises NotFoundError before there is any content.
    """
    with post.database.transaction() as connection:
        edition = store.get_edition(connection, edition_id)
        known = find_check(connection, edition)
    if known is not None and not again and known.checked_at > clock() - _JUST_NOW:
        return known
    try:
        copies = load_copies(post, edition_id)
        edition = copies[0].edition
        scout = Scout(policy, post.public_url)
        findings = [each for copy in copies for each in _inspect(post, copy, scout, len(copies) > 1)]
    except ContentError as error:
        findings = [replace(block(error.what, "the message", error.mend), check=COMPOSING)]
    with post.database.transaction() as connection:
        if store.get_edition(connection, edition_id, lock=True).content_hash != edition.content_hash:
            return None
        outcome = save_check(connection, edition, findings, clock())
        checked = find_check(connection, edition)
    blocks = [f"{each.check}: {each.what}" for each in findings if each.outcome is Outcome.BLOCK]
    _log.info("edition_checked", edition_id=edition_id, outcome=outcome, blocks=blocks)
    return checked


def _inspect(post: Post, copy: Copy, scout: Scout, names_language: bool) -> list[Finding]:
    raw = compose_copy(post, copy, 0, NOBODY)
    expected = Expected(post.public_url, copy.newsletter.postal_address)
    language = copy.content.language if names_language else ""
    return [replace(each, language=language) for each in inspect(raw, expected, scout, copy.content.links)]
