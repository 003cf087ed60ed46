"""Answers that need not be sent twice: validators and the conditions that clients put (RFC 9110 section 13)."""

from datetime import UTC, datetime
from email.utils import format_datetime, parsedate_to_datetime
from hashlib import sha256

from starlette.requests import Request
from starlette.responses import Response


def answer(request: Request, text: bytes, media_type: str, changed_at: datetime) -> Response:
    """Answer 200 with the text and its validators, or 304 when the client holds the same already."""
    whole_second = changed_at.astimezone(UTC).replace(microsecond=0)
    tag = f'"{sha256(text).hexdigest()[:32]}"'
    headers = {
        "ETag": tag,
        "Last-Modified": format_datetime(whole_second, usegmt=True),
        "Cache-Control": "no-cache",
    }
    if _is_known(request, tag, whole_second):
        return Response(status_code=304, headers=headers)
    return Response(text, media_type=media_type, headers=headers)


def _is_known(request: Request, tag: str, changed_at: datetime) -> bool:
    known_tags = request.headers.get("if-none-match")
    if known_tags is not None:  # RFC 9110 section 13.1.3: the date does not count beside a tag.
        tags = {one.strip().removeprefix("W/") for one in known_tags.split(",")}
        return tag in tags or "*" in tags
    try:
        return changed_at <= parsedate_to_datetime(request.headers["if-modified-since"])
    except (KeyError, ValueError, TypeError):
        return False
