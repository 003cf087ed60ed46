"""A web server on loopback that misbehaves as told."""

import threading
from collections.abc import Callable
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

Route = Callable[["Visit"], None]


class Visit(BaseHTTPRequestHandler):
    """One request to the misbehaving server."""

    server: "Server"

    def do_GET(self) -> None:
        """Answer as the route says; a client that hung up is no error here."""
        self.server.visits.append(self.path)
        self.server.headers_seen.append(dict(self.headers.items()))
        with suppress(OSError):
            self.server.routes[self.path](self)

    def answer(self, status: int, content: bytes = b"", **headers: str) -> None:
        """Send a whole answer; header names are written with underscores."""
        self.start(status, **headers)
        self.put(content)

    def start(self, status: int, **headers: str) -> None:
        """Send the status line and the headers."""
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()

    def put(self, content: bytes) -> None:
        """Send content, and count what the client's side took."""
        self.wfile.write(content)
        self.server.sent += len(content)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


class Server(ThreadingHTTPServer):
    """Routes by path; ``sent`` counts content bytes, ``over`` is set when the test is."""

    daemon_threads = True
    block_on_close = False

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Visit)
        self.routes: dict[str, Route] = {}
        self.visits: list[str] = []
        self.headers_seen: list[dict[str, str]] = []
        self.sent = 0
        self.over = threading.Event()

    def serve(self, path: str, route: Route) -> str:
        """Add a route; return its URL."""
        self.routes[path] = route
        return f"{self.origin}{path}"

    @property
    def origin(self) -> str:
        """Where the server is."""
        return f"http://127.0.0.1:{self.server_port}"
