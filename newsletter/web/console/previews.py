"""What readers see of an edition: on a desk and on a phone, in the light and in the dark, in every language."""

from dataclasses import dataclass
from enum import StrEnum

import sqlalchemy as sa
from fastapi import APIRouter
from starlette.responses import Response

from newsletter.delivery.messages.composer import compose_copy, load_copy
from newsletter.edition import store
from newsletter.edition.copies import nobodys_copy, nobodys_text
from newsletter.edition.printing.pdf import can_press
from newsletter.edition.rendering.content import HTML_BUDGET
from newsletter.edition.store import FrozenContent
from newsletter.edition.words.phrases import direction, own_name
from newsletter.errors import NotFoundError
from newsletter.web.doorway import Door, Doorway
from newsletter.web.framed import show_framed
from newsletter.web.printing import printed
from newsletter.web.schemes import Scheme, in_scheme

router = APIRouter()

SUBJECT_SHOWN, PREHEADER_SHOWN = 40, 90
"""Characters that a phone's list shows, about: one line of subject, two of preheader."""

_STRANGER = "reader@example.org"


class Kind(StrEnum):
    """The kinds of file that an edition can be taken away as."""

    HTML = "html"
    TXT = "txt"
    EML = "eml"
    PDF = "pdf"


_TYPES = {
    Kind.HTML: "text/html; charset=utf-8",
    Kind.TXT: "text/plain; charset=utf-8",
    Kind.EML: "message/rfc822",
    Kind.PDF: "application/pdf",
}


@dataclass(frozen=True, slots=True)
class Preview:
    """An edition in one language. Sizes are in thousands of bytes, ``budget`` the most that its HTML may have."""

    language: str
    name: str
    direction: str
    subject: str
    preheader: str
    text: str
    html_size: float
    text_size: float
    budget: float = HTML_BUDGET / 1000

    @property
    def is_subject_cut(self) -> bool:
        """Whether a phone's list has no room for the whole subject."""
        return len(self.subject) > SUBJECT_SHOWN

    @property
    def is_preheader_cut(self) -> bool:
        """Whether it has none for the whole preheader."""
        return len(self.preheader) > PREHEADER_SHOWN


def previews(connection: sa.Connection, edition_id: int, public_url: str) -> list[Preview]:
    """Return an edition in each of its languages, its own first; none before it is ready."""
    try:
        contents = store.get_contents(connection, edition_id)
    except NotFoundError:
        return []
    return [_preview(each, public_url) for each in contents]


def kinds() -> list[Kind]:
    """Return the kinds of file that can be had here."""
    return [each for each in Kind if each is not Kind.PDF or can_press()]


@router.get("/editions/{edition_id}/preview")
def show_preview(door: Door, edition_id: int, scheme: Scheme = Scheme.LIGHT, language: str = "") -> Response:
    """Show the HTML on its own, to be framed, as a device shows it that prefers the light or the dark."""
    with door.services.database.transaction() as connection:
        content = store.get_content(connection, edition_id, language)
    return show_framed(in_scheme(nobodys_copy(content, door.public_url), scheme))


@router.get("/editions/{edition_id}/file.{kind}")
def take_away(door: Door, edition_id: int, kind: Kind, language: str = "") -> Response:
    """Return an edition in one language as a file, as a stranger would get it."""
    with door.services.database.transaction() as connection:
        edition = store.get_edition(connection, edition_id)
        content = store.get_content(connection, edition_id, language)
    name = f"{edition.slug}-{edition.key}-{content.language}.{kind}"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(_file(door, edition_id, content, kind), media_type=_TYPES[kind], headers=headers)


def _file(door: Doorway, edition_id: int, content: FrozenContent, kind: Kind) -> bytes:
    match kind:
        case Kind.HTML:
            return nobodys_copy(content, door.public_url).encode()
        case Kind.TXT:
            return nobodys_text(content, door.public_url).encode()
        case Kind.PDF:
            return printed(door, nobodys_copy(content, door.public_url))
        case Kind.EML:
            post = door.services.post
            return compose_copy(post, load_copy(post, edition_id, store.Wish(content.language)), 0, _STRANGER)


def _preview(content: FrozenContent, public_url: str) -> Preview:
    text = nobodys_text(content, public_url)
    return Preview(
        language=content.language,
        name=own_name(content.language),
        direction=direction(content.language),
        subject=content.subject,
        preheader=content.preheader,
        text=text,
        html_size=len(nobodys_copy(content, public_url).encode()) / 1000,
        text_size=len(text.encode()) / 1000,
    )
