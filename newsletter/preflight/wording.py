"""Checks of the words: what a template left open, the subject, and the postal address. Pure."""

import re
from collections.abc import Iterator
from email.errors import HeaderParseError
from email.header import decode_header, make_header

from newsletter.preflight.expected import Expected
from newsletter.preflight.finding import Finding, block, passed, shown, warn
from newsletter.preflight.opened import Opened, tag_of, words_of

LONGEST_SUBJECT = 120
"""Characters: a phone shows some 40, a desk some 80."""

_SLOT = re.compile(r"nl[0-9a-f]{16}(?:n\d+|s[a-z]+)x")
_TEMPLATE = re.compile(r"\{\{.*?\}\}|\{%.*?%\}|\*\|\w+\|\*|%%\w+%%|<%=?.*?%>|\$\{\w+\}", re.DOTALL)
_EMPTY = {"None", "null", "undefined", "NaN", "nan", "[object Object]"}
_PLACEHOLDER = re.compile(
    r"lorem ipsum|\bTODO\b|\bTKTK\b|your (?:company|postal|street) address|insert \w+ here", re.IGNORECASE
)
_REPLY = re.compile(r"(?:re|fwd?|aw|wg|sv|tr|rv|ynt|ilt)\s*:", re.IGNORECASE)
_OVERRIDES = re.compile("[\u202a\u202b\u202d\u202e]")
_FEWEST_CAPITALS = 8

_HTML_ATTRIBUTES = {
    **dict.fromkeys(("href", "src", "style", "bgcolor"), block),
    # What an article says of its picture: its words, however odd, hold up no edition.
    **dict.fromkeys(("alt", "title"), warn),
}


def check_leftovers(message: Opened, _: Expected) -> Iterator[Finding]:
    """Whether a slot, a template's own signs or a missing value were left in what a reader sees."""
    subject = subject_of(message)
    visible = words_of(message.tree) if message.tree is not None else ""
    places = {"the subject": subject, "the text": message.text or "", "the HTML": message.html or ""}
    for where, said in places.items():
        if _SLOT.search(said):
            yield block("A personal value was not filled in.", where, "Render the edition again.")
    for where, said in {**places, "the HTML": visible}.items():
        for found in _TEMPLATE.findall(said)[:1]:
            mend = "If no article is about such signs, mend the template that left them."
            yield warn(f"A template's signs are in what readers see: {shown(found, 40)!r}.", where, mend)
        for found in _PLACEHOLDER.findall(said)[:1]:
            yield warn(f"{shown(found, 40)!r} looks like a placeholder.", where, "Write what is meant.")
    for element in message.elements():
        for name, say in _HTML_ATTRIBUTES.items():
            value = element.get(name, "")
            if _TEMPLATE.search(value) or value.strip() in _EMPTY:
                mend = "Mend the template, or the source."
                yield say(f"{name} is {shown(value, 40)!r}.", f"a {tag_of(element)}", mend)
        if len(element) == 0 and (element.text or "").strip() in _EMPTY:
            what = f"A reader would see {shown(element.text or '', 40)!r}."
            yield warn(what, f"a {tag_of(element)}", "Leave out what has no value.")


def check_subject(message: Opened, _: Expected) -> Iterator[Finding]:
    """Whether the subject is there, short, and neither shouts nor pretends to be an answer."""
    subject = subject_of(message)
    letters = [each for each in subject if each.isalpha() and each.upper() != each.lower()]
    if not subject.strip():
        yield block("The subject is empty.", "Subject", "Give the first article a title.")
    if len(subject) > LONGEST_SUBJECT:
        yield warn(f"The subject has {len(subject)} characters.", "Subject", f"Stay below {LONGEST_SUBJECT}.")
    if _REPLY.match(subject.strip()):
        yield warn("The subject pretends to be an answer.", "Subject", "Begin it with another word.")
    if len(letters) >= _FEWEST_CAPITALS and all(each.isupper() for each in letters):
        yield warn("The subject is in capitals.", "Subject", "Write it as a headline.")
    if _OVERRIDES.search(subject):
        yield warn(
            "The subject changes the direction of what follows it.", "Subject", "Use isolates (U+2066 to U+2069)."
        )


def check_postal_address(message: Opened, expected: Expected) -> Iterator[Finding]:
    """Whether the publisher's postal address is in both parts, as CAN-SPAM and others ask for."""
    if expected.postal_address is None:
        yield passed("Not checked: the newsletter is not known here.")
        return
    lines = [_folded(line) for line in expected.postal_address.splitlines() if line.strip()]
    if not lines:
        mend = "`newsletter newsletters set SLUG postal_address=…`: many countries' laws ask for it."
        yield warn("The newsletter has no postal address.", "the newsletter's settings", mend)
        return
    visible = words_of(message.tree) if message.tree is not None else ""
    for where, said in {"the HTML": visible, "the text": message.text or ""}.items():
        if not all(line in _folded(said) for line in lines):
            yield warn("The postal address is missing.", where, "Print {{ paper.postal_address }} in the footer.")


def subject_of(message: Opened) -> str:
    """Return the subject as a reader sees it."""
    written = message.value("Subject")
    try:
        return str(make_header(decode_header(written)))
    except (HeaderParseError, ValueError, LookupError):
        return written


def _folded(text: str) -> str:
    return re.sub("[\u2066-\u2069\u200e\u200f]", "", " ".join(text.split())).casefold()
