"""What an article is by the words its source files it under: some forms never lead, some never go out."""

import re
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from urllib.parse import unquote, urlsplit

from newsletter.gather.article import Form

_LIVE = (
    "live, live blog, liveblog, live updates, live coverage, as it happened, minute by minute, en direct, direct"
    ", le direct, live ticker, liveticker, newsblog, en vivo, en directo, minuto a minuto, مباشر, بث مباشر"
    ", تغطية مباشرة, تغطية حية, لحظة بلحظة"
)
_SPONSORED = (
    "sponsored, sponsored content, sponsored post, sponsored by, advertorial, advertorials, advertisement feature"
    ", paid content, paid post, paid partnership, partner content, brand studio, brandstudio, brandvoice, promoted"
    ", branded content, contenu sponsorisé, contenu partenaire, sponsorisé, publirédactionnel, publi-rédactionnel"
    ", publireportage, publi communiqué, anzeige, werbung, gesponsert, contenido patrocinado, patrocinado"
    ", publirreportaje, publicidad, إعلان, إعلانات, محتوى مدفوع, محتوى دعائي, مادة إعلانية, برعاية, إعلان مدفوع"
)
_NOTICE = (
    "obituary, obituaries, death notices, deaths, in memoriam, quiz, quizzes, news quiz, correction, corrections"
    ", corrections and clarifications, corrections & clarifications, clarification, horoscope, horoscopes"
    ", crossword, crosswords, sudoku, wordle, puzzles, lottery results, avis de décès, nécrologie, nécrologies"
    ", carnet du jour, mots croisés, rectificatif, erratum, horoskop, horoskope, todesanzeigen, traueranzeigen"
    ", kreuzworträtsel, rätsel, korrektur, korrekturen, horóscopo, obituario, obituarios, esquelas, necrológicas"
    ", crucigrama, fe de erratas, وفيات, الوفيات, نعي, نعوات, أبراج, الأبراج, حظك اليوم, برجك اليوم, تصويب"
    ", تصحيح, اعتذار, كلمات متقاطعة, اختبار"
)
_WORDS_OF = {Form.SPONSORED: _SPONSORED, Form.LIVE: _LIVE, Form.NOTICE: _NOTICE}
"""Asked in this order: a paid quiz is paid."""

_LABEL_ENDS = re.compile(r" ?[:：|] ?| [—–-] |[\]\[]")
_SIGNS = re.compile(r"[^\w]+|_+")


def form_of(url: str, title: str, categories: Sequence[str]) -> Form:
    """Return what an article is by its address, headline and categories, in five languages."""
    labels = _labels(url, title, categories)
    return next((form for form, words in _WORDS_OF.items() if labels & _phrases(words)), Form.PLAIN)


def matches_words(url: str, title: str, categories: Sequence[str], words: str) -> str:
    """Return the first of a setting's ``words`` (separated by commas) that names an article, "" where none does.

    A word names it as a whole category, a whole part of its address ("/live-blog/") or a label of its headline
    ("Quiz: …", "… | Live"): "live" does not name "How bees live".
    """
    labels = _labels(url, title, categories)
    return next((word for word in _listed(words) if _plain(word) in labels), "")


def _listed(words: str) -> Iterator[str]:
    return (word.strip() for word in words.split(",") if word.strip())


@lru_cache(maxsize=len(_WORDS_OF))
def _phrases(words: str) -> frozenset[str]:
    return frozenset(map(_plain, _listed(words)))


def _labels(url: str, title: str, categories: Iterable[str]) -> frozenset[str]:
    try:
        parts = unquote(urlsplit(url).path).split("/")
    except ValueError:
        parts = []
    # The last part of an address is the headline again; only what it is filed under says what it is.
    ends = _LABEL_ENDS.split(" ".join(title.split()))
    named = (*categories, *parts[:-1], *((ends[0], ends[1], ends[-1]) if len(ends) > 1 else ()))
    return frozenset(map(_plain, named)) - {""}


def _plain(phrase: str) -> str:
    return _SIGNS.sub(" ", phrase.casefold()).strip()
