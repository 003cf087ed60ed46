"""How long an article takes to read."""

import re
from math import ceil

_PER_MINUTE = {"ar": 180, "zh": 500, "ja": 500, "ko": 500}
_OTHERS = 238
"""Words a minute: the mean of silent readers of English (Brysbaert 2019)."""
_BY_CHARACTER = frozenset({"zh", "ja", "ko"})
_CHARACTER = re.compile(r"[\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af]")
_WORD = re.compile(r"[^\W_]+(?:['’.,-][^\W_]+)*")


def count_words(text: str, language: str) -> int:
    """Return the words of a text; its characters where the language (BCP 47) sets no spaces between words."""
    return len((_CHARACTER if _main(language) in _BY_CHARACTER else _WORD).findall(text))


def minutes_to_read(words: int, language: str) -> int:
    """Return whole minutes, rounded up, for what `count_words` counts: none for nothing."""
    return ceil(max(words, 0) / _PER_MINUTE.get(_main(language), _OTHERS))


def _main(language: str) -> str:
    return language.replace("_", "-").partition("-")[0].lower()
