"""Where an edition is read on the web.

The key of an edition for named readers can be guessed, so its address carries a seal that only its mail knows.
"""

from datetime import UTC, datetime
from urllib.parse import urlencode

from newsletter.edition.store import Edition
from newsletter.edition.tables import PUBLIC_KINDS
from newsletter.errors import TokenError
from newsletter.tokens import Purpose, Tokens

SEAL, LANGUAGE = "seal", "lang"
"""Names in an address's query."""

_ALWAYS = datetime.fromtimestamp(0, UTC)
"""When every seal was issued: the same edition has the same address whenever it is asked for."""


def archive_url(public_url: str, slug: str, key: str) -> str:
    """Return the address at which an edition is read in a browser."""
    return f"{public_url.rstrip('/')}/archive/{slug}/{key}"


def is_public(edition: Edition) -> bool:
    """Whether an edition, once sent, is for everybody's eyes: not of one article, and for no named readers."""
    return not edition.is_for_named_readers and edition.kind in PUBLIC_KINDS


def edition_url(public_url: str, edition: Edition, language: str = "", tokens: Tokens | None = None) -> str:
    """Return the address of an edition in a language, sealed where it is not public.

    An empty ``language`` is the newsletter's own. Without ``tokens`` nothing is sealed.
    """
    query = {LANGUAGE: language} if language else {}
    if tokens and not is_public(edition):
        query[SEAL] = tokens.sign(Purpose.ARCHIVE, edition.id, _ALWAYS)
    url = archive_url(public_url, edition.slug, edition.key)
    return f"{url}?{urlencode(query)}" if query else url


def read_seal(tokens: Tokens, seal: str) -> int | None:
    """Return the id of the edition that a seal opens; None for what is no seal of ours."""
    try:
        return tokens.read_pair(seal, Purpose.ARCHIVE)[0]
    except TokenError:
        return None
