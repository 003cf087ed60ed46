"""What is typed on the command line, read before anything is opened: a slip is told at once, and exits with 2.

Whether a thing of that name exists is another question, which the database answers.
"""

import math
import re
from datetime import date, datetime, timedelta
from typing import Annotated

import typer

from newsletter.errors import AddressError, SettingsError
from newsletter.publication.newsletters import Newsletter
from newsletter.publication.rules import is_slug, is_web_address
from newsletter.readers.address import read_address

LONGEST_WAIT = 7 * 86_400
"""Seconds: nobody watches a command for longer than a week."""

_MARK = re.compile(r"~([0-9a-f]{8}|weekly|(correction|breaking)-[1-9][0-9]*(-[1-9][0-9]*)?)")
"""What follows the date of an edition from named sources, for named readers, or of another kind than a digest."""


def read_slug(text: str) -> str:
    """Return a newsletter's short name. Raises BadParameter for what no newsletter can be called."""
    if not is_slug(text):
        raise typer.BadParameter(f"{text!r} is no newsletter's short name, such as daily.")
    return text


def read_edition(text: str) -> str:
    """Return an edition's name. Raises BadParameter for what is neither id, newsletter nor newsletter/date."""
    slug, slash, key = text.partition("/")
    if not is_slug(slug) or (slash and not _is_key(key)):
        raise typer.BadParameter(f"{text!r} names no edition: write its id, daily or daily/2026-11-22.")
    return text


def read_feed(text: str) -> str:
    """Return a feed's address. Raises BadParameter for what is no http or https address with a host."""
    if not is_web_address(text):
        raise typer.BadParameter(f"{text!r} is no http or https address: copy the feed's from a browser.")
    return text


def read_mailable(text: str) -> str:
    """Return an address as it will be mailed. Raises BadParameter, so that the slip is told with what it is in."""
    try:
        return read_address(text)
    except AddressError as error:
        raise typer.BadParameter(f"{text!r}: {error}") from None


def read_base(text: str) -> str:
    """Return the address that relative links are read against, or nothing. Raises BadParameter."""
    if text and not is_web_address(text):
        raise typer.BadParameter(f"{text!r} is no http or https address: copy the document's own from a browser.")
    return text


def read_seconds(text: str | float) -> float:
    """Return a time to wait, in seconds. Raises BadParameter for what is no such number."""
    try:
        seconds = float(text)
    except ValueError:
        seconds = math.nan
    if not 0 <= seconds <= LONGEST_WAIT:
        raise typer.BadParameter(f"{text!r} is no number of seconds from 0 to {LONGEST_WAIT}.")
    return seconds


def date_of(newsletter: Newsletter, given: datetime | None, now: datetime, option: str = "--date") -> date:
    """Return the edition's date: the one given by the option, or today by the newsletter's own calendar.

    Raises SettingsError for one later than tomorrow, or from before there was the newsletter.
    """
    today = now.astimezone(newsletter.timezone).date()
    if given is None:
        return today
    first = newsletter.created_at.astimezone(newsletter.timezone).date()
    last = today + timedelta(days=1)
    if given.date() < first:
        raise SettingsError(
            f"{newsletter.slug} has no edition of {given:%Y-%m-%d}: it exists since {first}.",
            f"Choose {option} from {first} to {last}.",
        )
    if given.date() > last:
        raise SettingsError(
            f"{newsletter.slug} has no edition of {given:%Y-%m-%d} yet: news is made no more than a day ahead.",
            f"Choose {option} from {first} to {last}.",
        )
    return given.date()


def _is_key(text: str) -> bool:
    day, mark = text[:10], text[10:]
    try:
        is_day = date.fromisoformat(day).isoformat() == day
    except ValueError:
        return False
    return is_day and (not mark or _MARK.fullmatch(mark) is not None)


NewsletterName = Annotated[
    str, typer.Argument(parser=read_slug, metavar="NEWSLETTER", help="The newsletter's slug, such as daily.")
]
EditionName = Annotated[
    str,
    typer.Argument(
        parser=read_edition,
        metavar="EDITION",
        help="An edition's id, newsletter/date, or a newsletter for its latest edition.",
    ),
]
EditionDate = Annotated[
    datetime | None,
    typer.Option("--date", formats=["%Y-%m-%d"], help="The edition's date, tomorrow's at the latest; today."),
]
Address = Annotated[str, typer.Argument(parser=read_mailable, metavar="ADDRESS", help="The reader's address.")]
Wait = Annotated[
    float,
    typer.Option(parser=read_seconds, metavar="SECONDS", help="Time to wait for the end; 0 returns at once."),
]
