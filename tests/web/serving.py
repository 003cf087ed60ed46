"""Apps and pages served on loopback, for tests with a real browser: ours, and those of somebody else's site."""

import socket
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import uvicorn


@contextmanager
def serving(app: Any, door: socket.socket) -> Iterator[None]:
    """Serve an app at a socket that listens already, for the length of the block."""
    server = uvicorn.Server(uvicorn.Config(app, log_level="warning", lifespan="off"))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [door]})
    thread.start()
    deadline = time.monotonic() + 30
    while not server.started:
        assert time.monotonic() < deadline, "the web server did not start"
        time.sleep(0.02)
    try:
        yield
    finally:
        server.should_exit = True
        thread.join()


@dataclass
class Elsewhere:
    """Somebody else's site: its pages by path, and the headers that each of them is sent with."""

    origin: str
    pages: dict[str, str] = field(default_factory=dict)
    headers: dict[str, str] = field(default_factory=dict)

    def show(self, content: str, headers: Mapping[str, str] | None = None, *, head: str = "") -> str:
        """Put up a page with this content, and return its address."""
        self.headers = dict(headers or {})
        self.pages["/news/today"] = (
            '<!doctype html><html lang="en"><head><meta charset="utf-8"><title>The Lantern</title>'
            f'<meta name="viewport" content="width=device-width, initial-scale=1">{head}</head>'
            f"<body><main><h1>The Lantern</h1>{content}</main></body></html>"
        )
        return f"{self.origin}/news/today"


@contextmanager
def elsewhere() -> Iterator[Elsewhere]:
    """Serve another site for the length of the block, at an origin of its own."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), BaseHTTPRequestHandler)
    site = Elsewhere(f"http://127.0.0.1:{server.server_port}")

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            page = site.pages.get(self.path.partition("?")[0])
            self.send_response(404 if page is None else 200)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            for name, value in site.headers.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write((page or "").encode())

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

    server.RequestHandlerClass = Handler
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield site
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
