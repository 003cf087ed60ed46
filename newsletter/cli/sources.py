"""``newsletter sources``: which feeds a newsletter gathers from."""

from typing import Annotated

import typer

from newsletter.cli.arguments import FeedUrl, NewsletterName
from newsletter.cli.session import DataDir, open_services
from newsletter.errors import SettingsError
from newsletter.gather.article import Genre
from newsletter.gather.sources import (
    attach_source,
    detach_source,
    genres_of,
    list_sources,
    put_source,
    source_ids_of,
)
from newsletter.gather.tables import SourceKind
from newsletter.publication.newsletters import get_newsletter

app = typer.Typer(no_args_is_help=True)

Url = Annotated[str, typer.Argument(help="The address, as `newsletter sources list` shows it.")]


@app.command()
def add(
    newsletter: NewsletterName,
    url: FeedUrl,
    genre: Annotated[
        Genre | None,
        typer.Option(help="news for top stories, blog for blog posts; news unless it was said before."),
    ] = None,
    data: DataDir = None,
) -> None:
    """Gather a feed for a newsletter, or change the genre that it has for this newsletter."""
    with open_services(data) as services, services.database.transaction() as connection:
        found = get_newsletter(connection, newsletter)
        source_id = put_source(connection, url, SourceKind.FEED)
        kept = genre or genres_of(connection, found.id).get(source_id, Genre.NEWS)
        attach_source(connection, found.id, source_id, kept)
    typer.echo(f"{newsletter} gathers {url} as {kept}. Try it: newsletter inspect feed {url}")


@app.command()
def remove(newsletter: NewsletterName, url: Url, data: DataDir = None) -> None:
    """Stop gathering a feed for a newsletter; the articles it gave stay."""
    with open_services(data) as services, services.database.transaction() as connection:
        found = get_newsletter(connection, newsletter)
        sources = list_sources(connection, source_ids_of(connection, found.id))
        ids = [each.id for each in sources if each.url == url]
        if not ids:
            known = ", ".join(each.url for each in sources) or "none"
            raise SettingsError(f"{newsletter} does not gather {url}.", f"It gathers: {known}.")
        detach_source(connection, found.id, ids[0])
    typer.echo(f"{newsletter} no longer gathers {url}.")


@app.command("list")
def list_all(newsletter: NewsletterName, data: DataDir = None) -> None:
    """List a newsletter's sources."""
    with open_services(data) as services, services.database.transaction() as connection:
        found = get_newsletter(connection, newsletter)
        genres = genres_of(connection, found.id)
        for each in list_sources(connection, list(genres)):
            typer.echo(f"{genres[each.id]:>4}  {each.url}  {each.last_error or each.title}")
