"""Plain text out of what a source calls a title or a summary: HTML, escaped HTML, or HTML escaped twice.

Everything gathered becomes text here, once, so that nothing after this room ever holds a stranger's markup.
"""

import html
import re
import unicodedata

import nh3

LONGEST_MARKUP = 20_000
"""Characters of HTML read for one text: a summary stands in the first paragraphs, and pages are long."""
LONGEST_SUMMARY = 280
ENOUGH_SUMMARY = 160
"""Characters: sentences are added until this many, and never beyond the longest."""

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

_CUT_MARKS = re.compile(
    r"""(?:
      \s*[\[(]?(?:…|\.\.\.)[\])]?
    | \s*\b(?:Read\ (?:more|the\ (?:full|rest|whole)\b.{0,40})|Continue\ reading\b.{0,200}|Keep\ reading
        |Click\ here\b.{0,40}|Full\ story|Lire\ la\ suite|Weiterlesen)\s*[»›→>.…:]*
    | \s*[»›→]
    )\s*$""",
    re.IGNORECASE | re.VERBOSE,
)
_LONGEST_MARK = 300
_LONGEST_CREDIT = 800
_MOST_MARKS = 4
"""A text may end in several: "… Read more » The post … appeared first on …"."""
_ELLIPSIS = re.compile(r"(?:…|\.\.\.)[\])]?\s*$")
_SENTENCE_END = re.compile(r"(?:[.!?]+[\"'”’»)\]]*(?=\s|$)|[؟۔。！？]+[”’»」]*)")
_ABBREVIATION = re.compile(
    r"(?:^|[\s(“\"])(?:[A-Z]|Mr|Mrs|Ms|Dr|Prof|Gen|Col|Lt|Sgt|Capt|Sen|Rep|Gov|St|Jr|Sr|vs|No|Jan|Feb|Mar|Apr|Aug"
    r"|Sept?|Oct|Nov|Dec|(?:[A-Za-z]\.)+[A-Za-z])\.$"
)


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
    cut = text[:longest]
    head, space, _ = cut.rpartition(" ")
    # A language without spaces, or one endless word, is cut where it has to be.
    kept = head if space and len(head) > longest // 2 else cut[:-1]
    while kept and unicodedata.combining(text[len(kept)]):
        kept = kept[:-1]
    return f"{kept.rstrip(' ,;:–—-')}…"


def summarise(markup: str, title: str) -> str:
    """Return whole sentences of an article's description, about 160 to 280 characters.

    Empty where the description only repeats the title. A description that the source cut short ("[…]",
    "Read more") ends at its last whole sentence, or with an ellipsis where it has none.
    """
    text = plain_text(markup)
    was_cut = len(markup) > LONGEST_MARKUP
    for _ in range(_MOST_MARKS):
        text, is_half = _without_mark(text)
        was_cut = was_cut or is_half
    if _letters(text) == _letters(title):
        return ""
    return _opening(text, was_cut=was_cut)


def _without_mark(text: str) -> tuple[str, bool]:
    """Return the text without the mark at its end, and whether that mark stood for missing words."""
    credit = max(text.rfind(" appeared first on "), text.rfind(" first appeared on "))
    start = text.rfind("The post ", 0, max(credit, 0))
    if start >= 0 and len(text) - start < _LONGEST_CREDIT:
        return text[:start].rstrip(), False
    tail = max(len(text) - _LONGEST_MARK, 0)
    found = _CUT_MARKS.search(text, tail)
    if found is None:
        return text, False
    return text[: found.start()], bool(_ELLIPSIS.search(found.group()))


def _opening(text: str, *, was_cut: bool) -> str:
    end = 0
    for stop in _sentence_ends(text):
        if stop > LONGEST_SUMMARY or end >= ENOUGH_SUMMARY:
            break
        end = stop
    if end == 0:
        return shortened(f"{text}…" if was_cut and text else text, LONGEST_SUMMARY)
    is_whole = len(text) <= LONGEST_SUMMARY and not was_cut
    return text if is_whole and end < ENOUGH_SUMMARY else text[:end]


def _sentence_ends(text: str) -> list[int]:
    window = text[: LONGEST_SUMMARY * 2]
    return [
        found.end()
        for found in _SENTENCE_END.finditer(window)
        if not _ABBREVIATION.search(window[max(0, found.end() - 12) : found.end()])
    ]


def _cleaned(text: str) -> str:
    folded = " ".join(text.split())
    if folded.isprintable():
        return folded.translate(_OVERRIDES)
    kept = "".join(char for char in folded if unicodedata.category(char) not in {"Cc", "Cs", "Co", "Cn"})
    return " ".join(kept.translate(_OVERRIDES).split())


def _letters(text: str) -> str:
    return "".join(char for char in text.casefold() if char.isalnum())
