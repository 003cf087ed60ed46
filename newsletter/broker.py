"""Celery as we use it: a doorbell on Redis, with no memory of its own.

Work is claimed in the database, so redelivery adds nothing and is off; results, chords and chains are not used.
Every time-out is set because the defaults wait for ever on a broker that is frozen
(docs/adr/0003-celery-rings-the-database-remembers.md).
"""

from celery import Celery

from newsletter.bell import TaskName
from newsletter.broker_url import celery_broker_url
from newsletter.errors import SettingsError

QUEUES = ("gather", "edition", "delivery", "letters", "inbound")
"""One queue a kind of work, so that a source which hangs holds up no mail."""

_QUEUE_OF = {
    TaskName.TICK: "edition",
    TaskName.GATHER_SOURCE: "gather",
    TaskName.READ_PAGES: "gather",
    TaskName.ADVANCE_EDITION: "edition",
    TaskName.RECHECK_EDITION: "gather",
    TaskName.PREFLIGHT_EDITION: "gather",
    TaskName.SUBMIT_EDITION: "delivery",
    TaskName.HANDLE_SIGN_UP: "letters",
    TaskName.SUBMIT_CONFIRMATION: "letters",
    TaskName.SUBMIT_LETTER: "letters",
    TaskName.SUBMIT_ADDRESS_LETTER: "letters",
    TaskName.SUBMIT_PROOF: "delivery",
    TaskName.SUBMIT_VERDICT: "delivery",
    TaskName.SUBMIT_ALARM: "delivery",
    TaskName.HANDLE_INBOUND: "inbound",
    TaskName.POLL_MAILBOX: "inbound",
    TaskName.SUBMIT_REPLY: "letters",
}


def create_broker(redis_url: str) -> Celery:
    """Return Celery set up to ring over ``redis_url``; it knows no task yet. Raises SettingsError without one."""
    if not redis_url:
        raise SettingsError("REDIS_URL is not set.", "Set it, or start the embedded servers with `newsletter up`.")
    celery = Celery("newsletter", broker=celery_broker_url(redis_url), set_as_current=False)
    celery.conf.update(
        task_serializer="json",
        accept_content=["json"],
        task_ignore_result=True,
        task_acks_late=False,
        task_default_queue="edition",
        task_routes={name: {"queue": queue} for name, queue in _QUEUE_OF.items()},
        worker_prefetch_multiplier=1,
        worker_disable_prefetch=True,
        worker_hijack_root_logger=False,
        worker_send_task_events=False,
        broker_connection_retry_on_startup=True,
        broker_connection_max_retries=None,
        broker_transport_options={
            "socket_timeout": 5,
            "socket_connect_timeout": 5,
            "socket_keepalive": True,
            "health_check_interval": 25,
        },
        enable_utc=True,
    )
    return celery
