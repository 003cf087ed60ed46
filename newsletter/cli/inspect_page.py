"""`newsletter inspect page`: what we read on an article's page, and where on it each fact stood."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from newsletter.cli.arguments import read_base
from newsletter.config import Settings
from newsletter.errors import NewsletterError, SettingsError
from newsletter.gather.http.fetch import fetch, read_file
from newsletter.gather.http.network import FetchPolicy
from newsletter.gather.page.facts import PageFacts
from newsletter.gather.page.profile import READY, Profile, load_profile
from newsletter.gather.page.read import read_page

_LONGEST_SHOWN = 300


def read_profile_name(text: str) -> Profile | None:
    """Return the site profile named, or None for no name. Raises BadParameter."""
    try:
        return load_profile(text) if text else None
    except SettingsError as error:
        raise typer.BadParameter(str(error)) from None


def inspect_page(
    origins: Annotated[list[str], typer.Argument(metavar="FILE_OR_URL...", help="Pages, plain or gzip.")],
    url: Annotated[
        str,
        typer.Option(
            parser=read_base, metavar="URL", help="Where the page comes from, if it does not say itself."
        ),
    ] = "",
    profile: Annotated[
        str,
        typer.Option(metavar="NAME_OR_FILE", help=f"Its site profile: {', '.join(READY)}, or a .toml file."),
    ] = "",
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON and nothing else.")] = False,
) -> None:
    """Read articles' pages and show their facts, each with where it stood.

    One that cannot be read shows its error and the rest go on; exits with 1 if none could be read.
    """
    policy = FetchPolicy.from_settings(Settings.from_environment())
    chosen = read_profile_name(profile)
    results = {origin: _read(origin, url, policy, chosen) for origin in origins}
    if as_json:
        shown = {origin: _as_json(result) for origin, result in results.items()}
        typer.echo(json.dumps(shown if len(origins) > 1 else shown[origins[0]], ensure_ascii=False, indent=2))
    else:
        _print_tables(results)
    if all(isinstance(result, NewsletterError) for result in results.values()):
        raise typer.Exit(1)


def _read(origin: str, url: str, policy: FetchPolicy, profile: Profile | None) -> PageFacts | NewsletterError:
    try:
        if origin.lower().startswith(("http://", "https://")):
            fetched = fetch(origin, policy)
            facts = read_page(fetched.content, url or fetched.url, profile, fetched.content_type)
        else:
            facts = read_page(read_file(Path(origin), policy.max_bytes), url, profile)
    except NewsletterError as error:
        return error
    if not facts.origins.keys() - {"url"}:
        return NewsletterError(f"{origin} holds no web page.", "Name the file or the address of an article.")
    return facts


def _as_json(result: PageFacts | NewsletterError) -> dict[str, Any]:
    if isinstance(result, NewsletterError):
        return {"error": str(result)}
    return {
        "title": result.title or None,
        "url": result.url or None,
        "published": date_text(result.published_at, is_day=result.published_is_day),
        "updated": date_text(result.updated_at, is_day=result.updated_is_day),
        "author": result.author or None,
        "section": result.section or None,
        "image": {
            "url": result.image_url or None,
            "caption": result.caption or None,
            "credit": result.credit or None,
        },
        "dateline": result.dateline or None,
        "subheadings": list(result.subheadings),
        "votes": result.votes,
        "summary": result.summary or None,
        "text": result.text or None,
        "language": result.language or None,
        "origins": result.origins,
    }


def date_text(at: datetime | None, *, is_day: bool) -> str | None:
    """Return a date as ISO 8601: the day alone where no time was said, in the site's zone; else in UTC."""
    if at is None:
        return None
    return at.date().isoformat() if is_day else at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _print_tables(results: dict[str, PageFacts | NewsletterError]) -> None:
    console = Console()
    for origin, result in results.items():
        if isinstance(result, NewsletterError):
            typer.echo(str(result) if origin in result.what else f"{origin}: {result}", err=True)
        else:
            console.print(_table(origin, result))


def _table(title: str, facts: PageFacts) -> Table:
    table = Table(title=escape(title), title_justify="left")
    for heading in ("Fact", "Value", "From"):
        table.add_column(heading, overflow="fold")
    shown = _as_json(facts)
    origins = shown.pop("origins")
    image = shown.pop("image")
    shown |= {"image_url": image["url"], "caption": image["caption"], "credit": image["credit"]}
    for name, value in shown.items():
        text = "; ".join(value) if isinstance(value, list) else "–" if value is None else str(value)
        cut = text if len(text) <= _LONGEST_SHOWN else f"{text[:_LONGEST_SHOWN]}…"
        table.add_row(name.replace("_url", ""), escape(cut), escape(origins.get(name, "")))
    return table
