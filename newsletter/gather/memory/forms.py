"""What an article is by the words its source files it under: some forms never lead, some never go out."""

import re
from collections.abc import Sequence
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
_PARENTHESES = re.compile(r"^\(([^)]*)\)")
_SIGNS = re.compile(r"[^\w]+|_+")


def form_of(url: str, title: str, categories: Sequence[str]) -> Form:
    """Return what an article is by its address, headline and categories, in five languages."""
    named = {*map(plain, categories), *folders_of(url), *labels_of(title)}
    return next((form for form, words in _WORDS_OF.items() if named & _phrases(words)), Form.PLAIN)


def phrases_of(words: str) -> list[str]:
    """Return the plain form of each of the ``words``, which are parted by commas, in their order."""
    return [phrase for phrase in map(plain, words.split(",")) if phrase]


def folders_of(url: str) -> list[str]:
    """Return what an address files its article under, in plain form: "/live-blog/" is "live blog"."""
    try:
        parts = unquote(urlsplit(url).path).split("/")
    except ValueError:
        return []
    # The last part of an address is the headline again.
    return [folder for folder in map(plain, parts[:-1]) if folder]


def labels_of(title: str) -> list[str]:
    """Return what may be labels of a headline, in plain form, the one before it first: "Quiz: …", "… | Live".

    None where it is not parted: "live" is no label of "How bees live".
    """
    ends = _LABEL_ENDS.split(_PARENTHESES.sub(r"\1: ", " ".join(title.split())))
    labels = (ends[0], ends[1], ends[-1]) if len(ends) > 1 else ()
    return [label for label in map(plain, labels) if label]


def plain(phrase: str) -> str:
    """Return a phrase in small letters, its words parted by one blank."""
    return _SIGNS.sub(" ", phrase.casefold()).strip()


@lru_cache(maxsize=len(_WORDS_OF))
def _phrases(words: str) -> frozenset[str]:
    return frozenset(phrases_of(words))
