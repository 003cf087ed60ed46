"""The image that stands beside a link on a page: in the same teaser, and in no other article's."""

from collections.abc import Collection
from typing import Any

_HIGHEST = 5
"""Elements that the image of a teaser may stand above its link."""
_TEASERS = {"article", "li"}
_WHOLE = {"html", "body", "main"}
_SMALLEST_SIDE = 3
"""Pixels: smaller images count readers."""


def image_beside(node: Any, others: Collection[str]) -> tuple[str, str]:
    """Return the link and the description of the image in a link's teaser, empty without one.

    ``node`` is the link's element. Its teaser is what stands around it and around no link to one of ``others``,
    which are written as in the page.
    """
    teaser = node
    for _ in range(_HIGHEST):
        parent = teaser.getparent()
        if teaser.tag in _TEASERS or parent is None or parent.tag in _WHOLE:
            break
        if any(each.get("href") in others for each in parent.iter("a")):
            break
        teaser = parent
    return next((shown for each in teaser.iter("img") if (shown := _shown(each))[0]), ("", ""))


def _shown(image: Any) -> tuple[str, str]:
    """Return an image's link and description; sites that load images late keep the link elsewhere."""
    sides = (image.get("width", ""), image.get("height", ""))
    if any(side.isdecimal() and int(side[:6]) < _SMALLEST_SIDE for side in sides):
        return "", ""
    links = [image.get(name, "").strip() for name in ("src", "data-src", "data-original")]
    links.append(image.get("srcset", "").strip().partition(" ")[0])
    link = next((link for link in links if link and not link.startswith("data:")), "")
    return link, image.get("alt", "")
