"""Where a text may end: after a sentence or a word, never within a sign that a reader sees as one.

What looks like one sign may be many characters: a letter and its marks, a family joined out of four faces, a flag
of two letters (UAX #29). A cut between them shows a box or another sign.
"""

import re
import unicodedata
from functools import lru_cache

_JOINER = "\u200d"
_EXTENDERS = re.compile("[\u200c\u200d\ufe00-\ufe0f\U0001f3fb-\U0001f3ff\U000e0020-\U000e007f]")
_MARKS = frozenset({"Mn", "Mc", "Me"})
_FLAG_LETTER = re.compile("[\U0001f1e6-\U0001f1ff]+")
_VIRAMA = 9
"""The combining class of the sign that joins two letters of an Indic script."""
_HANGUL_VOWEL_OR_TAIL = re.compile("[\u1160-\u11ff\ud7b0-\ud7fb]")
_PREPENDED = re.compile("[\u0600-\u0605\u06dd\u070f\u08e2]")
_WITHOUT_SPACES = re.compile("[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff]")
"""Scripts that set no space between words: Thai, Lao, Burmese, Khmer, Japanese, Chinese."""

_STOP = re.compile(
    r"(?:(?:[!?]+|(?<![.…])\.(?![.…]))(?:[\"'”’“»)\]]|[\s\u202f]»)*(?=\s|$)|[؟۔](?:[”’»)\"])*|[。！？]+[”’」』）]*)"
)
_ABBREVIATION = re.compile(
    r"(?:^|[\s(“\"«'’-])(?:[^\W\d_]|Mr|Mrs|Ms|Dr|Prof|Gen|Col|Lt|Sgt|Capt|Cpl|Maj|Cmdr|Sen|Rep|Gov|Pres|Rev|Hon|St|Ste"
    r"|Jr|Sr|vs|v|No|Nos|Art|Fig|Vol|pp|ca|cf|etc|Inc|Ltd|Corp|Co|Bros|Mt|Ft|Ave|Blvd|approx|Jan|Feb|Mar|Apr|Jun|Jul"
    r"|Aug|Sept?|Oct|Nov|Dec|Mme|Mlle|MM|Me|av|bd|env|janv|févr?|avr|juil|déc|Hr|Fr|Nr|Abs|bzw|usw|ggf|inkl|Str|Sra"
    r"|Srta|Dra|Ud|Uds|(?:[^\W\d_]\.)+[^\W\d_])\.$"
)
_LONGEST_ABBREVIATION = 14
_CLOSERS = {"”": "“", "»": "«", "」": "「", "』": "『", "›": "‹"}
_OPENERS = {opener: closer for closer, opener in _CLOSERS.items()} | {"„": "“", '"': '"'}
_QUOTE = re.compile(f"[{''.join({*_OPENERS, *_CLOSERS})}]")
_DEEPEST = 8
"""Quotations within each other; more are a row of ornaments."""


def is_sign_end(text: str, at: int) -> bool:
    """Whether a cut before ``text[at]`` falls between two signs, as UAX #29 bounds them."""
    if at <= 0 or at >= len(text):
        return True
    before, after = text[at - 1], text[at]
    if unicodedata.category(after) in _MARKS or _EXTENDERS.match(after) or _HANGUL_VOWEL_OR_TAIL.match(after):
        return before.isspace()
    if before == _JOINER or _PREPENDED.match(before):
        return False
    if unicodedata.combining(before) == _VIRAMA and after.isalpha():
        return False
    if _FLAG_LETTER.match(before) and _FLAG_LETTER.match(after):
        start = at
        while start and _FLAG_LETTER.match(text[start - 1]):
            start -= 1
        return (at - start) % 2 == 0
    return True


def is_word_end(text: str, at: int) -> bool:
    """Whether a cut before ``text[at]`` falls beside white space, or between two signs where none is written."""
    if at <= 0 or at >= len(text) or text[at].isspace() or text[at - 1].isspace():
        return is_sign_end(text, at)
    is_unspaced = _WITHOUT_SPACES.match(text[at - 1]) or _WITHOUT_SPACES.match(text[at])
    return bool(is_unspaced) and is_sign_end(text, at)


def last_word_end(text: str, longest: int) -> int:
    """Return the last place at which at most ``longest`` characters of a text end with a word; 0 if none does."""
    return next((at for at in range(min(longest, len(text)), 0, -1) if is_word_end(text, at)), 0)


def last_sign_end(text: str, longest: int) -> int:
    """Return the last place at which at most ``longest`` characters of a text end with a whole sign."""
    return next((at for at in range(min(longest, len(text)), 0, -1) if is_sign_end(text, at)), 0)


def sentence_ends(text: str) -> list[int]:
    """Return where the sentences of a text end, each after its stop and what closes it.

    A stop of ``. ! ? ؟ ۔ 。`` ends one, unless it belongs to an abbreviation or an initial, or a small letter
    follows; three stops in a row are a pause. A sentence within a quotation that goes on is no end.
    """
    return list(_sentence_ends(text))


def open_quotes(text: str) -> str:
    """Return the marks that would close the quotations a text leaves open, the innermost first."""
    return "".join(closer for closer, _ in reversed(_quotations(text)))


def quotation_start(text: str) -> int:
    """Return where the outermost quotation that a text leaves open begins; its length where none is open."""
    return next((start for _, start in _quotations(text)), len(text))


@lru_cache(maxsize=32)  # a blurb asks the same of one text many times over
def _sentence_ends(text: str) -> tuple[int, ...]:
    ends = []
    for found in _STOP.finditer(text):
        tail = text[max(0, found.end() - _LONGEST_ABBREVIATION) : found.end()]
        following = text[found.end() : found.end() + 2].lstrip()
        if not _ABBREVIATION.search(tail) and not following[:1].islower():
            ends.append(found.end())
    return tuple(ends) if _quotations(text) else _outside_quotations(text, ends)


def _outside_quotations(text: str, ends: list[int]) -> tuple[int, ...]:
    """Return those of the places at which no quotation is open, in one walk through the text."""
    closers: list[str] = []
    starts: list[int] = []
    outside = []
    marks = _QUOTE.finditer(text)
    mark = next(marks, None)
    for end in ends:
        while mark is not None and mark.start() < end:
            _turn(closers, starts, mark)
            mark = next(marks, None)
        if not closers:
            outside.append(end)
    return tuple(outside)


@lru_cache(maxsize=32)
def _quotations(text: str) -> tuple[tuple[str, int], ...]:
    """Return what would close each quotation left open, and where it begins, the outermost first."""
    closers: list[str] = []
    starts: list[int] = []
    for mark in _QUOTE.finditer(text):
        _turn(closers, starts, mark)
    return tuple(zip(closers, starts, strict=True))


def _turn(closers: list[str], starts: list[int], found: re.Match[str]) -> None:
    """Open a quotation by the next mark, or close the innermost that it closes, with all within it."""
    mark = found.group()
    if mark in closers:
        depth = len(closers) - 1 - closers[::-1].index(mark)
        del closers[depth:], starts[depth:]
    elif mark in _OPENERS and len(closers) < _DEEPEST:
        closers.append(_OPENERS[mark])
        starts.append(found.start())
