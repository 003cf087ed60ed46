"""Celery's spelling of the broker's address."""

import pytest

from newsletter.broker_url import celery_broker_url


@pytest.mark.parametrize(
    ("redis_url", "expected"),
    [
        ("unix:///tmp/a/valkey.sock?db=0", "redis+socket:///tmp/a/valkey.sock?virtual_host=0"),
        ("unix:///tmp/a/valkey.sock?db=3", "redis+socket:///tmp/a/valkey.sock?virtual_host=3"),
        ("unix:///tmp/a/valkey.sock", "redis+socket:///tmp/a/valkey.sock?virtual_host=0"),
        ("redis://localhost:6379/1", "redis://localhost:6379/1"),
        ("rediss://:secret@host:6380/0", "rediss://:secret@host:6380/0"),
    ],
)
def test_spelling(redis_url: str, expected: str) -> None:
    """A socket is respelled for kombu, and any other address stays as it is."""
    assert expected == celery_broker_url(redis_url)
