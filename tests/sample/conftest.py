"""The sample publication behind a client, at noon of a fixed day."""

import warnings
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from newsletter.sample.site import create_site

with warnings.catch_warnings():
    # Starlette would rather have httpx2; httpx, which we depend on, serves as well.
    warnings.simplefilter("ignore", UserWarning)
    from starlette.testclient import TestClient

BASE_URL = "http://testserver"
TEMPLATES = Path(__file__).resolve().parents[2] / "templates"
NOON = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)


@pytest.fixture
def visit() -> Iterator[Callable[[datetime], TestClient]]:
    """Give a client of the site as it is at a moment."""
    clients: list[TestClient] = []

    def at(now: datetime) -> TestClient:
        clients.append(TestClient(create_site(BASE_URL, lambda: now, (TEMPLATES,))))
        return clients[-1]

    yield at
    for client in clients:
        client.close()


@pytest.fixture
def client(visit: Callable[[datetime], TestClient]) -> TestClient:
    """Give a client of the site at noon."""
    return visit(NOON)


@pytest.fixture
def noon() -> datetime:
    """Give the moment at which ``client`` looks."""
    return NOON
