"""``newsletter newsletters``: add one, list them."""

from datetime import datetime
from typing import Annotated

import typer

from newsletter.cli.arguments import NewsletterName, read_mailable
from newsletter.cli.session import DataDir, open_services
from newsletter.edition.look.theme import read_theme
from newsletter.errors import SettingsError
from newsletter.publication.calendar import read_send_days
from newsletter.publication.newsletters import (
    Newsletter,
    NewsletterSettings,
    add_newsletter,
    change_newsletter,
    list_newsletters,
)

app = typer.Typer(no_args_is_help=True)

_DAYS = 7


@app.command()
def add(
    slug: Annotated[str, typer.Argument(help="Its short name in links and commands, such as daily.")],
    name: Annotated[str, typer.Option(help="Its name, as readers see it.")],
    publisher: Annotated[str, typer.Option(help="Who publishes it.")],
    sender: Annotated[
        str, typer.Option(parser=read_mailable, metavar="ADDRESS", help="The address it is sent from.")
    ],
    zone: Annotated[str, typer.Option(help="The IANA time zone of its days.")] = "UTC",
    send_time: Annotated[datetime, typer.Option("--at", formats=["%H:%M"], help="Local time of day.")] = datetime(  # noqa: DTZ001 — a time of day, local to the zone
        1900, 1, 1, 7, 0
    ),
    language: Annotated[str, typer.Option(help="Its language, such as en or ar.")] = "en",
    tagline: Annotated[str, typer.Option(help="A line under its name.")] = "",
    site: Annotated[str, typer.Option(help="The publisher's site.")] = "",
    postal_address: Annotated[str, typer.Option(help="Shown at the foot of each mail, as law asks.")] = "",
    data: DataDir = None,
) -> None:
    """Add a newsletter; one that exists is an error, and changed by ``newsletter newsletters set``."""
    settings = NewsletterSettings(
        slug=slug,
        name=name,
        publisher=publisher,
        sender_address=sender,
        zone=zone,
        send_time=send_time.time(),
        language=language,
        tagline=tagline,
        site_url=site,
        postal_address=postal_address,
    )
    with open_services(data) as services, services.database.transaction() as connection:
        added = add_newsletter(connection, settings)
    typer.echo(f"{added.slug}: {added.name}, daily at {added.send_time:%H:%M} {added.zone}.")
    typer.echo(f"Next: newsletter sources add {added.slug} https://…/feed.xml")


@app.command("set")
def change(
    slug: NewsletterName,
    changes: Annotated[list[str], typer.Argument(help="What to change, as name=value.")],
    data: DataDir = None,
) -> None:
    """Change settings of a newsletter: ``newsletter newsletters set daily zone=Europe/Paris top_stories=6``."""
    pairs = [each.partition("=") for each in changes]
    if any(not equals for _, equals, _ in pairs):
        raise SettingsError("A change is written name=value.", "docs/settings.md lists the names.")
    with open_services(data) as services, services.database.transaction() as connection:
        changed = change_newsletter(connection, slug, {name: value for name, _, value in pairs})
        if "theme" in {name for name, _, _ in pairs}:
            # Better here and now than in the next edition: what cannot be used changes nothing.
            read_theme(changed.theme, services.settings.template_folders)
        for name, _, _ in pairs:
            typer.echo(f"{name} = {_as_typed(getattr(changed, name))}")


@app.command("list")
def list_all(data: DataDir = None) -> None:
    """List the newsletters."""
    with open_services(data) as services, services.database.transaction() as connection:
        for each in list_newsletters(connection):
            typer.echo(f"{each.slug}: {each.name}, {_when(each)}")


def _as_typed(value: object) -> str:
    """Return a setting's value as it is written on the command line."""
    return str(value).lower() if isinstance(value, bool) else str(value)


def _when(newsletter: Newsletter) -> str:
    if not newsletter.scheduled:
        return "not scheduled"
    is_daily = len(read_send_days(newsletter.send_days)) == _DAYS
    often = "daily" if is_daily else newsletter.send_days
    return f"{often} at {newsletter.send_time:%H:%M} {newsletter.zone}"
