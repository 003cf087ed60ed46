"""Structured logs: one line an event, with the event's name first.

``docs/operations.md`` explains each event's name, and a test compares it with the code.
Addresses, tokens and secrets never belong in a log line: log ids.
"""

import logging
import sys
from typing import TYPE_CHECKING, cast

import structlog

if TYPE_CHECKING:
    from structlog.stdlib import BoundLogger


def set_up(level: str = "INFO", *, as_json: bool = False) -> None:
    """Send every log line, ours and the libraries', to standard error in one shape."""
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    last: structlog.typing.Processor = (
        structlog.processors.JSONRenderer()
        if as_json
        # The default would print the values of local variables: addresses, tokens, passwords.
        else structlog.dev.ConsoleRenderer(
            colors=sys.stderr.isatty(), exception_formatter=structlog.dev.plain_traceback
        )
    )
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                *([structlog.processors.format_exc_info] if as_json else []),
                last,
            ],
            foreign_pre_chain=shared,
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level.upper())
    # Each request with its whole path would be a line with a reader's token and network address.
    for noisy in ("httpx", "httpcore", "CSSUTILS", "mail.log", "alembic.runtime", "uvicorn.access"):
        logging.getLogger(noisy).setLevel(logging.WARNING)


def get(room: str) -> "BoundLogger":
    """Return the logger of a room."""
    return cast("BoundLogger", structlog.get_logger(room))
