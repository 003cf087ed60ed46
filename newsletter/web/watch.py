"""The web process looks every minute whether anything runs at all, and mails the alarm itself.

It is the one process that does not depend on workers, beat or the broker: where all of them are dead, it is what
is left to say so.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from datetime import datetime

from fastapi import FastAPI

from newsletter import log
from newsletter.errors import RelayError
from newsletter.schedule.alarms import due_alarms
from newsletter.schedule.mailing import submit_alarm
from newsletter.schedule.watchdog import watch
from newsletter.services import Services

_log = log.get("web")

SECONDS = 60.0
"""Between two looks."""


def look(services: Services, now: datetime, *, has_waited: bool) -> None:
    """Raise the alarms that there is cause for, and mail those that are owed."""
    with services.database.transaction() as connection:
        watch(connection, services.patience, now, has_waited=has_waited)
        owed = due_alarms(connection, now)
    for alarm_id in owed:
        try:
            submit_alarm(services.post, services.workshop.stationery, alarm_id, now)
        except RelayError as error:
            _log.warning("mail_refused", what="alarm", id=alarm_id, error=str(error))
    if owed:
        # Alarms are rare: no connection is kept for them.
        services.post.transport.close()


def watching(
    services: Services, now: Callable[[], datetime], seconds: float = SECONDS
) -> Callable[[FastAPI], AbstractAsyncContextManager[None]]:
    """Return the lifespan of an app that looks every ``seconds`` for as long as it lives."""

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        looking = asyncio.create_task(_look_again(services, now, seconds))
        yield
        looking.cancel()
        with suppress(asyncio.CancelledError):
            await looking

    return lifespan


async def _look_again(services: Services, now: Callable[[], datetime], seconds: float) -> None:
    started_at = time.monotonic()
    while True:
        await asyncio.sleep(seconds)
        has_waited = time.monotonic() - started_at > services.patience.tick.total_seconds()
        try:
            await asyncio.to_thread(look, services, now(), has_waited=has_waited)
        except Exception as error:  # noqa: BLE001 — what is away comes back, and then this must still be here
            _log.warning("watch_blind", kind=type(error).__name__)
