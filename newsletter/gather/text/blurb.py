"""The two or three lines under a headline: whole sentences of the best text there is about an article."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from newsletter.gather.text.credits import drop_furniture, strip_credit, strip_dateline
from newsletter.gather.text.cutting import last_word_end, open_quotes, quotation_start, sentence_ends
from newsletter.gather.text.plaintext import LONGEST_MARKUP, plain_text

ENOUGH = 160
TARGET = 220
LONGEST = 280
"""Characters: sentences are added until there are enough, up to the target; one alone may be the longest."""
_FEW = 80
"""Characters: a first sentence of fewer takes another one, even beyond the target."""
_SHORTEST_DESCRIPTION, _LONGEST_DESCRIPTION = 40, 400
_WINDOW = 600
"""Characters of a text that its opening is looked for in."""

_CUT_MARKS = re.compile(
    r"""(?:
      \s*[\[(]?(?:…|\.\.\.)[\])]?
    | \s*\b(?:Read\ (?:more|the\ (?:full|rest|whole)\b.{0,40})|Continue\ reading\b.{0,200}|Keep\ reading
        |Click\ here\b.{0,40}|Full\ story|Lire\ la\ suite|Weiterlesen|Mehr\ lesen|Leer\ más|Seguir\ leyendo
        |اقرأ\ المزيد|للمزيد|المزيد)\s*[»›→>.…:]*
    | \s*[»›→]
    )\s*$""",
    re.IGNORECASE | re.VERBOSE,
)
_ENOUGH_TO_READ = 4_000
"""Characters of a text that are looked at; marks at the end of a longer one are far from its opening."""
_MOST_MARKS = 8
"""One may hide another: a credit before "Read more", "The post … appeared first on …" after an ellipsis."""
_LONGEST_MARK = 300
_LONGEST_SIGNATURE = 800
_ELLIPSIS = re.compile(r"(?:…|\.\.\.)[\])]?\s*$")
_QUOTE_THAT_CLOSES = re.compile(r"»\s*$")
_CLAUSE_END = re.compile(r"[,;:،؛](?=\s)|\s[—–](?=\s)")
_CLOSERS = frozenset("”»“」』›")
_DANGLING = " \t\n,;:،؛–—-([“«„‹"


@dataclass(frozen=True, slots=True)
class _Text:
    """A text without what is not its own; ``was_cut`` where its end is missing."""

    text: str
    was_cut: bool


def summarise(markup: str, title: str) -> str:
    """Return the `blurb` of a description as a source gives it, in HTML or not."""
    text = plain_text(markup)
    return blurb([f"{text}…" if len(markup) > LONGEST_MARKUP else text], title)


def blurb(texts: Sequence[str], title: str) -> str:
    """Return the opening of the best of some plain texts: whole sentences, 160 to 220 characters if it can be.

    ``texts`` stand in the order they are preferred in: the editor's, the source's description, the page's own, the
    article itself. The first of 40 to 400 characters that is not cut wins; else the first that is longer, which is
    an article; else what is left. What only repeats the title is no text. A first sentence of more than 280
    characters ends at a clause or a word, with "…". Empty where no text says anything; idempotent.
    """
    best = _best(texts, title)
    # What was cut out may end in a mark of its own (an arrow that closes no quotation), never for long.
    while (again := _best([best], title)) != best and len(again) < len(best):
        best = again
    return best


def _best(texts: Sequence[str], title: str) -> str:
    ready = [_prepared(each, title) for each in texts]
    accepted: tuple[Callable[[_Text], bool], ...] = (_is_description, _is_article, _has_sentence, lambda _: True)
    found = (_opening(each) for accepts in accepted for each in ready if accepts(each))
    return next((opening for opening in found if _letters(opening)), "")


def _is_description(each: _Text) -> bool:
    return not each.was_cut and _SHORTEST_DESCRIPTION <= len(each.text) <= _LONGEST_DESCRIPTION


def _is_article(each: _Text) -> bool:
    return len(each.text) > _LONGEST_DESCRIPTION


def _has_sentence(each: _Text) -> bool:
    return any(_SHORTEST_DESCRIPTION <= end <= LONGEST for end in _ends(each))


def _prepared(text: str, title: str) -> _Text:
    was_cut, is_whole = False, len(text) <= _ENOUGH_TO_READ
    text = " ".join(drop_furniture(text[:_ENOUGH_TO_READ]).split())
    for _ in range(_MOST_MARKS):
        before = text
        if is_whole:
            text, is_half = _without_mark(text)
            was_cut = was_cut or is_half
        if is_whole and not was_cut:
            text, _credit = strip_credit(text)
        _dateline, text = strip_dateline(text)
        text = _without_title(text, title)
        if text == before:
            break
    return _Text(text, was_cut)


def _without_mark(text: str) -> tuple[str, bool]:
    """Return the text without the mark at its end, and whether that mark stood for missing words."""
    signature = max(text.rfind(" appeared first on "), text.rfind(" first appeared on "))
    start = text.rfind("The post ", 0, max(signature, 0))
    if start >= 0 and len(text) - start < _LONGEST_SIGNATURE:
        return text[:start].rstrip(), False
    found = _CUT_MARKS.search(text, max(len(text) - _LONGEST_MARK, 0))
    if found is None or (_QUOTE_THAT_CLOSES.search(text) and "«" in text[-_LONGEST_MARK:]):
        return text, False
    return text[: found.start()], bool(_ELLIPSIS.search(found.group()))


def _without_title(text: str, title: str) -> str:
    """Return the text without sentences at its beginning that say the title again."""
    said = _letters(title)
    if not said:
        return text
    if _letters(text) == said:
        return ""
    for start, end in pairwise((0, *sentence_ends(text[:_WINDOW]))):
        if _letters(text[start:end]) != said:
            return text[start:].lstrip()
    return text


def _letters(text: str) -> str:
    return "".join(char for char in text.casefold() if char.isalnum())


def _ends(each: _Text) -> list[int]:
    window = each.text[:_WINDOW]
    # Where the window ends is no end, whatever stands there.
    return [end for end in sentence_ends(window) if end < len(window) or len(window) == len(each.text)]


def _opening(each: _Text) -> str:
    chosen = 0
    for end in _ends(each):
        limit = LONGEST if chosen < _FEW else TARGET
        if chosen >= ENOUGH or len(_balanced(each.text[:end])) > limit:
            break
        chosen = end
    # Some sources cut without saying so; but little more than a few words is worth its loose end.
    if not each.was_cut and chosen < _FEW and len(_balanced(each.text)) <= (TARGET if chosen else LONGEST):
        chosen = len(each.text)
    return _balanced(each.text[:chosen]) if chosen else _cut(each.text)


def _cut(text: str) -> str:
    """Return the text up to the end of a clause or a word, an ellipsis, and the quotation marks it owes."""
    most = TARGET - 4
    window = text[:most]
    end = last_word_end(text, most)
    clauses = [found.start() for found in _CLAUSE_END.finditer(window) if found.start() >= ENOUGH]
    if clauses and len(text) > most:
        end = clauses[-1]
    if _FEW <= (start := quotation_start(text[:end])) < end:
        end = last_word_end(text, start)
    kept = text[:end].rstrip(_DANGLING)
    return _balanced(f"{kept}…") if kept else ""


def _balanced(text: str) -> str:
    return text + "".join(mark for mark in open_quotes(text) if mark in _CLOSERS)
