"""The doorman: what holds for every request, before and after its own door.

Looks at the Host, limits the size, answers HEAD as GET without its content, and sees that no answer leaves
without its security headers. Written as plain ASGI so that nothing is buffered.
"""

import traceback
from collections.abc import Callable
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from newsletter import log
from newsletter.config import Settings
from newsletter.web.policy import PAGE

LARGEST_REQUEST = 64 * 1024
"""Bytes; the largest form that we have is a twentieth of it."""

LARGEST_PUSH = 1024 * 1024
"""Bytes that a program may send at once: a hundred articles with their summaries, or a thousand reports."""

_FOR_PROGRAMS = ("/api/", "/hooks/")

_ANY_HOST = frozenset({"/healthz", "/readyz", "/metrics"})
_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1", "0.0.0.0"})  # noqa: S104 — a name to be asked for, not one to listen on
_HEAD = "newsletter.head"
_log = log.get("web")

Refuse = Callable[[Request, int, tuple[str, str] | None], Response]


class Doorman:
    """ASGI middleware. ``refuse`` makes the page of a status, and of what happened and how to mend it."""

    def __init__(self, app: ASGIApp, settings: Settings, refuse: Refuse) -> None:
        self._app = app
        self._refuse = refuse
        self._public_url = settings.public_url
        self._hosts = _LOOPBACK | {urlsplit(settings.public_url).hostname or "", settings.web_host}
        self._headers = {
            "Content-Security-Policy": PAGE,
            "X-Content-Type-Options": "nosniff",
            "Cross-Origin-Opener-Policy": "same-origin",
            "Referrer-Policy": "no-referrer",
            "Cache-Control": "no-store",
        }
        if settings.public_url.startswith("https:"):
            self._headers["Strict-Transport-Security"] = "max-age=31536000"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let a request through, or turn it away."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        is_head = scope["method"] == "HEAD"
        # Under no-referrer a browser says "Origin: null" even to us, and the console's guard could not tell.
        own = {"Referrer-Policy": "same-origin"} if scope["path"].startswith("/console") else {}
        guarded = _Answer(send, {**self._headers, **own}, drop_content=is_head)
        try:
            refusal = self._refusal(scope)
            if refusal is None:
                asked = {**scope, "method": "GET", _HEAD: True} if is_head else scope
                await self._app(asked, _limited(receive, _largest(scope)), guarded.send)
                return
        except Exception:
            # Never the path, nor the values of variables: they may be tokens.
            route = getattr(scope.get("route"), "path", "")
            _log.error("page_failed", route=route, exception=traceback.format_exc())
            if guarded.has_begun:
                raise
            said = ("Something went wrong here.", "It has been noted. Try again in a minute.")
            refusal = self._refuse(Request(scope), 500, said)
        await refusal(scope, receive, guarded.send)

    def _refusal(self, scope: Scope) -> Response | None:
        headers = Headers(scope=scope)
        length = headers.get("content-length", "0")
        if not length.isdecimal() or int(length) > _largest(scope):
            return self._refuse(Request(scope), 413, None)
        try:
            host = urlsplit(f"//{headers.get('host', '')}").hostname
        except ValueError:
            host = None
        if host not in self._hosts and scope["path"] not in _ANY_HOST:
            said = ("This site is reached under another name.", f"Go to {self._public_url} (PUBLIC_URL).")
            return self._refuse(Request(scope), 400, said)
        return None


def came_as_head(scope: Scope) -> bool:
    """Whether a request that is answered as GET asked only for the headers."""
    return _HEAD in scope


class _Answer:
    """Sends an answer on, with every header that it does not set itself."""

    def __init__(self, send: Send, headers: dict[str, str], *, drop_content: bool) -> None:
        self._send = send
        self._headers = headers
        self._drop_content = drop_content
        self.has_begun = False

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.has_begun = True
            headers = MutableHeaders(scope=message)
            for name, value in self._headers.items():
                headers.setdefault(name, value)
        elif self._drop_content:
            message = {**message, "body": b""}
        await self._send(message)


def _largest(scope: Scope) -> int:
    return LARGEST_PUSH if scope["path"].startswith(_FOR_PROGRAMS) else LARGEST_REQUEST


def _limited(receive: Receive, most: int) -> Receive:
    """Return ``receive`` that raises once a request of unknown length grows too large."""
    received = 0

    async def receive_some() -> Message:
        nonlocal received
        message = await receive()
        received += len(message.get("body", b""))
        if received > most:
            raise HTTPException(413)
        return message

    return receive_some
