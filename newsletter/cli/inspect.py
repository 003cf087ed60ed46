"""`newsletter inspect`: what we read in what comes in, shown without storing anything.

The same reader as the poll's, so an operator sees before adding a source what its articles will look like.
"""

from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.markup import escape
from rich.table import Table

from newsletter.cli.arguments import read_base
from newsletter.cli.inspect_mail import inspect_mail
from newsletter.cli.inspect_page import inspect_page
from newsletter.cli.inspect_ranking import inspect_ranking
from newsletter.cli.inspect_report import inspect_report
from newsletter.cli.inspect_stories import inspect_stories
from newsletter.cli.inspected import Look, is_address, show, titled_table
from newsletter.cli.source_arguments import Kind, Selector
from newsletter.config import Settings
from newsletter.errors import NewsletterError
from newsletter.gather.article import Article, Feed
from newsletter.gather.formats.reading import accepted, address_of, read_as
from newsletter.gather.http.fetch import Fetched, Validators, fetch, read_file
from newsletter.gather.http.network import FetchPolicy
from newsletter.gather.tables import SourceKind

app = typer.Typer(help="Show what we read in what comes in; nothing is stored.", no_args_is_help=True)
app.command("page")(inspect_page)
app.command("ranking")(inspect_ranking)
app.command("report")(inspect_report)
app.command("mail")(inspect_mail)
app.command("stories")(inspect_stories)


@dataclass(frozen=True, slots=True)
class Way:
    """How what is named is read: as which kind of source, by which selector, against which base."""

    kind: SourceKind
    selector: str
    base: str


@app.callback()
def inspect() -> None:
    """Show what we read in what comes in; nothing is stored."""


@app.command("feed")
def inspect_feed(
    origins: Annotated[list[str], typer.Argument(metavar="FILE_OR_URL...", help="Feeds, plain or gzip.")],
    url: Annotated[
        str,
        typer.Option(
            parser=read_base, metavar="URL", help="Where the files come from: the base of their relative links."
        ),
    ] = "",
    kind: Kind = None,
    selector: Selector = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON and nothing else.")] = False,
) -> None:
    """Read feeds, or sources of another --kind, and show their articles.

    One that cannot be read shows its error and the rest go on; exits with 1 if none could be read.
    """
    if kind is SourceKind.PUSH:
        raise typer.BadParameter("what is pushed cannot be fetched; see docs/push.md.", param_hint="'--kind'")
    policy = FetchPolicy.from_settings(Settings.from_environment())
    way = Way(kind or SourceKind.FEED, selector or "", url)
    results = {origin: _read(origin, way, policy) for origin in origins}
    show(results, Look(_as_json, _table), prints_json=as_json)


def _read(origin: str, way: Way, policy: FetchPolicy) -> Feed | NewsletterError:
    try:
        if is_address(origin):
            fetched = fetch(address_of(way.kind, origin), policy, accept=accepted(way.kind))
            fetched = replace(fetched, url=way.base or fetched.url)
        else:
            content = read_file(Path(origin), policy.max_bytes)
            fetched = Fetched(200, way.base, content, "", Validators(), False, None, None)
        return read_as(way.kind, fetched, way.selector)
    except NewsletterError as error:
        return error


def _as_json(feed: Feed) -> list[dict[str, Any]]:
    return [_article_as_json(article) for article in feed.articles]


def _article_as_json(article: Article) -> dict[str, Any]:
    rare = {
        "credit": article.credit,
        "correction": article.correction,
        "embargo": _moment(article.embargo_ends_at),
        "featured": article.is_featured,
        "withdrawn": article.is_withdrawn,
    }
    return {
        "title": article.title,
        "url": article.url,
        "guid": article.guid,
        "published": _moment(article.published_at),
        "updated": _moment(article.updated_at),
        "author": article.author or None,
        "section": article.section or None,
        "image": article.image_url or None,
        "summary": article.summary or None,
        "language": article.language or None,
        **{name: value for name, value in rare.items() if value},
    }


def _moment(at: datetime | None) -> str | None:
    return at.strftime("%Y-%m-%dT%H:%M:%SZ") if at else None


def _table(origin: str, feed: Feed) -> Table:
    table = titled_table(feed.title or origin, ("Title", "Published (UTC)", "URL"))
    for article in feed.articles:
        at = article.published_at
        table.add_row(escape(article.title), at.strftime("%Y-%m-%d %H:%M") if at else "–", escape(article.url))
    return table
