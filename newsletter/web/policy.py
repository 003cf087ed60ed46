"""Content security policies: what each kind of page may load, run, and where it may be framed."""

from collections.abc import Iterable

_NOTHING = "default-src 'none'; base-uri 'none'; object-src 'none'"

PAGE = (
    f"{_NOTHING}; style-src 'self'; img-src 'self'; script-src 'self'; connect-src 'self'; frame-src 'self'; "
    "form-action 'self'; frame-ancestors 'none'"
)
"""Our own pages: nothing inline, nothing from anywhere else."""


def framed_on(sites: Iterable[str]) -> str:
    """Return the policy of a page of ours that these origins, and we ourselves, may show in a frame."""
    return PAGE.replace("frame-ancestors 'none'", " ".join(("frame-ancestors 'self'", *sites)))


_MAIL = "default-src 'none'; style-src 'unsafe-inline'; img-src http: https: data:; form-action 'none'"
_LINKS_OPEN = "sandbox allow-popups allow-popups-to-escape-sandbox"

ARCHIVED = f"{_MAIL}; base-uri 'none'; frame-ancestors 'none'; {_LINKS_OPEN}"
"""An edition as a page of its own: no script, and an origin that is nobody's."""

FRAMED = f"{_MAIL}; frame-ancestors 'self'; {_LINKS_OPEN}"
"""Mail shown inside one of our pages."""
