"""An editor's word from the command line: what may be chosen today and why, and marks that change it."""

import datetime as dt
import json
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import sqlalchemy as sa
import typer

from newsletter.cli.arguments import EditionDate, NewsletterName, date_of
from newsletter.cli.receipt import plain
from newsletter.cli.session import AsJson, DataDir, open_services
from newsletter.delivery.retract import retract as take_back
from newsletter.edition.choosing import marks
from newsletter.edition.choosing.desk import next_edition_on, outlook
from newsletter.edition.choosing.marks import MarkRequest
from newsletter.errors import SettingsError
from newsletter.publication.newsletters import Newsletter, get_newsletter
from newsletter.publication.rules import LONGEST_LINE
from newsletter.schedule.marking import heed_marks
from newsletter.services import now

ArticleName = Annotated[
    str,
    typer.Argument(metavar="ARTICLE", help="The article's URL, or its id as `candidates` lists it."),
]
_BY = "command line"


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command()(candidates)
    app.command()(pin)
    # A negative number is points, and no option.
    app.command(context_settings={"ignore_unknown_options": True})(boost)
    app.command()(block)
    app.command("allow-update")(allow_update)
    app.command()(unmark)
    app.command()(retract)


def candidates(
    newsletter: NewsletterName, date: EditionDate = None, as_json: AsJson = False, data: DataDir = None
) -> None:
    """List what the next edition can be made of, best first, with points, reasons and ids."""
    with open_services(data) as services, services.database.transaction() as connection:
        found = get_newsletter(connection, newsletter)
        on = next_edition_on(connection, found, now()) if date is None else date_of(found, date, now())
        told = plain(outlook(connection, found, on, now()))
    if as_json:
        typer.echo(json.dumps(told, ensure_ascii=False, indent=1))
        return
    typer.echo(f"{newsletter}/{told['date']}")
    print_candidates(told)


def print_candidates(told: dict[str, Any]) -> None:
    """Print candidates for a person: place, points, id and headline, and why it is in or out."""
    for each in told["articles"]:
        place = f"{each['place']:>2}." if each["place"] else "   "
        typer.echo(f"{place} {each['points']:>6.1f}  {each['id']:>6}  {each['title']}")
        told_why = " · ".join([each["source"], *each["marks"], each["left_out"] or each["why"]])
        typer.echo(f"{'':20}{told_why}")
    for note in told["notes"]:
        typer.echo(f"Note: {note}")


def pin(
    newsletter: NewsletterName,
    article: ArticleName,
    place: Annotated[int, typer.Option(help="Its place, from 1; blog posts have places of their own.")] = 1,
    on: Annotated[
        dt.datetime | None, typer.Option("--on", formats=["%Y-%m-%d"], help="The edition's date; the next one.")
    ] = None,
    data: DataDir = None,
) -> None:
    """Give an article a place in one edition."""

    def write(connection: sa.Connection, request: MarkRequest, day: dt.date) -> str:
        marks.pin(connection, request, place, day)
        return f"has place {place} in {newsletter}/{day}"

    _mark(newsletter, article, write, data, on)


def boost(
    newsletter: NewsletterName,
    article: ArticleName,
    points: Annotated[int, typer.Argument(help="Points to add, or to take where negative; at most 20.")],
    data: DataDir = None,
) -> None:
    """Add points to an article, or take some."""

    def write(connection: sa.Connection, request: MarkRequest, _: dt.date) -> str:
        marks.boost(connection, request, points)
        return f"has {points:+d} points in {newsletter}"

    _mark(newsletter, article, write, data)


def block(newsletter: NewsletterName, article: ArticleName, data: DataDir = None) -> None:
    """Keep an article out of a newsletter."""

    def write(connection: sa.Connection, request: MarkRequest, _: dt.date) -> str:
        marks.block(connection, request)
        return f"stays out of {newsletter}"

    _mark(newsletter, article, write, data)


def allow_update(newsletter: NewsletterName, article: ArticleName, data: DataDir = None) -> None:
    """Let an article that was sent come once more, as an update."""

    def write(connection: sa.Connection, request: MarkRequest, _: dt.date) -> str:
        marks.allow_update(connection, request)
        return f"may come once more in {newsletter}, as an update"

    _mark(newsletter, article, write, data)


def unmark(newsletter: NewsletterName, article: ArticleName, data: DataDir = None) -> None:
    """Take away every mark of an article in a newsletter."""

    def write(connection: sa.Connection, request: MarkRequest, _: dt.date) -> str:
        count = marks.clear(connection, request.newsletter_id, request.article_id)
        return f"had {count} mark{'' if count == 1 else 's'} in {newsletter}, and has none"

    _mark(newsletter, article, write, data)


def _mark(
    slug: str,
    name: str,
    write: Callable[[sa.Connection, MarkRequest, dt.date], str],
    data: Path | None,
    on: dt.datetime | None = None,
) -> None:
    """Write an editor's mark, let an edition that is ready be chosen anew with it, and say what was done."""
    with open_services(data) as services:
        with services.database.transaction() as connection:
            found, request, title = _request(connection, slug, name)
            day = _on(connection, found, on)
            done = write(connection, request, day)
            bells = heed_marks(connection, found.id, day, now())
        services.ringer.ring(bells)
    typer.echo(f"“{title}” {done}.")
    if bells:
        typer.echo(f"{slug}/{day} was ready, and is chosen anew.")


def retract(
    article: ArticleName,
    why: Annotated[str, typer.Option(help="The reason, shown to editors and in the archive.")],
    data: DataDir = None,
) -> None:
    """Take an article back everywhere: never chosen again, and editions that are being sent stop."""
    reason = " ".join(why.split())[:LONGEST_LINE]
    if not reason:
        raise SettingsError("An article is taken back for a reason.", "Say --why: readers of the archive see it.")
    with open_services(data) as services:
        with services.database.transaction() as connection:
            row = marks.find_article(connection, article)
            done = take_back(connection, row.id, reason, now())
        services.ringer.ring(done.bells)
        typer.echo(f"“{done.title}” is taken back.")
        for name in done.paused:
            typer.echo(f"{name} is paused.")
            typer.echo(f"`newsletter resume {name}` sends the rest with it, `newsletter cancel {name}` ends it.")
        for name in done.made_anew:
            typer.echo(f"{name} is made anew without it.")


def _request(connection: sa.Connection, slug: str, name: str) -> tuple[Newsletter, MarkRequest, str]:
    found = get_newsletter(connection, slug)
    row = marks.find_article(connection, name)
    return found, MarkRequest(found.id, row.id, _BY, now()), row.title


def _on(connection: sa.Connection, newsletter: Newsletter, given: dt.datetime | None) -> dt.date:
    """Return the date given, or that of the next edition."""
    if given is not None:
        return date_of(newsletter, given, now(), "--on")
    return next_edition_on(connection, newsletter, now())
