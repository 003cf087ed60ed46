"""CSS written into style attributes, once per edition, because mail clients drop style sheets.

premailer sees our template and the tokens of slots.py, never a feed's text. It must not reach the network:
its parser, cssutils, would fetch an ``@import`` even where premailer itself is told not to, so the parser is
set up here.
"""

import logging
import re
from typing import Any

import cssutils
from premailer import Premailer

from newsletter.errors import ContentError

_REMOTE = re.compile(r"@import|<link\b[^>]*\bstylesheet", re.IGNORECASE)


class _Offline(Premailer):  # type: ignore[misc]  # premailer ships no types
    def _parse_css_string(self, css_body: str, validate: bool = True) -> Any:
        return cssutils.CSSParser(fetcher=_fetch_nothing, validate=validate).parseString(css_body)


def inline(html: str) -> str:
    """Return the HTML with its ordinary style blocks written onto the elements.

    Blocks marked ``data-premailer="ignore"`` (phone, dark, client repairs) are kept byte for byte.
    Raises ContentError when the template asks for a style sheet from elsewhere or cannot be parsed.
    """
    if _REMOTE.search(html):
        raise ContentError(
            "The template asks for a style sheet from elsewhere.", "Copy its rules into email/digest.css."
        )
    try:
        return str(
            _Offline(
                html,
                # Without this the phone and dark rules lose to the inlined ones.
                strip_important=False,
                # "height: auto" would otherwise become height="auto", which classic Outlook cannot read.
                disable_basic_attributes=["width", "height"],
                allow_network=False,
                disable_validation=True,
                cache_css_parsing=False,
                cssutils_logging_level=logging.CRITICAL,
            ).transform(pretty_print=False)
        )
    except Exception as error:
        raise ContentError(
            f"The template's HTML or CSS cannot be inlined: {error}.", "Mend the template."
        ) from error


def _fetch_nothing(_url: str) -> tuple[str, bytes]:
    return "utf-8", b""
