"""What a text speaks of: the stems of its words, without those that every text has.

Texts of different outlets on one event share few words as they are written; "strikes", "striking" and a capital
letter must not keep them apart. The language is told from the script and, among languages in Latin letters, from
the text's own small words, because half of all feeds name none or a wrong one.
"""

import re
import tomllib
import unicodedata
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from importlib.resources import files
from typing import Any

import snowballstemmer

from newsletter.gather.text.credits import strip_dateline

_WORD = re.compile("[\\w\u0300-\u036f\u0900-\u0963\u0966-\u0dff]+(?:[.,]\\d+)*")
"""With the combining vowels of India, which Python counts as no part of a word."""
_SENTENCE_END = re.compile(r"(?<=[^\W\d_]{3}[.!?؟۔…])[\"”’»)]*\s+|\n|(?<=[。！？])")
_APOSTROPHES = re.compile(r"[’'ʼ](?:s\b)?")
_SHORT_FORM = re.compile(r"\b(?:[^\W\d_]\.){2,}")
_MARKS = re.compile("[\u0307\u0610-\u061a\u0640\u064b-\u065f\u0670]")
"""Vowel signs and stretched letters of Arabic, the dot of a Turkish İ in lower case: not all write them."""

_UNSPACED = re.compile("[\u0e00-\u0eff\u3040-\u30ff\u3400-\u9fff]")
"""Scripts without spaces between words: their texts are compared by pairs of letters."""

_SCRIPTS = {
    "persian": re.compile("[پچژگیک]"),
    "arabic": re.compile("[\u0600-\u06ff]"),
    "russian": re.compile("[\u0400-\u04ff]"),
    "greek": re.compile("[\u0370-\u03ff]"),
    "hindi": re.compile("[\u0900-\u097f]"),
    "turkish": re.compile("[ğış]"),
}
_USUAL = "english"


@dataclass(frozen=True, slots=True)
class Words:
    """A language's words: those that say nothing, that count or name a day, and classes that say little."""

    stop: frozenset[str]
    counted: frozenset[str]
    classes: tuple[frozenset[str], ...]


@lru_cache(maxsize=1)
def known_words() -> Mapping[str, Words]:
    """Return the words known by language, in the spelling that `words_of` gives; the classes commonest first."""
    table = tomllib.loads(files("newsletter.gather.story").joinpath("words.toml").read_text("utf-8"))
    return {
        language: Words(
            frozenset(words_of(said["stop"])),
            frozenset(words_of(said["counted"])),
            tuple(frozenset(words_of(said[name])) for name in ("everywhere", "common", "frequent")),
        )
        for language, said in table.items()
    }


def words_of(text: str) -> list[str]:
    """Return a text's words and numbers in one spelling: compatible forms joined (NFKC) and cases folded."""
    plain = _MARKS.sub("", unicodedata.normalize("NFKC", text).casefold())
    plain = _SHORT_FORM.sub(lambda short: short.group().replace(".", ""), plain)
    return [each for word in _WORD.findall(_APOSTROPHES.sub(" ", plain)) for each in _parts(word)]


def telling(title: str, summary: str = "") -> str:
    """Return what grouping reads of an article: its headline and the first sentence below it."""
    return f"{title}\n{_first_sentence(summary)}".strip()


def all_telling(articles: Mapping[int, tuple[str, str, str]]) -> dict[int, str]:
    """Return the same for many, given title, summary and source of each by its id.

    A first sentence that one source puts below several headlines says nothing of any: it is left out everywhere.
    """
    first = {key: _first_sentence(summary) for key, (_, summary, _) in articles.items()}
    below = {(source, first[key], title) for key, (title, _, source) in articles.items() if source and first[key]}
    often = Counter((source, sentence) for source, sentence, _ in below)
    empty = {sentence for (_, sentence), count in often.items() if count > 1}
    return {
        key: f"{title}\n{'' if first[key] in empty else first[key]}".strip()
        for key, (title, _, _) in articles.items()
    }


def _first_sentence(summary: str) -> str:
    return _SENTENCE_END.split(strip_dateline(summary)[1].strip(), maxsplit=1)[0]


def language_of(words: list[str]) -> str:
    """Return the stemmer's name of the language that a text's words are in, as `words_of` gives them."""
    text = " ".join(words)
    for language, pattern in _SCRIPTS.items():
        if pattern.search(text):
            return language
    spoken = {name: sum(word in known.stop for word in words) for name, known in known_words().items()}
    return max(spoken, key=lambda name: (spoken[name], name == _USUAL))


@dataclass(slots=True)
class Stems:
    """Reads texts into stems, each word stemmed once however often it comes."""

    _stemmers: dict[str, Any] = field(default_factory=dict)
    _known: dict[tuple[str, str], str] = field(default_factory=dict)

    def of(self, text: str) -> Counter[str]:
        """Return how often a text has each stem; a text of nothing but small words keeps them."""
        words = words_of(text)
        language = language_of(words)
        stop = known_words()[language].stop if language in known_words() else frozenset()
        telling = [word for word in words if word not in stop and (len(word) > 1 or word.isdigit())]
        return Counter(self.stem(word, language) for word in telling or words)

    def stem(self, word: str, language: str) -> str:
        """Return a word's stem; numbers and words of unspaced scripts stay as they are."""
        known = self._known.get((word, language))
        if known is None:
            if language not in self._stemmers:
                self._stemmers[language] = snowballstemmer.stemmer(language)
            is_plain = word[0].isdigit() or _UNSPACED.match(word)
            known = word if is_plain else self._stemmers[language].stemWord(word)
            self._known[word, language] = known
        return known


def _parts(word: str) -> Iterator[str]:
    if _UNSPACED.search(word) and len(word) > 1:
        yield from (word[at : at + 2] for at in range(len(word) - 1))
    else:
        yield word
