"""Plain text out of what a source calls a title or a summary: HTML, escaped HTML, or HTML escaped twice.

Everything gathered becomes text here, once, so that nothing after this room ever holds a stranger's markup.
"""

import html
import re
import unicodedata

import nh3

from newsletter.gather.text.cutting import last_sign_end, last_word_end

LONGEST_MARKUP = 20_000
"""Characters of HTML read for one text: a summary stands in the first paragraphs, and pages are long."""

_MOST_LAYERS = 4
"""Escaping more than this many times over is not an accident; what is left stays text, escaped when shown."""
_SILENT_TAGS = {
    "script",
    "style",
    "template",
    "noscript",
    "iframe",
    "svg",
    "math",
    "head",
    "title",
    "textarea",
}
_BLOCK = re.compile(
    r"<(?=/?(?:p|div|br|hr|li|ul|ol|h[1-6]|tr|td|th|table|blockquote|section|article|figure|figcaption|pre)\b)",
    re.IGNORECASE,
)
_MARKUP = re.compile(
    r"</?[a-z][a-z0-9]*(?:\s[^<>]*)?/?>|</?(?:script|style)\b|<!--|&(?:#\d+|#x[0-9a-f]+|[a-z][a-z0-9]{1,30});",
    re.IGNORECASE,
)
_OVERRIDES = dict.fromkeys((*range(0x202A, 0x202F), 0xFEFF, 0xFFFC, 0xFFFE, 0xFFFF))
"""Unclosed bidirectional embeddings would turn the rest of a line around; the others show as boxes."""


def plain_text(markup: str, longest: int = LONGEST_MARKUP) -> str:
    """Return the text of HTML on one line, of at most ``longest`` characters.

    Tags go, and with them what is never read aloud (scripts, styles); entities become characters; escaping
    is undone as often as it was done; white space folds; control characters go.
    """
    text = markup[:LONGEST_MARKUP]
    for _ in range(_MOST_LAYERS):
        if not _MARKUP.search(text):
            break
        spaced = _BLOCK.sub(" <", text)
        text = html.unescape(nh3.clean(spaced, tags=set(), clean_content_tags=_SILENT_TAGS, link_rel=None))
    return shortened(_cleaned(text), longest)


def shortened(text: str, longest: int) -> str:
    """Return the text, or as many whole words of it as fit with an ellipsis."""
    if len(text) <= longest:
        return text
    end = last_word_end(text, longest - 1)
    if end <= longest // 2:
        # A language without spaces, or one endless word, is cut where it has to be.
        end = last_sign_end(text, longest - 1)
    return f"{text[:end].rstrip(' ,;:–—-')}…"


def _cleaned(text: str) -> str:
    folded = " ".join(text.split())
    if folded.isprintable():
        return folded.translate(_OVERRIDES)
    kept = "".join(char for char in folded if unicodedata.category(char) not in {"Cc", "Cs", "Co", "Cn"})
    return " ".join(kept.translate(_OVERRIDES).split())
