"""The tasks: each takes ids, calls one use case, and rings the next bell after the commit.

Where is mail sent? ``submit_edition`` here → ``delivery/submit.py`` → ``delivery/smtp.py``.
"""

import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from celery import Celery
from celery.signals import setup_logging

from newsletter import log
from newsletter.bell import Bell, TaskName
from newsletter.broker import create_broker
from newsletter.config import Settings
from newsletter.delivery import control
from newsletter.delivery.confirmation import submit_confirmation
from newsletter.delivery.smtp import CredentialsError
from newsletter.delivery.submit import load_copy, submit_batch
from newsletter.errors import ConflictError, ContentError, RelayError, SettingsError
from newsletter.gather.poll import poll_source
from newsletter.schedule import advance as schedule
from newsletter.schedule.tick import tick
from newsletter.services import Services, now

_log = log.get("tasks")

SUBMIT_SECONDS = 10
"""A submitting task ends itself after this time and rings for the next, so that a deploy never waits long."""


def create_celery(settings: Settings) -> Celery:
    """Return the Celery app with every task of :class:`newsletter.bell.TaskName`, and the tick's timetable."""
    services = Services(settings)
    celery = create_broker(settings.redis_url.get_secret_value())
    setup_logging.connect(
        lambda **_: log.set_up(settings.log_level, as_json=settings.log_json), weak=False, dispatch_uid="log"
    )
    tasks: dict[TaskName, Callable[..., None]] = {
        TaskName.TICK: ring_tick,
        TaskName.GATHER_SOURCE: gather_source,
        TaskName.ADVANCE_EDITION: advance_edition,
        TaskName.SUBMIT_EDITION: submit_edition,
        TaskName.SUBMIT_CONFIRMATION: confirm_subscription,
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


def _bound(function: Callable[..., None], services: Services) -> Callable[..., None]:
    def task(*ids: int) -> None:
        function(services, *ids)

    task.__doc__ = function.__doc__
    return task


def ring_tick(services: Services) -> None:
    """Create what is due and ring for everything that waits."""
    with services.database.transaction() as connection:
        bells = tick(connection, now())
    services.ringer.ring(bells)


def gather_source(services: Services, source_id: int) -> None:
    """Poll one source, and wake the editions that waited for it."""
    if poll_source(services.database, source_id, services.manners, now) is None:
        return
    with services.database.transaction() as connection:
        bells = schedule.bells_for_source(connection, source_id, now())
    services.ringer.ring(bells)


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


def submit_edition(services: Services, edition_id: int) -> None:
    """Submit deliveries of an edition until none is due, or the time of one task is over.

    Only a few do so at once: a bell too many must not take the place of other mail.
    """
    with services.database.one_of_few(edition_id, services.pace.submitters) as may_submit:
        if may_submit:
            _submit_for_a_while(services, edition_id)


def _submit_for_a_while(services: Services, edition_id: int) -> None:
    ends_at = time.monotonic() + SUBMIT_SECONDS

    def go_on() -> bool:
        return time.monotonic() < ends_at

    try:
        copy = load_copy(services.post, edition_id)
        while go_on():
            batch = services.ledger.claim(edition_id, services.settings.batch_size)
            if not batch:
                break
            submit_batch(services.post, services.ledger, copy, batch, go_on)
    except (CredentialsError, ContentError) as error:
        # What fails for one reader here fails for all of them: an operator must look.
        with suppress(ConflictError), services.database.transaction() as connection:
            control.pause(connection, edition_id, str(error))
        return
    except RelayError:
        # Nobody's attempt was spent; the tick rings again, which is the relay's pause.
        return
    services.ringer.ring([Bell(TaskName.ADVANCE_EDITION, edition_id)])


def confirm_subscription(services: Services, subscription_id: int) -> None:
    """Mail the confirmation that a subscription is owed."""
    try:
        submit_confirmation(services.post, services.workshop.stationery, subscription_id, now())
    except RelayError as error:
        _log.warning("relay_refused", subscription_id=subscription_id, error=str(error))
    except ContentError as error:
        _log.error("confirmation_unwritten", subscription_id=subscription_id, error=str(error))


def task_table(celery: Celery) -> dict[str, Any]:
    """Return the tasks that the app has, by name, without Celery's own."""
    return {name: task for name, task in celery.tasks.items() if not name.startswith("celery.")}
