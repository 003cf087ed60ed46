"""POST /hooks/…: what relays' operators tell us by themselves. Nobody reads the answers but their programs."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from fastapi import APIRouter, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import JSONResponse, Response

from newsletter import log
from newsletter.errors import NewsletterError
from newsletter.inbound.report.pushed import Believed, accept_pushed, forget_calls, use_once
from newsletter.inbound.report.record import Outcome
from newsletter.web.doorway import Door, Doorway
from newsletter.web.hooks.hook import Call, ForgedError, Hook, Told

KEPT = timedelta(hours=1)
"""How long a call that may be heard once is remembered: longer than its signature is good."""

_log = log.get("web")


def create_router(hooks: Mapping[str, Hook]) -> APIRouter:
    """Return the router of these hooks; the others are not there (404)."""
    router = APIRouter()

    @router.post("/hooks/{name}")
    async def hear(door: Door, request: Request, name: str) -> Response:
        """Take what is told, all of it or nothing; what was told before is taken again and changes nothing."""
        hook = hooks.get(name)
        if hook is None:
            return JSONResponse({"error": "There is no such hook, or its setting is empty."}, 404)
        headers = {key.lower(): value for key, value in request.headers.items()}
        call = Call(headers, await request.body())
        return await run_in_threadpool(_answer, door, name, hook, call)

    return router


def _answer(door: Doorway, name: str, hook: Hook, call: Call) -> Response:
    now = door.now()
    try:
        told = hook.hear(call, now)
        outcomes = _take(door, name, told, now)
    except NewsletterError as error:
        _log.warning("hook_refused", hook=name, status=error.status, error=str(error))
        return JSONResponse({"error": error.what}, error.status)
    _log.info("hook_heard", hook=name, reports=len(outcomes))
    return JSONResponse({"reports": len(outcomes), "not_ours": outcomes.count(Outcome.NOT_OURS)})


def _take(door: Doorway, name: str, told: Told, now: datetime) -> list[Outcome]:
    settings = door.services.settings
    believed = Believed(name, door.services.tokens, settings.bounce_limit)
    # In one order everywhere: two calls about the same readers wait for each other, and never both.
    reports = sorted(told.reports, key=lambda each: each.reported.recipient.lower())
    with door.services.database.transaction() as connection:
        if told.once and not use_once(connection, name, told.once, now):
            raise ForgedError("This call was made before.")
        forget_calls(connection, now - KEPT)
        return [accept_pushed(connection, believed, each, now) for each in reports]
