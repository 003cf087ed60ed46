"""The typefaces that mail can count on: those that readers' machines have, for Latin and Arabic letters alike.

Web fonts are shown by few mail programs and fetched by all that do. A stack names faces of Windows, Apple and
Android in turn; on a page that runs from right to left the faces with Arabic letters come first, so that a line's
height is theirs.
"""

from collections.abc import Mapping
from typing import Final

STACKS: Final[Mapping[str, tuple[str, str]]] = {
    "serif": (
        "Georgia, 'Times New Roman', Times, serif",
        "'Times New Roman', 'Geeza Pro', 'Noto Naskh Arabic', serif",
    ),
    "book": (
        "'Book Antiqua', Palatino, 'Palatino Linotype', Georgia, serif",
        "'Sakkal Majalla', 'Times New Roman', 'Geeza Pro', 'Noto Naskh Arabic', serif",
    ),
    "sans": (
        "Arial, Helvetica, sans-serif",
        "'Segoe UI', Tahoma, 'Geeza Pro', 'Noto Sans Arabic', Arial, sans-serif",
    ),
    "humanist": (
        "Verdana, 'Trebuchet MS', Geneva, sans-serif",
        "Tahoma, 'Segoe UI', 'Geeza Pro', 'Noto Sans Arabic', sans-serif",
    ),
}
"""By name: the faces of a page from left to right, and of one from right to left, as CSS."""


def in_css(stack: str, direction: str) -> str:
    """Return a stack as the value of ``font-family``. Raises KeyError for a name that is none."""
    from_left, from_right = STACKS[stack]
    return from_right if direction == "rtl" else from_left
