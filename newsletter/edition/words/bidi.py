"""Which way a text runs, told by its letters (Unicode Bidirectional Algorithm, UAX 9)."""

import unicodedata
from collections import Counter
from typing import Final

STRONG: Final = {"L": "ltr", "R": "rtl", "AL": "rtl"}
"""The direction of the classes of letters that have one."""


def direction_of(text: str) -> str:
    """Return ``ltr`` or ``rtl``, as most of the letters run; nothing where no letter says."""
    if text.isascii():
        return "ltr" if any(map(str.isalpha, text)) else ""
    found = Counter(STRONG.get(unicodedata.bidirectional(letter), "") for letter in text)
    del found[""]
    return found.most_common(1)[0][0] if found else ""
