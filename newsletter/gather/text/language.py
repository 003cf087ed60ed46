"""The language of an article: what its source declares, else what its letters tell for certain."""

import re
from collections import Counter

MOST_LETTERS = 400
"""Of a text that are looked at: a headline and its first sentences."""
_SHARE = 0.3
"""Of the letters, that make a text one of a script: names and brands are Latin everywhere."""

_SCRIPTS = {
    "ar": "\u0600-\u06ff\u0750-\u077f\u08a0-\u08ff\ufb50-\ufdff\ufe70-\ufeff",
    "he": "\u0590-\u05ff\ufb1d-\ufb4f",
    "el": "\u0370-\u03ff\u1f00-\u1fff",
    "ru": "\u0400-\u052f",
    "ja": "\u3040-\u30ff",
    "ko": "\u1100-\u11ff\u3130-\u318f\uac00-\ud7af",
    "zh": "\u3400-\u4dbf\u4e00-\u9fff",
    "th": "\u0e00-\u0e7f",
    "hi": "\u0900-\u097f",
    "bn": "\u0980-\u09ff",
    "ta": "\u0b80-\u0bff",
    "ka": "\u10a0-\u10ff",
    "hy": "\u0530-\u058f",
}
_LETTER_OF = {language: re.compile(f"[{letters}]") for language, letters in _SCRIPTS.items()}
_SIGNS_OF = (
    ("ar", "ur", re.compile("[ٹڈڑےں]")),
    ("ar", "fa", re.compile("[پچژگی]")),
    ("ru", "uk", re.compile("[ЇїЄєҐґ]")),
)
"""Letters that only a sister language has."""
_SISTER_SHARE = 0.02
"""Of the letters: a Persian name does not make an Arabic text Persian."""
_ONLY_RUSSIAN = re.compile("[ЫыЭэЁё]")


def language_of(declared: str, text: str) -> str:
    """Return the language as declared (BCP 47), else the one that the script of a text belongs to, else "".

    Latin letters tell nothing, and Cyrillic ones only where they are Russian's or Ukrainian's own.
    """
    if declared:
        return declared
    letters = [letter for letter in text if letter.isalpha()][:MOST_LETTERS]
    sample = "".join(letters)
    counts = Counter({language: len(of.findall(sample)) for language, of in _LETTER_OF.items()})
    language, most = counts.most_common(1)[0]
    if most == 0 or most < _SHARE * len(sample):
        return ""
    # Japanese is written with Chinese characters, and told from Chinese by the others.
    if language == "zh" and counts["ja"]:
        return "ja"
    for script, sister, signs in _SIGNS_OF:
        if language == script and len(signs.findall(sample)) > _SISTER_SHARE * len(sample):
            return sister
    return "" if language == "ru" and not _ONLY_RUSSIAN.search(sample) else language
