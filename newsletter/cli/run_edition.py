"""Ask for an edition and watch it to its end, through the same tasks that the timetable uses."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from newsletter.bell import Bell, TaskName
from newsletter.cli.receipt import receipt
from newsletter.edition import store
from newsletter.edition.states import EditionState
from newsletter.errors import ConflictError, SettingsError
from newsletter.gather.polling.sources import put_source
from newsletter.gather.tables import SourceKind
from newsletter.publication.rules import is_web_address
from newsletter.readers.address import read_address
from newsletter.readers.store import Origin
from newsletter.readers.subscribe import add_reader
from newsletter.readers.suppressions import find_suppression
from newsletter.schedule.request import Answer
from newsletter.schedule.verdict import VerdictKind
from newsletter.services import Services, now
from newsletter.tokens import Tokens

_ENDED = {
    EditionState.DONE,
    EditionState.SKIPPED,
    EditionState.FAILED,
    EditionState.MISSED,
    EditionState.PAUSED,
    EditionState.CANCELLED,
}
_LOOK = timedelta(milliseconds=200)
_RING_AGAIN = timedelta(seconds=5)


@dataclass(frozen=True, slots=True)
class Watch:
    """How long to watch, and whom to tell what is seen."""

    patience: timedelta
    tell: Callable[[str], None]


def put_feeds(connection: sa.Connection, feeds: Sequence[str]) -> tuple[int, ...]:
    """Return the sources for feeds named on the command line, each an address or a file.

    Raises SettingsError for what is neither.
    """
    return tuple(_put_feed(connection, feed) for feed in feeds)


def _put_feed(connection: sa.Connection, feed: str) -> int:
    if is_web_address(feed):
        return put_source(connection, feed, SourceKind.FEED)
    path = Path(feed).expanduser().resolve()
    if not path.is_file():
        raise SettingsError(f"{feed} is no file and no http or https address.", "Check --feed.")
    return put_source(connection, path.as_uri(), SourceKind.FILE)


def add_addresses(
    connection: sa.Connection, tokens: Tokens, newsletter_id: int, addresses: Sequence[str]
) -> tuple[int, ...]:
    """Put addresses on a newsletter on the operator's word; return their subscriptions.

    Raises AddressError for what is none, ConflictError for one whose reader had everything erased.
    """
    mailable = [read_address(address) for address in addresses]
    for address in mailable:
        _refuse_erased(connection, tokens, address)
    origin = Origin("command line")
    return tuple(add_reader(connection, newsletter_id, address, origin, now()) for address in mailable)


def _refuse_erased(connection: sa.Connection, tokens: Tokens, address: str) -> None:
    found = find_suppression(connection, tokens, address, now())
    if found is not None and found.address_hash is not None:
        raise ConflictError(
            f"The reader of {address} had everything erased, and was not added.",
            "Only they can come back, with the form; or take it back with `newsletter suppressions lift`.",
        )


def run_edition(services: Services, ask: Callable[[sa.Connection], Answer], watch: Watch) -> dict[str, Any]:
    """Ask for an edition, watch it to its end and return the receipt.

    Asked for again when it has gone to everybody, the receipt's verdict is that this run was skipped.
    """
    with services.database.transaction() as connection:
        answer = ask(connection)
    if not answer.is_new:
        with services.database.transaction() as connection:
            told = receipt(connection, answer.edition_id)
        if told["verdict"] == VerdictKind.SENT:
            told["reason"] = f"It was sent already, and nobody has joined since. {told['reason']}"
            told["verdict"] = VerdictKind.SKIPPED.value
        return told
    services.ringer.ring(answer.bells)
    return watch_edition(services, answer.edition_id, watch)


def watch_edition(services: Services, edition_id: int, watch: Watch) -> dict[str, Any]:
    """Return the receipt once the edition has ended, or when patience has."""
    deadline = time.monotonic() + watch.patience.total_seconds()
    rung_at, seen = time.monotonic(), ""
    while True:
        with services.database.transaction() as connection:
            edition = store.get_edition(connection, edition_id)
        if edition.state != seen:
            seen = edition.state
            watch.tell(f"{edition.name}: {seen}")
        # One that is ready and has a reason is held by the check before its sending, until a person looks.
        is_held = edition.state is EditionState.READY and edition.reason != ""
        if edition.state in _ENDED or is_held or time.monotonic() > deadline:
            with services.database.transaction() as connection:
                return receipt(connection, edition_id)
        if time.monotonic() - rung_at > _RING_AGAIN.total_seconds():
            services.ringer.ring([Bell(TaskName.ADVANCE_EDITION, edition_id)])
            rung_at = time.monotonic()
        time.sleep(_LOOK.total_seconds())
