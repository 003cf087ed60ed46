"""The addresses of other programs' interfaces, made of what an operator copies from a browser."""

from collections.abc import Mapping
from urllib.parse import quote, unquote_plus, urlsplit, urlunsplit


def with_query(url: str, path: str, query: Mapping[str, str]) -> str:
    """Return a URL with a path appended and parameters added, save those that it has already.

    What stands in the URL stays byte for byte; its fragment goes.
    """
    try:
        parts = urlsplit(url)
    except ValueError:
        return url
    given = {unquote_plus(pair.partition("=")[0]) for pair in parts.query.split("&")}
    added = [
        f"{quote(name, safe='[]_')}={quote(value, safe=',:-')}"
        for name, value in query.items()
        if name not in given
    ]
    whole = "&".join([pair for pair in parts.query.split("&") if pair] + added)
    full_path = parts.path.rstrip("/") + path if path else parts.path
    return urlunsplit((parts.scheme, parts.netloc, full_path, whole, ""))


def host_of(url: str) -> str:
    """Return the host of a URL, which names a site whose interface does not; "" without one."""
    try:
        return (urlsplit(url).hostname or "").removeprefix("www.")
    except ValueError:
        return ""
