"""Breaking news from the command line: one article, for the readers who asked to be told, once confirmed."""

from typing import Annotated

import typer

from newsletter.cli.arguments import NewsletterName
from newsletter.cli.marks import ArticleName
from newsletter.cli.session import DataDir, open_services
from newsletter.delivery.audience import count_breaking_readers
from newsletter.delivery.breaking import find_breaking, mail_breaking
from newsletter.edition.choosing.marks import find_article
from newsletter.publication.newsletters import get_newsletter
from newsletter.services import now


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(breaking)


def breaking(
    newsletter: NewsletterName,
    article: ArticleName,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask whether it is meant.")] = False,
    data: DataDir = None,
) -> None:
    """Send one article now, as breaking news, to the readers who asked for it."""
    with open_services(data) as services:
        with services.database.transaction() as connection:
            found = get_newsletter(connection, newsletter)
            row = find_article(connection, article)
            is_told = find_breaking(connection, found.id, row.id) is not None
            readers = count_breaking_readers(connection, found.id)
        if not (yes or is_told or not readers):
            typer.confirm(f"Send “{row.title}” now to {_counted(readers)} of {found.slug}?", abort=True)
        with services.database.transaction() as connection:
            asked = mail_breaking(connection, found, row.id, "command line", now())
        services.ringer.ring(asked.bells)
    if asked.is_new:
        typer.echo(f"{asked.edition.name} goes to {_counted(asked.readers)}.")
    else:
        typer.echo(f"{asked.edition.name} told it: nobody is mailed it twice.")


def _counted(readers: int) -> str:
    return f"{readers} reader" if readers == 1 else f"{readers} readers"
