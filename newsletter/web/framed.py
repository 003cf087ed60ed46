"""Mail shown inside a page of ours: sandboxed, and its links open beside it."""

import re

from starlette.responses import HTMLResponse

from newsletter.web.policy import FRAMED

_HEAD = re.compile(r"<head\b[^>]*>", re.IGNORECASE)
# Where most of them lead, our own pages, refuses to be framed.
_OPEN_BESIDE = '<base target="_blank">'


def show_framed(html: str) -> HTMLResponse:
    """Return mail's HTML as the content of a frame."""
    beside = _HEAD.sub(lambda head: head.group() + _OPEN_BESIDE, html, count=1)
    return HTMLResponse(beside, headers={"Content-Security-Policy": FRAMED})
