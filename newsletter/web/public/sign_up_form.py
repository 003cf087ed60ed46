"""What a sign-up form says, sent by a page or by a script: read once, never believed."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Request

from newsletter.web.tongue import CHOSEN

_LONGEST_SOURCE = 200
_LONGEST = 1000
"""Characters of any other field that are looked at."""

_MOST_NEWSLETTERS = 100


@dataclass(frozen=True, slots=True)
class SignUpForm:
    """The fields of a form; one that is missing or of a wrong kind is empty.

    ``website`` is hidden from people: only a machine fills it in. ``as_written`` is an address whose reader was
    asked about a slip in it, and says that there is none. ``framed`` is the newsletter in whose frame the form
    stands, ``scheme`` the frame's colours. ``source`` is where it stood, as the form says: at most 200 printable
    characters.
    """

    address: str = ""
    as_written: str = ""
    slugs: tuple[str, ...] = ()
    language: str = ""
    source: str = ""
    website: str = ""
    token: str = ""
    nonce: str = ""
    framed: str = ""
    scheme: str = ""
    is_json: bool = False

    @property
    def typed(self) -> str:
        """The address that is meant."""
        return self.as_written or self.address


def clean_source(given: str) -> str:
    """Return what a door was told of where a form stood, fit to be stored and shown. Pure."""
    printable = "".join(letter for letter in given[:_LONGEST] if letter.isprintable())
    return printable.strip()[:_LONGEST_SOURCE].rstrip()


async def _read(request: Request) -> SignUpForm:
    """Return the form in a request. Nothing waits here but the request itself."""
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    is_json = media_type == "application/json"
    if is_json:
        fields = await _json(request)
        named = fields.get("newsletter")
        slugs = named if isinstance(named, list) else [named]
    else:
        form = await request.form(max_files=0, max_fields=_MOST_NEWSLETTERS + 20)
        fields, slugs = form, form.getlist("newsletter")
    return SignUpForm(
        address=_text(fields, "address").strip(),
        as_written=_text(fields, "as_written").strip(),
        slugs=tuple(each for each in slugs[:_MOST_NEWSLETTERS] if isinstance(each, str)),
        language=_text(fields, CHOSEN),
        source=clean_source(_text(fields, "source")),
        website=_text(fields, "website"),
        token=_text(fields, "token"),
        nonce=_text(fields, "nonce"),
        framed=_text(fields, "framed"),
        scheme=_text(fields, "scheme"),
        is_json=is_json,
    )


async def _json(request: Request) -> Mapping[str, object]:
    try:
        sent = await request.json()
    except (ValueError, RecursionError):
        sent = None
    return sent if isinstance(sent, dict) else {}


def _text(fields: Mapping[str, object], name: str) -> str:
    value = fields.get(name, "")
    # JSON can say halves of characters, which nothing can store or show.
    return value[:_LONGEST].encode("utf-8", "replace").decode() if isinstance(value, str) else ""


Sent = Annotated[SignUpForm, Depends(_read)]
"""How a handler asks for the form that it was sent."""
