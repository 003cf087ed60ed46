"""A misbehaving server, and the policy to meet it with."""

import threading
from collections.abc import Iterator
from datetime import timedelta

import pytest

from newsletter.gather.http.network import FetchPolicy
from tests.gather.web import Server


@pytest.fixture
def server() -> Iterator[Server]:
    """Run a server for the length of the test."""
    server = Server()
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    yield server
    server.over.set()
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def policy() -> FetchPolicy:
    """Make a policy that may reach loopback, with small limits."""
    return FetchPolicy(
        allow_private=True,
        trusted_origins=frozenset(),
        timeout=timedelta(seconds=10),
        max_bytes=1_000_000,
        user_agent="newsletter (+https://news.example/contact)",
    )
