"""Every address that the app answers at, as its routers list them."""

from collections.abc import Iterator, Sequence
from typing import Any

from fastapi.routing import APIRoute


def all_routes(routes: Sequence[Any], prefix: str = "") -> Iterator[tuple[str, str]]:
    """Give the method and the path of each, its parameters in braces; mounted apps are not looked into."""
    for route in routes:
        inner = getattr(route, "original_router", None)
        if inner is not None:
            yield from all_routes(inner.routes, prefix + route.include_context.prefix)
        elif isinstance(route, APIRoute):
            for method in sorted(route.methods or ()):
                yield method, prefix + route.path
