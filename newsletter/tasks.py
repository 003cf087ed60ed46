"""The tasks: each takes ids, calls one use case, and rings the next bell after the commit.

Where is mail sent? ``submit_edition`` here → ``delivery/drain.py`` → ``delivery/smtp/client.py``.
"""

import gc
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timedelta

import psycopg
from celery import Celery
from celery.signals import setup_logging, worker_process_init, worker_ready, worker_shutting_down
from sqlalchemy.exc import SQLAlchemyError

from newsletter import log
from newsletter.bell import Bell, TaskName
from newsletter.broker import create_broker
from newsletter.config import Settings
from newsletter.db import Database
from newsletter.delivery import control
from newsletter.delivery.correspondence.confirmation import submit_confirmation
from newsletter.delivery.correspondence.letters import submit_letter
from newsletter.delivery.correspondence.moving import submit_address_letter
from newsletter.delivery.drain import drain
from newsletter.delivery.messages.composer import load_copies
from newsletter.delivery.post import Post
from newsletter.delivery.retract import heed_withdrawals
from newsletter.delivery.smtp.client import CredentialsError
from newsletter.edition.choosing.recheck import recheck
from newsletter.edition.rendering.content import Stationery
from newsletter.errors import ConflictError, ContentError, LeaseLostError, RelayError, SettingsError
from newsletter.gather.page.poll import read_pages
from newsletter.gather.polling.poll import poll_source
from newsletter.inbound.desk.answer import submit_answer
from newsletter.inbound_tasks import handle_inbound, poll_inbox
from newsletter.preflight.check import preflight_edition
from newsletter.readers.handling import handle_sign_up
from newsletter.schedule import advance as schedule
from newsletter.schedule.heartbeat import MAILBOX, is_tick_overdue, note_tick, take_turn
from newsletter.schedule.mailing import submit_alarm, submit_verdict
from newsletter.schedule.proofs import submit_proof
from newsletter.schedule.tick import tick
from newsletter.schedule.watchdog import watch
from newsletter.services import CeleryRinger, Services, now
from newsletter.stand_in import StandIn

_log = log.get("tasks")

SUBMIT_SECONDS = 10
"""A submitting task ends itself after this time and rings for the next, so that a deploy never waits long."""

_GARBAGE = 20_000
"""Values made before the collector of garbage looks at the youngest."""

_RECHECKS = 2**30
"""Added to an edition's id for the lock of its last look, which is another than that of its submitting."""

_PREFLIGHTS = 3 * 2**29
"""Added in the same way for the lock of the check before its sending."""

_MAILBOX_PAUSE = timedelta(minutes=1)
"""Between two looks into the mailbox."""

_TICKS_MISSED = 3
"""Ticks that beat may leave out before a worker rings in its place."""


def create_celery(settings: Settings) -> Celery:
    """Return the Celery app with every task of :class:`newsletter.bell.TaskName`, and the tick's timetable."""
    services = Services(settings)
    # Before the fork, so that the pool's processes share it.
    worker_shutting_down.connect(lambda **_: services.closing.ask(), weak=False, dispatch_uid="closing")
    worker_process_init.connect(lambda **_: _settle_memory(), weak=False, dispatch_uid="memory")
    stand_in = _stand_in(services)
    worker_ready.connect(lambda **_: stand_in.start(), weak=False, dispatch_uid="stand-in")
    celery = create_broker(settings.redis_url.get_secret_value())
    setup_logging.connect(
        lambda **_: log.set_up(settings.log_level, as_json=settings.log_json), weak=False, dispatch_uid="log"
    )
    tasks: dict[TaskName, Callable[..., None]] = {
        TaskName.TICK: ring_tick,
        TaskName.GATHER_SOURCE: gather_source,
        TaskName.READ_PAGES: read_article_pages,
        TaskName.ADVANCE_EDITION: advance_edition,
        TaskName.RECHECK_EDITION: recheck_edition,
        TaskName.PREFLIGHT_EDITION: check_edition,
        TaskName.SUBMIT_EDITION: submit_edition,
        TaskName.HANDLE_SIGN_UP: decide_sign_up,
        TaskName.SUBMIT_CONFIRMATION: confirm_subscription,
        TaskName.SUBMIT_LETTER: mail_letter,
        TaskName.SUBMIT_ADDRESS_LETTER: mail_address_letter,
        TaskName.SUBMIT_PROOF: show_proof,
        TaskName.SUBMIT_VERDICT: tell_verdict,
        TaskName.SUBMIT_ALARM: tell_alarm,
        TaskName.HANDLE_INBOUND: handle_inbound,
        TaskName.POLL_MAILBOX: poll_inbox,
        TaskName.SUBMIT_REPLY: mail_answer,
    }
    for name, function in tasks.items():
        celery.task(_bound(function, services), name=name)
    seconds = settings.tick_interval.total_seconds()
    celery.conf.beat_schedule = {
        # An unheard tick is worthless once the next has rung.
        "tick": {"task": TaskName.TICK, "schedule": seconds, "options": {"expires": seconds}},
    }
    return celery


def from_environment() -> Celery:
    """Return the app of the environment's settings; one that cannot be used ends the process with a sentence."""
    try:
        settings = Settings.from_environment()
        Services(settings).check()
        return create_celery(settings)
    except SettingsError as error:
        raise SystemExit(f"newsletter: {error}") from None


def _settle_memory() -> None:
    """Let the collector of garbage leave alone what a process starts with, and look less often.

    A page of readers is thousands of values that live for a moment; by default each few hundred of them would
    have it walk over every library that is loaded.
    """
    gc.freeze()
    gc.set_threshold(_GARBAGE, 20, 50)


def _stand_in(services: Services) -> StandIn:
    settings = services.settings
    patience = _TICKS_MISSED * settings.tick_interval
    # It runs in the process that forks all others, so nothing of it may be theirs.
    database = Database(settings.database_url.get_secret_value(), "newsletter stand-in", keeps_connections=False)
    ringer = CeleryRinger(settings.redis_url.get_secret_value())

    def is_overdue() -> bool:
        with database.transaction() as connection:
            return is_tick_overdue(connection, patience)

    def ring() -> None:
        ringer.ring([Bell(TaskName.TICK)])

    started_at = time.monotonic()

    def look() -> None:
        # Alarms alone; the web process mails them, or the next tick.
        has_waited = time.monotonic() - started_at > services.patience.tick.total_seconds()
        with database.transaction() as connection:
            watch(connection, services.patience, now(), has_waited=has_waited)

    return StandIn(settings.tick_interval.total_seconds(), is_overdue, ring, look)


def _bound(function: Callable[..., None], services: Services) -> Callable[..., None]:
    def task(*ids: int) -> None:
        function(services, *ids)

    task.__doc__ = function.__doc__
    return task


def ring_tick(services: Services) -> None:
    """Create what is due and ring for everything that waits."""
    _recover(services)
    with services.database.transaction() as connection:
        note_tick(connection)
        bells = tick(connection, now())
        if services.mailbox is not None and take_turn(connection, MAILBOX, _MAILBOX_PAUSE, now()):
            bells.append(Bell(TaskName.POLL_MAILBOX))
    services.ringer.ring(bells)
    services.ledger.tidy()


def gather_source(services: Services, source_id: int) -> None:
    """Poll one source, and wake the editions that waited for it; a bell rung twice is one poll."""
    with services.database.transaction() as connection:
        if schedule.is_stale(connection, source_id, now()):
            return
    if poll_source(services.database, source_id, services.manners, now) is None:
        return
    with services.database.transaction() as connection:
        taken_back = heed_withdrawals(connection, now())
        bells = schedule.bells_for_source(connection, source_id, now())
    services.ringer.ring([*taken_back, *bells])


def read_article_pages(services: Services, source_id: int) -> None:
    """Read the pages of a source's articles that are due, for as long as one task may."""
    read_pages(services.database, source_id, services.manners, now)


def advance_edition(services: Services, edition_id: int) -> None:
    """Take an edition as far as it can go now."""
    try:
        with services.database.transaction() as connection:
            bells = schedule.advance(connection, edition_id, services.workshop, services.pace, now())
    except ConflictError as error:
        # Another task took the same step first; what it did not do, the tick rings for.
        _log.info("edition_moved_already", edition_id=edition_id, error=str(error))
        return
    services.ringer.ring(bells)


def recheck_edition(services: Services, edition_id: int) -> None:
    """Look once more at the pages of what an edition would choose, and take it on; one task at a time."""
    with services.database.one_of_few(_RECHECKS + edition_id, 1) as may_look:
        if not may_look:
            return
        recheck(services.database, edition_id, services.manners.policy, now)
    services.ringer.ring([Bell(TaskName.ADVANCE_EDITION, edition_id)])


def check_edition(services: Services, edition_id: int) -> None:
    """Check what an edition's readers would get, and take it on; one task at a time."""
    with services.database.one_of_few(_PREFLIGHTS + edition_id, 1) as may_check:
        if not may_check:
            return
        preflight_edition(services.post, services.manners.policy, edition_id, now)
    services.ringer.ring([Bell(TaskName.ADVANCE_EDITION, edition_id)])


def submit_edition(services: Services, edition_id: int) -> None:
    """Submit deliveries of an edition until none is due, or the time of one task is over.

    Only a few do so at once: a bell too many must not take the place of other mail.
    """
    _recover(services)
    with (
        services.closing.put_off(),
        services.database.one_of_few(edition_id, services.pace.submitters) as may_submit,
    ):
        if may_submit:
            _submit_for_a_while(services, edition_id)


def _recover(services: Services) -> None:
    """Take over what dead tasks held; where that fails, as without a journal's disk, all else goes on."""
    try:
        services.ledger.recover()
    except SettingsError as error:
        _log.error("recovery_failed", error=str(error))


def _submit_for_a_while(services: Services, edition_id: int) -> None:
    ends_at = time.monotonic() + SUBMIT_SECONDS
    try:
        copies = load_copies(services.post, edition_id, with_sections=True)
        drained = drain(
            services.post,
            services.way,
            copies,
            lambda: time.monotonic() < ends_at and not services.closing.is_asked_for,
        )
    except ContentError as error:
        # What fails for one reader here fails for all of them: an operator must look.
        _pause(services, edition_id, str(error))
        return
    except (LeaseLostError, RelayError, SettingsError, SQLAlchemyError, psycopg.Error, OSError) as error:
        # Another task goes on with it, or nobody can: the tick rings again.
        _log.warning("drain_ended", edition_id=edition_id, kind=type(error).__name__, error=str(error))
        return
    if drained.tripped or isinstance(drained.trouble, CredentialsError):
        _pause(services, edition_id, drained.tripped or str(drained.trouble))
    # Nobody's attempt is spent by a relay's trouble; the tick rings again, which is the relay's pause.
    elif drained.had_work and not drained.trouble:
        services.ringer.ring([Bell(TaskName.ADVANCE_EDITION, edition_id)])


def _pause(services: Services, edition_id: int, reason: str) -> None:
    with suppress(ConflictError), services.database.transaction() as connection:
        control.pause(connection, edition_id, reason)


def decide_sign_up(services: Services, sign_up_id: int) -> None:
    """Decide what follows from a sign-up, and ring for the confirmation that it is owed."""
    with services.database.transaction() as connection:
        owed = handle_sign_up(connection, services.gate, sign_up_id, now())
    if owed is not None:
        services.ringer.ring([Bell(TaskName.SUBMIT_CONFIRMATION, owed)])


def confirm_subscription(services: Services, subscription_id: int) -> None:
    """Mail the confirmation that a subscription is owed."""
    _mail(services, services.letter_post, "confirmation", submit_confirmation, subscription_id)


def mail_letter(services: Services, letter_id: int) -> None:
    """Mail a welcome, a goodbye or a data letter, if it is owed."""
    _mail(services, services.letter_post, "letter", submit_letter, letter_id)


def mail_address_letter(services: Services, side_id: int) -> None:
    """Ask one mailbox whether it agrees to a change of address, if that is owed."""
    _mail(services, services.letter_post, "address", submit_address_letter, side_id)


def show_proof(services: Services, edition_id: int) -> None:
    """Mail the proof of an edition that is ready to its editors, if that is owed."""
    _mail(services, services.post, "proof", submit_proof, edition_id)


def tell_verdict(services: Services, edition_id: int) -> None:
    """Mail an edition's verdict to its editors, if that is owed."""
    _mail(services, services.post, "verdict", submit_verdict, edition_id)


def tell_alarm(services: Services, alarm_id: int) -> None:
    """Mail an alarm to the editors, if that is owed."""
    _mail(services, services.post, "alarm", submit_alarm, alarm_id)


def mail_answer(services: Services, reply_id: int) -> None:
    """Mail the answer to somebody who wrote to us, if it is owed."""
    _mail(services, services.letter_post, "answer", submit_answer, reply_id)


def _mail(
    services: Services,
    post: Post,
    what: str,
    submit: Callable[[Post, Stationery, int, datetime], bool],
    number: int,
) -> None:
    """Mail what a row owes; where the relay refuses us it stays owed.

    Where the publisher's own templates cannot be used, ours take their place: whoever confirms, and whoever must
    be told what is wrong, does not wait for them to be mended.
    """
    theirs = services.workshop.stationery
    try:
        try:
            submit(post, theirs, number, now())
        except ContentError as error:
            _log.error("template_set_aside", what=what, id=number, error=str(error))
            submit(post, theirs.ours, number, now())
    except RelayError as error:
        _log.warning("mail_refused", what=what, id=number, error=str(error))
    except ContentError as error:
        _log.error("mail_unwritten", what=what, id=number, error=str(error))
