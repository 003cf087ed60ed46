"""What somebody wrote themselves: the first lines of a mail, without what they quote and how they sign. Pure."""

import re

from newsletter.inbound.mail.markup import text_of_markup
from newsletter.inbound.mail.mime import LONGEST_TEXT, Letter, Part

MOST_LINES = 5
"""Lines that are looked at: who has a wish says so at once."""

_MOST_LOOKED_AT = 200
"""Lines among which those are looked for."""

_LONGEST_LINE = 400
"""Characters of a line that are read."""

_ANSWER = re.compile(
    r"\s*(?:re|fwd?|aw|wg|antw|sv|vs|tr|ref|rv|res|enc|ynt|ilt|yanıt|رد|إعادة توجيه)\s*(?:\[\d{1,3}\])?\s*[::]",
    re.IGNORECASE,
)
_QUOTED = re.compile(r"\s*[>|]")
_END = re.compile(
    # A signature (RFC 3676 §4.3), a rule, "On … she wrote:", or the fields of the mail that is answered.
    r"--\s*$|[-_=*]{4,}|.{0,300}:\s*$|(?:from|von|de|kimden|من|sent|gesendet|envoyé|enviado|gönderilen)\s?:\s",
    re.IGNORECASE,
)
_QUOTED_MARKUP = re.compile(
    r"<blockquote|<hr\b|class=\"?(?:gmail_(?:quote|signature)|moz-cite|yahoo_quoted)|id=\"?(?:divRplyFwdMsg|appendonsend)",
    re.IGNORECASE,
)


def is_answer(subject: str) -> bool:
    """Whether a subject is that of an answer, or of a mail sent on."""
    return bool(_ANSWER.match(subject[:100]))


def opening_lines(text: str) -> list[str]:
    """Return the first lines that somebody wrote themselves, without white space around them."""
    own: list[str] = []
    for whole in text.splitlines()[:_MOST_LOOKED_AT]:
        line = whole[:_LONGEST_LINE].strip()
        if not line or _QUOTED.match(line):
            continue
        if _END.match(line) or len(own) == MOST_LINES:
            break
        own.append(line)
    return own


def text_of(letter: Letter) -> str:
    """Return what a mail says, from its plain text where it has one; what HTML marks as quoted is left out."""
    texts = [part for part in letter.parts if part.is_text]
    plain = next((part for part in texts if part.content_type == "text/plain" and part.octets.strip()), None)
    if plain is not None:
        return plain.text
    return _own_words(texts[0]) if texts else ""


def _own_words(part: Part) -> str:
    if part.content_type != "text/html":
        return part.text
    markup = part.octets[:LONGEST_TEXT]
    raw = Part("text/plain", part.headers, markup).text
    found = _QUOTED_MARKUP.search(raw)
    return text_of_markup(raw[: raw.rfind("<", 0, found.end())] if found else raw)
