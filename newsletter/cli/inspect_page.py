"""`newsletter inspect page`: what we read on an article's page, and where on it each fact stood."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.markup import escape
from rich.table import Table

from newsletter.cli.arguments import read_base
from newsletter.cli.inspected import Look, is_address, show, titled_table
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
    show(results, Look(_as_json, _table), prints_json=as_json)


def _read(origin: str, url: str, policy: FetchPolicy, profile: Profile | None) -> PageFacts | NewsletterError:
    try:
        if is_address(origin):
            fetched = fetch(origin, policy)
            facts = read_page(fetched.content, url or fetched.url, profile, fetched.content_type)
        else:
            facts = read_page(read_file(Path(origin), policy.max_bytes), url, profile)
    except NewsletterError as error:
        return error
    if not facts.origins.keys() - {"url"}:
        return NewsletterError(f"{origin} holds no web page.", "Name the file or the address of an article.")
    return facts


def _as_json(facts: PageFacts) -> dict[str, Any]:
    return {
        "title": facts.title or None,
        "url": facts.url or None,
        "published": date_text(facts.published_at, is_day=facts.published_is_day),
        "updated": date_text(facts.updated_at, is_day=facts.updated_is_day),
        "author": facts.author or None,
        "section": facts.section or None,
        "image": {
            "url": facts.image_url or None,
            "caption": facts.caption or None,
            "credit": facts.credit or None,
        },
        "dateline": facts.dateline or None,
        "subheadings": list(facts.subheadings),
        "votes": facts.votes,
        "summary": facts.summary or None,
        "text": facts.text or None,
        "language": facts.language or None,
        "origins": facts.origins,
    }


def date_text(at: datetime | None, *, is_day: bool) -> str | None:
    """Return a date as ISO 8601: the day alone where no time was said, in the site's zone; else in UTC."""
    if at is None:
        return None
    return at.date().isoformat() if is_day else at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _table(origin: str, facts: PageFacts) -> Table:
    table = titled_table(origin, ("Fact", "Value", "From"))
    shown = _as_json(facts)
    origins = shown.pop("origins")
    image = shown.pop("image")
    shown |= {"image_url": image["url"], "caption": image["caption"], "credit": image["credit"]}
    for name, value in shown.items():
        text = "; ".join(value) if isinstance(value, list) else "–" if value is None else str(value)
        cut = text if len(text) <= _LONGEST_SHOWN else f"{text[:_LONGEST_SHOWN]}…"
        table.add_row(name.replace("_url", ""), escape(cut), escape(origins.get(name, "")))
    return table
