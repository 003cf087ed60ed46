"""Mail in the light or in the dark, whatever its viewer's own device prefers: previews that never depend on it.

A style sheet's question whether the device prefers the dark is answered here, once, in place of the browser.
Only style sheets and the ``media`` of pictures are touched: an article's text is escaped and stands in neither.
"""

import re
from enum import StrEnum


class Scheme(StrEnum):
    """What a device prefers."""

    LIGHT = "light"
    DARK = "dark"


_STYLED = re.compile(r"<style\b[^>]*>.*?</style>|<source\b[^>]*>", re.DOTALL | re.IGNORECASE)
_ASKED = re.compile(r"\(\s*prefers-color-scheme\s*:\s*(light|dark)\s*\)", re.IGNORECASE)
_DECLARED = re.compile(r"(?<![\w-])((?:supported-)?color-schemes?)\s*:\s*light\s+dark(?![\w-])", re.IGNORECASE)
_META = re.compile(r"<meta\b[^>]*\bname=[\"'](?:supported-)?color-schemes?[\"'][^>]*>", re.IGNORECASE)
_YES, _NO = "(min-width: 0px)", "(max-width: 0px)"


def in_scheme(html: str, scheme: Scheme) -> str:
    """Return a mail's HTML as a device shows it that prefers ``scheme``. Pure."""

    def answered(asked: re.Match[str]) -> str:
        return _YES if asked[1].lower() == scheme else _NO

    def styled(found: re.Match[str]) -> str:
        return _DECLARED.sub(rf"\g<1>: {scheme}", _ASKED.sub(answered, found.group()))

    declared = _META.sub(lambda meta: meta.group().replace("light dark", scheme), html)
    return _STYLED.sub(styled, declared)
