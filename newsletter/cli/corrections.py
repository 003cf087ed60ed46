"""What was wrong in an article that was sent: written down from the command line, and mailed if that is asked."""

from typing import Annotated

import typer

from newsletter.cli.marks import ArticleName
from newsletter.cli.session import DataDir, open_services
from newsletter.delivery.corrections import Corrections, mail_correction
from newsletter.edition.choosing import marks
from newsletter.edition.correction import write_correction
from newsletter.services import now


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(correct)


def correct(
    article: ArticleName,
    text: Annotated[str, typer.Option(help="What was wrong; left out, the correction that stands is meant.")] = "",
    mail: Annotated[bool, typer.Option("--mail", help="Mail it to those who were sent the article.")] = False,
    data: DataDir = None,
) -> None:
    """Correct an article that was sent: in the archive, in the next edition, and by mail if asked."""
    told = None
    with open_services(data) as services:
        with services.database.transaction() as connection:
            row = marks.find_article(connection, article)
            is_new = write_correction(connection, row.id, text, now())
            if mail:
                told = mail_correction(connection, row.id, "command line", now())
        if told:
            services.ringer.ring(told.bells)
    typer.echo(f"“{row.title}” {'is corrected' if is_new else 'was corrected so before'}.")
    if told:
        _tell(told)


def _tell(told: Corrections) -> None:
    for name in told.begun:
        typer.echo(f"{name} goes to those who were sent it.")
    for name in told.told_before:
        typer.echo(f"{name} told the same: nobody is mailed it twice.")
    if not (told.begun or told.told_before):
        typer.echo("No newsletter has sent it: nobody is mailed.")
