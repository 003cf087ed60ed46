"""What a reader's mail asks for: a few commands, each alone on a line, in the languages that we speak. Pure.

A command is a whole line of the subject or of the first lines that the reader wrote: a word of ours somewhere in a
sentence is none, and neither is anything in a quotation or a signature. The words are data (``commands.toml``).
"""

import re
import tomllib
import unicodedata
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from importlib import resources
from typing import NamedTuple

from newsletter.inbound.mail.lines import is_answer, opening_lines

MOST_COMMANDS = 5
LONGEST_LINE = 200
"""Characters of a line that is looked at; nobody needs that many for a command."""

MOST_WORDS = 24
LONGEST_YES = 12
"""Words of an answer that is taken for a yes; what tells of holidays and colleagues has more."""

_EDGES = ".,;:!?\"'«»“”„*_()[]<>…،؛؟-\u200e\u200f\u202a\u202b\u202c\u2066\u2067\u2068\u2069"
"""What may stand around a word and is no part of it, marks of direction too."""

_NUMBER = re.compile(r"\d{1,4}")
_BETWEEN = re.compile(r"[,;،؛]")
_AND = frozenset({"and", "et", "und", "y", "e", "ve", "و", "&"})
_TATWEEL = "\N{ARABIC TATWEEL}"


class Verb(StrEnum):
    """What can be asked for."""

    SUBSCRIBE = "subscribe"
    CONFIRM = "confirm"
    PAUSE = "pause"
    RESUME = "resume"
    WEEKLY = "weekly"
    DAILY = "daily"
    SECTIONS = "sections"
    STOP = "stop"
    HELP = "help"


_ALONE = frozenset({Verb.CONFIRM, Verb.HELP})


@dataclass(frozen=True, slots=True)
class Command:
    """One command.

    ``names`` are what it was followed by: newsletters by their slugs, or sections as they were written, for
    ``sections_named``; none for all. ``days`` are those of a pause; None without a number. ``languages`` are those
    in which it is said so.
    """

    verb: Verb
    names: tuple[str, ...] = ()
    days: int | None = None
    languages: tuple[str, ...] = ("en",)


class _Word(NamedTuple):
    """A word as it was written, and as it is compared."""

    written: str
    folded: str


@dataclass(frozen=True, slots=True)
class _Vocabulary:
    """Every phrase that is known, as its words are compared."""

    verbs: dict[tuple[str, ...], tuple[Verb, tuple[str, ...]]]
    around: frozenset[tuple[str, ...]]
    everything: frozenset[str]
    refusals: frozenset[str]
    longest: int


def read_commands(subject: str, text: str, newsletters: Collection[str] = ()) -> list[Command]:
    """Return what a mail asks for, in order, each once; none where it says nothing that we know.

    ``newsletters`` are the slugs that can be named. The subject of an answer is ours, or a headline, and is not
    looked at.
    """
    lines = [] if is_answer(subject) else [subject]
    found = (read_command(line, newsletters) for line in [*lines, *opening_lines(text)])
    return list(dict.fromkeys(command for command in found if command is not None))[:MOST_COMMANDS]


def read_command(line: str, newsletters: Collection[str] = ()) -> Command | None:
    """Return the command that a line is, as a whole; None for any other line.

    After all commands but ``sections`` stand newsletters or nothing: "Stop the war" is a headline.
    """
    if len(line) > LONGEST_LINE:
        return None
    words = list(_words(line))[: MOST_WORDS + 1]
    start = _past_the_around(words, 0)
    matched = _longest(words, start)
    if matched is None or len(words) > MOST_WORDS:
        return None
    end, verb, languages = matched
    rest = words[end:]
    if verb is Verb.SECTIONS:
        return _sections(rest, languages)
    plain = [each.folded for each in _without_the_around(rest)]
    if verb in _ALONE:
        return None if plain else Command(verb, languages=languages)
    days = None
    if verb is Verb.PAUSE and plain and _NUMBER.fullmatch(plain[0]):
        days = int(plain.pop(0))
    return Command(verb, tuple(plain), days, languages) if set(plain) <= set(newsletters) else None


def is_yes(commands: Iterable[Command], text: str) -> bool:
    """Whether an answer to "do you want this?" can be taken for a yes: one that is told, or one without a no.

    An answer without a word is one. Whoever is surprised to be asked, and says so, has not agreed; neither has a
    machine that answers whatever comes.
    """
    if any(each.verb is Verb.CONFIRM for each in commands):
        return True
    said = [each.folded for line in opening_lines(text) for each in _words(line)]
    return len(said) <= LONGEST_YES and _vocabulary().refusals.isdisjoint(said)


def word_for(verb: Verb, language: str) -> str:
    """Return the word that we name to readers of a language (a tag), in small letters; English where none is."""
    known = _file()["verbs"][verb.value]
    return str(known.get(language.partition("-")[0], known["en"])[0])


def folded(text: str) -> str:
    """Return a text as words are compared: small letters without accents, dots or marks of direction."""
    plain = text.replace("\N{RIGHT SINGLE QUOTATION MARK}", "'")
    # Some letters have small forms only once they are taken apart, and the other way round.
    for _ in range(2):
        plain = unicodedata.normalize("NFKD", plain).casefold()
    kept = (each for each in plain if unicodedata.category(each) not in {"Mn", "Cf"} and each != _TATWEEL)
    return "".join(kept).replace("ı", "i")


def _sections(rest: list[_Word], languages: tuple[str, ...]) -> Command | None:
    if not rest:
        return None
    if len(rest) == 1 and rest[0].folded.strip(_EDGES) in _vocabulary().everything:
        return Command(Verb.SECTIONS, (), languages=languages)
    told = " ".join(each.written for each in rest)
    pieces = _BETWEEN.split(told)
    names = tuple(dict.fromkeys(name for each in pieces if (name := each.strip().strip(_EDGES).strip())))
    return Command(Verb.SECTIONS, names, languages=languages) if names else None


def sections_named(names: Iterable[str], known: Iterable[str]) -> list[str]:
    """Return the sections that names stand for, spelled as they are known; a name may hold several.

    What is not known stays as it was written.
    """
    sections = {tuple(folded(each).split()): each for each in known}
    found: list[str] = []
    for name in names:
        words = list(_words(name))
        at = 0
        while at < len(words):
            spans = (tuple(each.folded for each in words[at:end]) for end in range(len(words), at, -1))
            span = next((each for each in spans if each in sections), (words[at].folded,))
            if span in sections or span[0] not in _AND:
                found.append(sections.get(span, words[at].written))
            at += len(span)
    return list(dict.fromkeys(found))


def _words(line: str) -> Iterator[_Word]:
    for written in line.split():
        compared = folded(written).strip(_EDGES)
        if compared:
            yield _Word(written, compared)


def _longest(words: list[_Word], start: int) -> tuple[int, Verb, tuple[str, ...]] | None:
    """Return where the longest phrase for a command ends that begins here, with its verb and languages."""
    vocabulary = _vocabulary()
    for length in range(min(vocabulary.longest, len(words) - start), 0, -1):
        known = vocabulary.verbs.get(tuple(each.folded for each in words[start : start + length]))
        if known:
            return (start + length, *known)
    return None


def _past_the_around(words: list[_Word], start: int) -> int:
    """Return the first place from ``start`` on that no phrase without meaning begins at, or a verb does."""
    vocabulary = _vocabulary()
    while start < len(words) and _longest(words, start) is None:
        spans = (
            length
            for length in range(vocabulary.longest, 0, -1)
            if tuple(each.folded for each in words[start : start + length]) in vocabulary.around
        )
        length = next(spans, 0)
        if not length:
            break
        start += length
    return start


def _without_the_around(words: list[_Word]) -> list[_Word]:
    kept: list[_Word] = []
    at = 0
    while at < len(words):
        after = _past_the_around(words, at)
        if after == at:
            kept.append(words[at])
            at += 1
        else:
            at = min(after, len(words))
    return kept


@cache
def _vocabulary() -> _Vocabulary:
    told = _file()
    verbs: dict[tuple[str, ...], tuple[Verb, tuple[str, ...]]] = {}
    for name, by_language in told["verbs"].items():
        for language, phrases in by_language.items():
            for phrase in map(_phrase, phrases):
                verb, languages = verbs.get(phrase, (Verb(name), ()))
                verbs[phrase] = (verb, tuple(dict.fromkeys((*languages, language))))
    around = frozenset(_phrase(each) for phrases in told["around"].values() for each in phrases)
    everything = frozenset(folded(each) for words in told["everything"].values() for each in words)
    refusals = frozenset(folded(each) for words in told["refusals"].values() for each in words)
    return _Vocabulary(verbs, around, everything, refusals, max(map(len, (*verbs, *around))))


def _phrase(written: str) -> tuple[str, ...]:
    return tuple(folded(written).split())


@cache
def _file() -> dict[str, dict[str, dict[str, list[str]]]]:
    told: dict[str, dict[str, dict[str, list[str]]]] = tomllib.loads(
        resources.files("newsletter.inbound.desk").joinpath("commands.toml").read_text("utf-8")
    )
    return told
