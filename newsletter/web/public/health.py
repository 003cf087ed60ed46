"""Is the process alive, and is everything it leans on."""

from fastapi import APIRouter
from redis import Redis
from redis.exceptions import RedisError
from sqlalchemy.exc import SQLAlchemyError
from starlette.responses import JSONResponse

from newsletter.errors import NewsletterError
from newsletter.schedule.alarms import URGENT, alarms_in_force
from newsletter.schema import pending_migrations
from newsletter.services import Services
from newsletter.web.doorway import Door

router = APIRouter()
_PATIENCE = 2.0


@router.get("/healthz")
def answer() -> JSONResponse:
    """Answer: the process does."""
    return JSONResponse({"status": "ok"})


@router.get("/readyz")
def check(door: Door) -> JSONResponse:
    """Say of each part whether it is ready; 503 when one is not."""
    parts = {**_database(door.services), "broker": _broker(door.services), "schedule": _schedule(door.services)}
    is_ready = all(state == "ok" for state in parts.values())
    return JSONResponse({"status": "ok" if is_ready else "fail", **parts}, 200 if is_ready else 503)


def _database(services: Services) -> dict[str, str]:
    try:
        is_old = pending_migrations(services.database)
    except (NewsletterError, SQLAlchemyError):
        return {"database": "fail", "schema": "unknown"}
    return {"database": "ok", "schema": "old" if is_old else "ok"}


def _schedule(services: Services) -> str:
    """Return why nothing is sent, in the words of the alarms that say so."""
    try:
        with services.database.transaction() as connection:
            alarms = alarms_in_force(connection)
    except (NewsletterError, SQLAlchemyError):
        return "unknown"
    return " ".join(each.reason for each in alarms if each.kind in URGENT) or "ok"


def _broker(services: Services) -> str:
    url = services.settings.redis_url.get_secret_value()
    try:
        with Redis.from_url(url, socket_timeout=_PATIENCE, socket_connect_timeout=_PATIENCE) as broker:
            return "ok" if broker.ping() else "fail"
    except (RedisError, OSError, ValueError):
        return "fail"
