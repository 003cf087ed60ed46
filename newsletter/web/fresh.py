"""Answers that a browser or a feed reader may keep, and ask for again only where they changed (RFC 9110 §13)."""

import hashlib
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import format_datetime, parsedate_to_datetime

from fastapi import Request
from starlette.responses import Response

KEPT = "public, max-age=300"
"""Five minutes: a correction is on the page before the next reader complains of it."""

_TAG_LENGTH = 32


def answer_fresh(
    request: Request, content: bytes, media_type: str, changed_at: datetime, headers: Mapping[str, str]
) -> Response:
    """Return the content with what tells its age, or 304 without it where the asker has it already.

    ``changed_at`` is aware; an answer has no part of a second (RFC 9110 §5.6.7).
    """
    tag = f'"{hashlib.sha256(content).hexdigest()[:_TAG_LENGTH]}"'
    dated = changed_at.astimezone(UTC).replace(microsecond=0)
    told = {
        "Cache-Control": KEPT,
        "ETag": tag,
        "Last-Modified": format_datetime(dated, usegmt=True),
        **headers,
    }
    if is_known(request.headers, tag, dated):
        return Response(status_code=304, headers=told)
    return Response(content, media_type=media_type, headers=told)


def is_known(asked: Mapping[str, str], tag: str, changed_at: datetime) -> bool:
    """Whether a request's conditions say that the asker has what carries this tag and date. Pure.

    If-None-Match decides alone where it is given (RFC 9110 §13.2.2), and compares weakly (§8.8.3.2).
    """
    tags = asked.get("if-none-match")
    if tags is not None:
        return tags.strip() == "*" or tag in {each.strip().removeprefix("W/") for each in tags.split(",")}
    try:
        since = parsedate_to_datetime(asked.get("if-modified-since", ""))
    except ValueError:
        return False
    return since.tzinfo is not None and changed_at <= since
