"""What an XML feed says about the use of an article: embargo, withdrawal, correction, and the site's own favour.

Read from our own namespace, which any feed can add, and from the IPTC's, whose words NewsML-G2 and ninjs share
(``embargoed``, ``pubStatus``; https://iptc.org/std/NewsML-G2/).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

OUR_NAMESPACE = "urn:newsletter:article"
"""Namespace of the elements by which a site may tell more of an article than RSS and Atom have words for."""
_IPTC = (
    "http://iptc.org/std/nar/",
    "https://iptc.org/std/nar/",
    "http://iptc.org/std/rnews",
    "http://dev.iptc.org/rnews",
)
_TRUE = {"1", "true", "yes"}
_NOT_TO_BE_USED = {"canceled", "cancelled", "withheld"}
"""IPTC's https://cv.iptc.org/newscodes/pubstatusg2/: taken back for ever, or until further notice."""


@dataclass(frozen=True, slots=True)
class Prefixes:
    """What a feed calls our namespace and the IPTC's, as feedparser joins it to an element's name."""

    ours: str
    iptc: str | None

    @classmethod
    def of(cls, namespaces: Mapping[str, str]) -> "Prefixes":
        """Find them among a feed's namespaces, by prefix."""
        ours = next((name for name, uri in namespaces.items() if uri == OUR_NAMESPACE), "")
        iptc = next((name for name, uri in namespaces.items() if uri.startswith(_IPTC)), None)
        return cls(_joined(ours), None if iptc is None else _joined(iptc))


@dataclass(frozen=True, slots=True)
class Rights:
    """What may be done with an article; ``embargo`` as it is written, empty for none."""

    votes: str
    correction: str
    embargo: str
    is_featured: bool
    is_withdrawn: bool


def rights_of(entry: Mapping[str, Any], prefixes: Prefixes) -> Rights:
    """Return what an entry of feedparser's says in either namespace; ours wins."""
    ours, iptc = prefixes.ours, prefixes.iptc
    embargo = _text(entry, f"{ours}embargo-until") or ("" if iptc is None else _text(entry, f"{iptc}embargoed"))
    status = "" if iptc is None else _text(entry, f"{iptc}pubstatus")
    return Rights(
        votes=_text(entry, f"{ours}votes"),
        correction=_text(entry, f"{ours}correction"),
        embargo=embargo,
        is_featured=_text(entry, f"{ours}featured").lower() in _TRUE,
        is_withdrawn=_text(entry, f"{ours}withdrawn").lower() in _TRUE
        or status.rpartition(":")[2].lower() in _NOT_TO_BE_USED,
    )


def _joined(prefix: str) -> str:
    return f"{prefix}_".lower() if prefix else ""


def _text(entry: Mapping[str, Any], key: str) -> str:
    value = dict.get(entry, key) if isinstance(entry, dict) else None
    if isinstance(value, dict):
        # feedparser keeps the attributes of an element instead of its text: IPTC's codes stand there.
        value = value.get("qcode") or value.get("uri", "").rpartition("/")[2]
    return value.strip() if isinstance(value, str) else ""
