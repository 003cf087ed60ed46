"""What is said of a source on the command line, shared by the commands that add one and that try one."""

from typing import Annotated

import typer

from newsletter.cli.arguments import read_feed
from newsletter.errors import SettingsError
from newsletter.gather.article import Genre
from newsletter.gather.formats.section import check_selector
from newsletter.gather.polling.push import SCHEME
from newsletter.gather.tables import SourceKind
from newsletter.publication.rules import is_slug


def read_origin(text: str) -> str:
    """Return a source's address. Raises BadParameter for what is neither http, https nor push:NAME."""
    if not text.startswith(SCHEME):
        return read_feed(text)
    if not is_slug(text.removeprefix(SCHEME)):
        raise typer.BadParameter(f"{text!r} names no site: write {SCHEME} and a-z, 0-9 or -, such as {SCHEME}cms.")
    return text


def read_kind(text: str) -> SourceKind:
    """Return a kind that an operator may choose. Raises BadParameter."""
    chosen = [kind for kind in SourceKind if kind is not SourceKind.FILE]
    if text not in chosen:
        raise typer.BadParameter(f"{text!r} is no kind of source: {', '.join(chosen)}.")
    return SourceKind(text)


def read_selector(text: str) -> str:
    """Return a CSS selector, or nothing. Raises BadParameter for what is none."""
    try:
        check_selector(text)
    except SettingsError as error:
        raise typer.BadParameter(str(error)) from None
    return text


Origin = Annotated[
    str,
    typer.Argument(parser=read_origin, metavar="URL", help="The http or https address, or push:NAME of your own."),
]
Known = Annotated[str, typer.Argument(metavar="URL", help="The address, as `newsletter sources list` shows it.")]
Kind = Annotated[
    SourceKind | None,
    typer.Option(
        "--kind", parser=read_kind, metavar="KIND", help="feed, sitemap, page, wordpress, drupal or push; feed."
    ),
]
GenreHere = Annotated[
    Genre | None,
    typer.Option("--genre", help="news for top stories, blog for blog posts; news unless it was said before."),
]
Selector = Annotated[
    str | None,
    typer.Option(
        "--selector",
        parser=read_selector,
        metavar="CSS",
        help="Of a page: the CSS selector of its links to articles.",
    ),
]
ReadPages = Annotated[
    bool | None, typer.Option("--read-pages/--no-read-pages", help="Read each new article's own page too.")
]
ProfileName = Annotated[
    str | None, typer.Option("--profile", help="The site profile that reads those pages, or its file.")
]
