"""Measures what reading each of the URLs named on the command line costs in memory, a fresh process for each.

The first is read beforehand, so that libraries are loaded and connections have been made once.
"""

import json
import os
import resource
import sys
from datetime import timedelta

from newsletter.errors import SourceError
from newsletter.gather.formats.reading import read_as
from newsletter.gather.http.fetch import fetch
from newsletter.gather.http.network import FetchPolicy
from newsletter.gather.tables import SourceKind

_POLICY = FetchPolicy(
    allow_private=True,
    trusted_origins=frozenset(),
    timeout=timedelta(seconds=1),
    max_bytes=5_000_000,
    user_agent="newsletter",
)
_UNIT = 1 if sys.platform == "darwin" else 1_024


def peak() -> int:
    """Return the most bytes this process has had in memory."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * _UNIT


def read(url: str) -> None:
    """Fetch and read a feed, well or not."""
    try:
        read_as(SourceKind.FEED, fetch(url, _POLICY))
    except SourceError:
        return


def growth(url: str) -> int:
    """Return the bytes that reading a URL adds to a process that has done nothing since it was born."""
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        before = peak()
        read(url)
        os.write(writer, str(peak() - before).encode())
        os._exit(0)
    os.close(writer)
    with os.fdopen(reader) as pipe:
        told = pipe.read()
    os.waitpid(child, 0)
    return int(told)


if __name__ == "__main__":
    first, *urls = sys.argv[1:]
    read(first)
    sys.stdout.write(json.dumps({url: growth(url) for url in urls}))
