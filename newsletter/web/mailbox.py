"""The local mailbox as pages: what the service has mailed on this machine. There only while ``up`` keeps one."""

from pathlib import Path

from fastapi import APIRouter
from starlette.responses import Response

from newsletter.local.letters import list_messages, read_message
from newsletter.web.doorway import Door, Doorway
from newsletter.web.framed import show_framed

router = APIRouter(prefix="/mailbox")

_SHOWN_FIRST = ("From", "To", "Subject", "Date", "List-Unsubscribe", "List-Unsubscribe-Post")


@router.get("")
def show_list(door: Door) -> Response:
    """List the messages, newest first."""
    return door.pages.show("mailbox/list.html", messages=list_messages(_folder(door)))


@router.get("/{name}")
def show_message(door: Door, name: str) -> Response:
    """Show one message in all its forms."""
    message = read_message(_folder(door), name)
    firsts = {each.lower(): place for place, each in enumerate(_SHOWN_FIRST)}
    first = sorted(
        (each for each in message.headers if each[0].lower() in firsts), key=lambda each: firsts[each[0].lower()]
    )
    rest = [each for each in message.headers if each[0].lower() not in firsts]
    subject = next((value for header, value in first if header.lower() == "subject"), "")
    return door.pages.show(
        "mailbox/message.html", name=name, message=message, first=first, rest=rest, subject=subject
    )


@router.get("/{name}/html")
def show_html(door: Door, name: str) -> Response:
    """Show the HTML part on its own, to be framed."""
    return show_framed(read_message(_folder(door), name).html)


@router.get("/{name}/source")
def download_source(door: Door, name: str) -> Response:
    """Return the bytes as they were submitted."""
    source = read_message(_folder(door), name).source
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(source, media_type="message/rfc822", headers=headers)


def _folder(door: Doorway) -> Path:
    folder = door.services.settings.mailbox_dir
    assert folder is not None, "these pages are there only with a mailbox"
    return folder
