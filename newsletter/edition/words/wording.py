"""Feed text made fit to print: one clean line, whole words, safe links."""

import re
import unicodedata
from urllib.parse import quote, urlsplit, urlunsplit

_MAX_LINK = 900  # with its number it still fits a line of 998 characters (RFC 5322 §2.1.1)
_AHEAD = 8
"""How many times what is shown is read at the most: some of it may be white space and controls."""

_OVERRIDES = re.compile("[\u202a-\u202e]")
_ISOLATES = re.compile("[\u2066-\u2069]")
_POP = "\u2069"
_SPACES = re.compile("[^\\S\u00a0\u202f]+")  # the two that must not break stay as they are
_UNPRINTABLE = {"Cc", "Cs"}
_BYTE_ORDER_MARK = "\ufeff"
_NONCHARACTER = 0xFFFE
_JOINERS = "\u200d\ufe0e\ufe0f\U0001f3fb\U0001f3fc\U0001f3fd\U0001f3fe\U0001f3ff"


def plain(text: str) -> str:
    """Return the text as one line without control characters, broken surrogates or stray direction controls.

    Embeddings and overrides (U+202A to U+202E) go: they can make a headline read backwards. Isolates
    (U+2066 to U+2069) stay where they are balanced.
    """
    one_line = _SPACES.sub(" ", text).strip()
    if not (one_line.isascii() and one_line.isprintable()):
        one_line = "".join(letter for letter in one_line if _can_print(letter))
    return _SPACES.sub(" ", _settle(_OVERRIDES.sub("", one_line))).strip()


def cut(text: str, most: int) -> str:
    """Return at most ``most`` characters, cut at a word end and marked with "…" where something is left out.

    A single word longer than that is cut between whole characters, never inside an accent or a joined emoji.
    """
    if len(text) <= most:
        return text
    head = text[:most]
    end = head.rfind(" ")
    if end < most // 2:
        end = most - 1
        while end > 1 and not can_part(text[end - 1], text[end]):
            end -= 1
    return _settle(text[:end].rstrip(" ,;:·–—-") + "…")


def line(text: str, most: int) -> str:
    """Return ``plain`` text of at most ``most`` characters, without reading much more of it than that."""
    return cut(plain(text[: _AHEAD * most]), most)


def isolate(text: str) -> str:
    """Return the text between U+2068 and U+2069, so that its direction leaves the line around it alone."""
    return f"\u2068{text}{_POP}"


def is_isolated(text: str) -> bool:
    """Whether a text is one isolate already, from its first letter to its last."""
    return text.startswith("\u2068") and text.endswith(_POP) and text.count("\u2068") == 1


def safe_link(url: str, most: int = _MAX_LINK) -> str:
    """Return an absolute http or https address in ASCII, or nothing where there is none to trust.

    Addresses that carry a login (name@host) are dropped: they show one host and lead to another.
    """
    try:
        parts = urlsplit(url.strip())
        host = (parts.hostname or "").encode("idna").decode()
        port = f":{parts.port}" if parts.port else ""
    except ValueError:  # includes UnicodeError
        return ""
    if parts.scheme not in {"http", "https"} or not host or "@" in parts.netloc or not _is_host(host):
        return ""
    keep = "%/:=&?~+!$,;@()*[]-._"
    try:
        path, query, fragment = (quote(part, safe=keep) for part in (parts.path, parts.query, parts.fragment))
    except UnicodeError:
        return ""
    link = urlunsplit((parts.scheme, f"[{host}]{port}" if ":" in host else host + port, path, query, fragment))
    return link if len(link) <= most else ""


def _is_host(host: str) -> bool:
    return bool(re.fullmatch(r"[A-Za-z0-9._-]+|[0-9a-fA-F:.]+", host))


def _can_print(letter: str) -> bool:
    return (
        unicodedata.category(letter) not in _UNPRINTABLE
        and letter != _BYTE_ORDER_MARK
        and ord(letter) & _NONCHARACTER != _NONCHARACTER
    )


def can_part(before: str, after: str) -> bool:
    """Whether text may be cut between two letters, and not inside an accent or a joined emoji."""
    return not unicodedata.combining(after) and after not in _JOINERS and before != "\u200d"


def _settle(text: str) -> str:
    """Drop every isolate when one opens without closing or closes without opening."""
    depth = 0
    for mark in _ISOLATES.findall(text):
        depth += -1 if mark == _POP else 1
        if depth < 0:
            break
    return _ISOLATES.sub("", text) if depth else text
