"""``newsletter sources``: where a newsletter's articles come from, how each is read, and how it stands."""

import json
from dataclasses import asdict
from typing import Any

import sqlalchemy as sa
import typer

from newsletter.cli.arguments import NewsletterName
from newsletter.cli.receipt import plain
from newsletter.cli.session import AsJson, DataDir, open_services
from newsletter.cli.source_arguments import GenreHere, Kind, Known, Origin, ProfileName, ReadPages, Selector
from newsletter.errors import SettingsError
from newsletter.gather.article import Genre
from newsletter.gather.page.profile import load_profile
from newsletter.gather.polling.imports import release_held
from newsletter.gather.polling.push import SCHEME, push_key
from newsletter.gather.polling.source_settings import Standing, describe_source, standing_of
from newsletter.gather.polling.sources import attach_source, detach_source, genres_of, put_source
from newsletter.gather.tables import SourceKind, SourceState
from newsletter.publication.newsletters import get_newsletter

app = typer.Typer(no_args_is_help=True)

_MINUTE = 60


@app.command()
def add(
    newsletter: NewsletterName,
    url: Origin,
    kind: Kind = None,
    genre: GenreHere = None,
    selector: Selector = None,
    read_pages: ReadPages = None,
    profile: ProfileName = None,
    data: DataDir = None,
) -> None:
    """Gather a source for a newsletter, or change the genre that it has for this newsletter."""
    if kind is None and url.startswith(SCHEME):
        kind = SourceKind.PUSH
    choices = _choices(selector, read_pages, profile)
    with open_services(data) as services, services.database.transaction() as connection:
        found = get_newsletter(connection, newsletter)
        source_id = put_source(connection, url, kind or SourceKind.FEED)
        if kind is not None:
            choices["kind"] = kind
        _describe(connection, source_id, choices)
        kept = genre or genres_of(connection, found.id).get(source_id, Genre.NEWS)
        attach_source(connection, found.id, source_id, kept)
        (standing,) = standing_of(connection, [source_id])
    typer.echo(f"{newsletter} gathers {url} as {kept}. {_next_step(newsletter, standing)}")


@app.command("set")
def change(
    newsletter: NewsletterName,
    url: Known,
    kind: Kind = None,
    genre: GenreHere = None,
    selector: Selector = None,
    read_pages: ReadPages = None,
    profile: ProfileName = None,
    data: DataDir = None,
) -> None:
    """Change how a source is read, for all newsletters, or its genre, for this one."""
    choices = _choices(selector, read_pages, profile) | ({} if kind is None else {"kind": kind})
    if not choices and genre is None:
        raise SettingsError("There is nothing to change.", "Name what to change: --help lists the options.")
    with open_services(data) as services, services.database.transaction() as connection:
        newsletter_id, standing = _find(connection, newsletter, url)
        _describe(connection, standing.id, choices)
        if genre is not None:
            attach_source(connection, newsletter_id, standing.id, genre)
        (standing,) = standing_of(connection, [standing.id])
    typer.echo(f"{url} is changed. {_next_step(newsletter, standing)}")


@app.command()
def remove(newsletter: NewsletterName, url: Known, data: DataDir = None) -> None:
    """Stop gathering a source for a newsletter; the articles it gave stay."""
    with open_services(data) as services, services.database.transaction() as connection:
        newsletter_id, standing = _find(connection, newsletter, url)
        detach_source(connection, newsletter_id, standing.id)
    typer.echo(f"{newsletter} no longer gathers {url}.")


@app.command()
def release(newsletter: NewsletterName, url: Known, data: DataDir = None) -> None:
    """Let a source's held articles go: they came at once like an import, and are chosen only when you say so."""
    with open_services(data) as services, services.database.transaction() as connection:
        _, standing = _find(connection, newsletter, url)
        count = release_held(connection, standing.id)
    typer.echo(f"{count} articles of {url} may be chosen now.")


@app.command()
def key(newsletter: NewsletterName, url: Known, data: DataDir = None) -> None:
    """Print the key that a site signs with when it pushes articles to us."""
    with open_services(data) as services, services.database.transaction() as connection:
        _, standing = _find(connection, newsletter, url)
        if standing.kind is not SourceKind.PUSH:
            raise SettingsError(f"{url} does not push; it is read.", "Only a source push:NAME has a key.")
        typer.echo(push_key(services.tokens, standing.id))


@app.command("list")
def list_all(newsletter: NewsletterName, as_json: AsJson = False, data: DataDir = None) -> None:
    """List a newsletter's sources: how each is read, how it stands, and what to look after."""
    with open_services(data) as services, services.database.transaction() as connection:
        genres = genres_of(connection, get_newsletter(connection, newsletter).id)
        standings = standing_of(connection, list(genres))
    if as_json:
        told = [{**asdict(each), "genre": genres[each.id]} for each in standings]
        typer.echo(json.dumps(plain(told), ensure_ascii=False, indent=1))
        return
    for each in standings:
        typer.echo(f"{each.kind:>9}  {genres[each.id]:>4}  {each.url}  {each.last_error or each.title}".rstrip())
        for note in _notes(newsletter, each):
            typer.echo(f"{'':17}{note}")


def _choices(selector: str | None, read_pages: bool | None, profile: str | None) -> dict[str, Any]:
    """Return what was chosen on the command line. Raises SettingsError for a profile that is none."""
    if profile:
        load_profile(profile)
        read_pages = read_pages is not False
    chosen = {"selector": selector, "reads_pages": read_pages, "profile": profile}
    return {name: value for name, value in chosen.items() if value is not None}


def _describe(connection: sa.Connection, source_id: int, choices: dict[str, Any]) -> None:
    describe_source(connection, source_id, **choices)
    (standing,) = standing_of(connection, [source_id])
    if (standing.kind is SourceKind.PUSH) != standing.url.startswith(SCHEME):
        raise SettingsError(
            f"{standing.url} cannot be a source of the kind {standing.kind}.",
            f"A site that pushes has an address such as {SCHEME}paper; the others are http or https.",
        )
    if standing.selector and standing.kind is not SourceKind.PAGE:
        raise SettingsError(f"A {standing.kind} has no links to select.", "--selector goes with --kind page.")


def _find(connection: sa.Connection, newsletter: str, url: str) -> tuple[int, Standing]:
    """Return a newsletter's id and its source at a URL. Raises SettingsError that names those it has."""
    found = get_newsletter(connection, newsletter)
    standings = standing_of(connection, list(genres_of(connection, found.id)))
    for each in standings:
        if each.url == url:
            return found.id, each
    known = ", ".join(each.url for each in standings) or "none"
    raise SettingsError(f"{newsletter} does not gather {url}.", f"It gathers: {known}.")


def _next_step(newsletter: str, standing: Standing) -> str:
    if standing.kind is SourceKind.PUSH:
        return f"Its key: newsletter sources key {newsletter} {standing.url}"
    way = "" if standing.kind is SourceKind.FEED else f" --kind {standing.kind}"
    chosen = f" --selector '{standing.selector}'" if standing.selector else ""
    return f"Try it: newsletter inspect feed {standing.url}{way}{chosen}"


def _notes(newsletter: str, standing: Standing) -> list[str]:
    """Return what an operator should know of a source beside its last error."""
    notes = []
    if standing.state is SourceState.GONE:
        notes.append("gone for good: it is polled no more")
    elif standing.interval_seconds is not None:
        notes.append(f"polled every {round(standing.interval_seconds / _MINUTE)} min")
    if standing.moved_to:
        notes.append(f"says that it has moved to {standing.moved_to}")
    if standing.lost_at:
        notes.append(f"articles may have been lost before {standing.lost_at:%Y-%m-%d %H:%M} UTC")
    if standing.held:
        command = f"newsletter sources release {newsletter} {standing.url}"
        notes.append(f"{standing.held} articles are held, they look like an import: {command}")
    if standing.reads_pages:
        notes.append(
            f"reads its articles' pages{f' by the profile {standing.profile}' if standing.profile else ''}"
        )
    return notes
