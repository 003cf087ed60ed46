"""Which other sites' scripts may read our answers (CORS, Fetch §3.3): those of FORM_ORIGINS, without cookies."""

from starlette.requests import Request
from starlette.responses import Response

_A_WHILE = "600"
"""Seconds that a browser may remember what it was allowed."""


def shared(response: Response, request: Request, sites: tuple[str, ...]) -> Response:
    """Return an answer that the scripts of these origins may read; to the others it is as it was."""
    response.headers.append("Vary", "Origin")
    origin = request.headers.get("origin")
    if origin in sites:
        response.headers["Access-Control-Allow-Origin"] = origin
    return response


def preflight(request: Request, sites: tuple[str, ...]) -> Response:
    """Return the answer to a browser that asks before it sends JSON from another site."""
    response = shared(Response(status_code=204), request, sites)
    if "Access-Control-Allow-Origin" in response.headers:
        response.headers["Access-Control-Allow-Methods"] = "POST"
        response.headers["Access-Control-Allow-Headers"] = "content-type"
        response.headers["Access-Control-Max-Age"] = _A_WHILE
    return response
