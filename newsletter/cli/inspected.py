"""What `newsletter inspect` shows of all that was named: each as JSON or as a table, or why it cannot be read."""

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from newsletter.errors import NewsletterError

Read = TypeVar("Read")


@dataclass(frozen=True, slots=True)
class Look(Generic[Read]):
    """How what was read is shown: as JSON, and as a table, which is told what was named."""

    as_json: Callable[[Read], Any]
    as_table: Callable[[str, Read], Table]


def is_address(origin: str) -> bool:
    """Whether what was named is fetched; all else is a file."""
    return origin.lower().startswith(("http://", "https://"))


def show(results: Mapping[str, Read | NewsletterError], look: Look[Read], *, prints_json: bool) -> None:
    """Print the results by what was named; JSON of one thing stands alone, and errors beside tables go to stderr.

    Raises Exit with 1 if none could be read.
    """
    if prints_json:
        shown = {
            origin: {"error": str(result)} if isinstance(result, NewsletterError) else look.as_json(result)
            for origin, result in results.items()
        }
        told = shown if len(shown) > 1 else next(iter(shown.values()))
        typer.echo(json.dumps(told, ensure_ascii=False, indent=2))
    else:
        _print_tables(results, look)
    if all(isinstance(result, NewsletterError) for result in results.values()):
        raise typer.Exit(1)


def titled_table(title: str, headings: Iterable[str]) -> Table:
    """Return an empty table; nothing in it is cut off, for half a URL cannot be opened."""
    table = Table(title=escape(title), title_justify="left")
    for heading in headings:
        table.add_column(heading, overflow="fold")
    return table


def _print_tables(results: Mapping[str, Read | NewsletterError], look: Look[Read]) -> None:
    console = Console()
    for origin, result in results.items():
        if isinstance(result, NewsletterError):
            typer.echo(str(result) if origin in result.what else f"{origin}: {result}", err=True)
        else:
            console.print(look.as_table(origin, result))
