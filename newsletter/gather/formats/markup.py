"""A feed's bytes made harmless text, before any XML parser sees them.

Encodings lie and documents attack: a DOCTYPE can define entities that grow without end or read files. Here
bytes become text first, whatever their encoding, so that what is removed cannot hide in another encoding.
"""

import codecs
import re
import string
import sys

from newsletter.errors import NotAFeedError

MOST_ARTICLES = 1_000
"""Articles kept of one source: ten times the longest feed met in the wild, and a second's work to parse."""
MOST_TAGS = 60_000
"""Tags of a document, seven times those of the longest met: each costs half a kilobyte while it is parsed."""
LONGEST_FEED = 1_500_000
"""Characters: one outside Unicode's first plane makes each cost four bytes, in every step that makes a copy."""
_MOST_CATEGORIES = 10_000
"""feedparser compares each category of an article with all the others."""
_MOST_ATTRIBUTES = 200
"""Attributes of one tag, likewise; real feeds, with all their namespaces, have some thirty."""

_BYTE_ORDER_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_WITHOUT_MARK = (
    (b"<\0\0\0", "utf-32-le"),
    (b"\0\0\0<", "utf-32-be"),
    (b"<\0", "utf-16-le"),
    (b"\0<", "utf-16-be"),
)
_DECLARED = re.compile(rb"""^\s*<\?xml[^>]{0,200}?encoding\s*=\s*["']([\w.:-]{1,40})["']""")
_CHARSET = re.compile(r"""charset\s*=\s*["']?([\w.:-]{1,40})""", re.IGNORECASE)
_SEVEN_BIT = ("iso-2022-", "iso2022", "hz", "csiso2022")
_LAST_RESORT = "windows-1252"

_XML_DECLARATION = re.compile(r"<\?xml\s[^>]{0,500}\?>")
_DOCTYPE = re.compile(r"<!DOCTYPE[^\[>]*(?:\[.*?\]\s*)?>", re.IGNORECASE | re.DOTALL)
_DECLARATION = re.compile(r"<!(?=DOCTYPE|ENTITY|ELEMENT|ATTLIST|NOTATION)", re.IGNORECASE)
_REFERENCE = re.compile(r"&#(?:[xX]([0-9a-fA-F]+)|([0-9]+));?")
_ILLEGAL_CODE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
"""Characters that XML 1.0 §2.2 forbids: one of them makes a strict parser refuse the whole feed."""
_LONGEST_PROLOGUE = 10_000
"""Characters in which a DOCTYPE that means something begins."""
_LONGEST_CODE = 8
"""Digits of a character's number that matter: with eight it is beyond Unicode already."""
_OPENING = re.compile(r"<(?:(?:[\w.-]{1,40}:)?(?:(item|entry)|(category|subject|keywords))(?=[\s/>]))?")
_CROWDED_TAG = re.compile(
    r"<[\w.:-]++(?:[\s/]++[^\s=<>\"'/]++\s*+=\s*+(?:\"[^\"]*+\"|'[^']*+'|[^\s\"'<>]++))"
    f"{{{_MOST_ATTRIBUTES}}}"
)
_ASCII = f"{string.ascii_letters}{string.digits} <>&;=/!?'\"#:-"


def decode(content: bytes, content_type: str = "") -> str:
    """Return the text of a feed, never failing.

    A byte order mark wins; then UTF-8 if the bytes are valid UTF-8, because text in another encoding hardly
    ever is, and a wrong declaration is common; then what HTTP and the XML declaration say; then Windows-1252.
    """
    for mark, encoding in _BYTE_ORDER_MARKS:
        if content.startswith(mark):
            return content[len(mark) :].decode(encoding, "replace")
    for start, encoding in _WITHOUT_MARK:
        if content.startswith(start):
            return content.decode(encoding, "replace")
    named = _named_encodings(content, content_type)
    seven_bit = [name for name in named if name.lower().startswith(_SEVEN_BIT)]
    for name in (*seven_bit, "utf-8", *named):
        try:
            return content.decode(name)
        except (LookupError, ValueError):
            continue
    return content.decode(_LAST_RESORT, "replace")


def disarm(text: str) -> str:
    """Return a feed's XML without what could attack or needlessly break its parser.

    The XML declaration (the text is UTF-8 from here on), the DOCTYPE with every entity it defines, characters
    that XML forbids, and references to such characters.
    """
    text = _XML_DECLARATION.sub("", _ILLEGAL_CODE.sub("", text), count=1).lstrip()
    start = text[:_LONGEST_PROLOGUE].upper().find("<!DOCTYPE")
    if start >= 0 and (found := _DOCTYPE.match(text, start)):
        text = f"{text[:start]} {text[found.end() :]}"
    # A second declaration, or one hidden inside the first, ends here: this is no XML any more, only text.
    return _REFERENCE.sub(_legal_reference, _DECLARATION.sub("<! ", text))


def cut(text: str) -> str:
    """Return a feed's XML, cut before the article with which it would be longer than LONGEST_FEED."""
    if len(text) <= LONGEST_FEED:
        return text
    head = text[:LONGEST_FEED]
    last_article = max((found.start() for found in _OPENING.finditer(head) if found.group(1)), default=0)
    return head[:last_article] + _closing(head[:last_article])


def is_crowded(text: str) -> bool:
    """Whether a document has more tags or attributes than any page, for a parser that keeps them all at once."""
    return text.count("<") > MOST_TAGS or text.count("=") > 2 * MOST_TAGS


def limited(text: str) -> str:
    """Return a feed's XML, cut before the article that would make it too much work to parse.

    Raises NotAFeedError for a tag that no feed has.
    """
    if _CROWDED_TAG.search(text):
        raise NotAFeedError(f"This is no feed: one tag has more than {_MOST_ATTRIBUTES} attributes.")
    articles = categories = last_article = 0
    for tags, found in enumerate(_OPENING.finditer(text)):
        article, category = found.groups()
        if article:
            articles, last_article = articles + 1, found.start()
        categories += bool(category)
        if articles > MOST_ARTICLES or categories > _MOST_CATEGORIES or tags > MOST_TAGS:
            return text[:last_article] + _closing(text[:last_article])
    return text


def _closing(head: str) -> str:
    root = re.search(r"<([A-Za-z_][\w.:-]{0,60})", head)
    name = root.group(1) if root else ""
    return f"</channel></{name}>" if name == "rss" else f"</{name}>"


def _named_encodings(content: bytes, content_type: str) -> list[str]:
    names = _CHARSET.findall(content_type)[:1]
    if found := _DECLARED.match(content[:1_000]):
        names.append(found.group(1).decode("ascii"))
    return [name for name in names if _is_text_encoding(name)]


def _is_text_encoding(name: str) -> bool:
    """Tell a character encoding from Python's other codecs (base64, bz2, idna), which a feed must not reach."""
    try:
        return _ASCII.encode("ascii").decode(name) == _ASCII
    except (LookupError, ValueError, TypeError):
        return False


def _legal_reference(found: re.Match[str]) -> str:
    hexadecimal, decimal = found.groups()
    digits = (hexadecimal or decimal).lstrip("0")[:_LONGEST_CODE]
    code = int(digits or "0", 16 if hexadecimal else 10)
    is_legal = code <= sys.maxunicode and _ILLEGAL_CODE.fullmatch(chr(code)) is None
    return found.group() if is_legal else ""
