"""Whether a sent article has changed so much that readers may get it once more, as updated."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import blake2b

from newsletter.gather.memory.identity import numbers_in
from newsletter.gather.text.cutting import sentence_ends

LATE_ENOUGH = timedelta(hours=6)
"""After it was sent: what changes sooner is being finished, not updated."""
MOST_CHANGED = 0.4
"""Of a body's runs of five words, that may differ before it is another body."""
SKETCH = 128
"""Hashes kept of a body: the smallest, which are a fair sample of all (bottom-k)."""
_RUN = 5
_LONGEST_LEAD = 600

_WORD = re.compile(r"[^\W_]+(?:['’.-][^\W_]+)*")
_OWNER = re.compile(r"['’]s$")
_MOST_CAPITALS = 0.6
"""Of a headline's words: beyond it, capitals are the newspaper's style and name nobody."""


@dataclass(frozen=True, slots=True)
class SentText:
    """What is remembered of a text: its headline, its lead, and a sketch of its body (empty where unknown)."""

    title: str
    lead: str
    shingles: tuple[int, ...] = ()


def lead_of(text: str) -> str:
    """Return the first sentence of a plain text, the whole beginning where it has none."""
    window = text[:_LONGEST_LEAD]
    return window[: next(iter(sentence_ends(window)), len(window))].strip()


def shingles(text: str) -> tuple[int, ...]:
    """Return a sketch of a body: the 128 smallest of the hashes of all its runs of five words, in order.

    Signed 64-bit numbers, as a database keeps them, and the same in every process. Case and punctuation make no
    difference. Empty for no words; one hash for fewer than five.
    """
    words = [word.casefold() for word in _WORD.findall(text)]
    runs = {" ".join(words[at : at + _RUN]) for at in range(max(len(words) - _RUN, 0) + 1)} - {""}
    return tuple(sorted(_hash(run) for run in runs)[:SKETCH])


def _hash(run: str) -> int:
    return int.from_bytes(blake2b(run.encode(), digest_size=8).digest(), "big", signed=True)


def difference(before: tuple[int, ...], after: tuple[int, ...]) -> float:
    """Return the share of two bodies' runs of words that only one of them has, 0 to 1, from their sketches.

    Exact for bodies of at most 128 runs, else a fair estimate; 0 where either is unknown.
    """
    if not before or not after:
        return 0.0
    both = set(before) & set(after)
    union = sorted({*before, *after})
    if len(before) >= SKETCH or len(after) >= SKETCH:
        union = union[:SKETCH]
    return 1 - sum(each in both for each in union) / len(union)


def may_be_update(sent_at: datetime, updated_at: datetime | None) -> bool:
    """Whether an article's own date of change is late enough after it was sent."""
    return updated_at is not None and updated_at - sent_at >= LATE_ENOUGH


def changed_substantially(before: SentText, after: SentText) -> bool:
    """Whether headline or lead bring a number or a name that neither had, or more than 40 % of the body differs.

    What is only left out, put in other words or in other capitals is no news.
    """
    known = f"{before.title}\n{before.lead}"
    told = numbers_in(known)
    new_numbers = (numbers_in(after.title) | numbers_in(after.lead)) - told
    if new_numbers or difference(before.shingles, after.shingles) > MOST_CHANGED:
        return True
    words = {_plain(word) for word in _WORD.findall(known)}
    return any(_plain(name) not in words for text in (after.title, after.lead) for name in _names(text))


def _plain(word: str) -> str:
    return _OWNER.sub("", word).casefold()


def _names(text: str) -> Iterator[str]:
    """Give the words with a capital that is not due to their place in the sentence or to a style of headlines."""
    words = list(_WORD.finditer(text))
    capital = [word.group() for word in words if word.group()[:1].isupper()]
    is_styled = len(capital) > _MOST_CAPITALS * len(words)
    starts = {0, *sentence_ends(text)}
    for word in words:
        name = word.group()
        is_first = any(
            not text[start : word.start()].strip(" \n\"'“‘«„") for start in starts if start <= word.start()
        )
        # In a styled headline only what is all capitals in small company is a name: NATO, UNRWA.
        is_short_name = name.isupper() and len(name) > 1 and not text.isupper()
        if name[:1].isupper() and (is_short_name or not (is_styled or is_first)):
            yield name
