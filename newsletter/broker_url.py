"""One address, two spellings: redis-py and Celery name a Unix socket differently.

``REDIS_URL`` is written as redis-py reads it. Celery hands its broker's address to kombu, which knows
sockets as ``redis+socket://`` with the database in ``virtual_host``.
"""

from urllib.parse import parse_qs, urlencode, urlsplit


def celery_broker_url(redis_url: str) -> str:
    """Return ``redis_url`` as Celery wants it, for ``broker_url`` and ``result_backend`` alike.

    ``unix://[:password@]/path?db=N`` becomes ``redis+socket://[:password@]/path?virtual_host=N``;
    ``redis://`` and ``rediss://`` mean the same to both and come back unchanged.
    """
    parts = urlsplit(redis_url)
    if parts.scheme != "unix":
        return redis_url
    database = parse_qs(parts.query).get("db", ["0"])[0]
    # Not by urlunsplit: releases of Python differ in the slashes of an address without a host.
    return f"redis+socket://{parts.netloc}{parts.path}?{urlencode({'virtual_host': database})}"
