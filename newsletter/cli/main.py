"""``newsletter …``: one module a noun, and the one place where an error becomes words and an exit code."""

import logging
import sys
from importlib import import_module
from importlib.metadata import version
from typing import Annotated

import typer

from newsletter.errors import AddressError, NewsletterError, SettingsError

USAGE = 2
"""Exit code for what the caller can mend on the command line or in the environment; all else exits with 1."""

VERBS = (
    *("up", "day", "steps", "marks", "corrections", "breaking", "runs"),
    *("control", "preview", "preflight", "status", "messages", "operate", "lmtp"),
)
NOUNS = {
    "inspect": "Look at what a parser makes of a file or an address.",
    "newsletters": "The newsletters of this installation.",
    "sources": "Where a newsletter's articles come from.",
    "readers": "Who reads.",
    "suppressions": "Whom we never mail.",
    "admin": "Who works in the console.",
    "bench": "What a sending costs on this machine.",
}


def create_app() -> typer.Typer:
    """Return the whole command line."""
    app = typer.Typer(
        name="newsletter",
        help="Gather, choose, render and mail the day's top stories and blog posts.",
        no_args_is_help=True,
        pretty_exceptions_enable=False,
        add_completion=False,
    )
    app.callback()(_whole)
    for name in VERBS:
        import_module(f"newsletter.cli.{name}").register(app)
    for name, summary in NOUNS.items():
        app.add_typer(import_module(f"newsletter.cli.{name}").app, name=name, help=summary)
    return app


def _tell_version(asked: bool) -> None:
    if asked:
        typer.echo(f"newsletter {version('newsletter')}")
        raise typer.Exit


def _whole(
    _version: Annotated[
        bool, typer.Option("--version", callback=_tell_version, is_eager=True, help="Print the version and exit.")
    ] = False,
) -> None:
    """Gather, choose, render and mail the day's top stories and blog posts."""


def main() -> None:
    """Run a command; an error of ours is printed as what happened and how to mend it."""
    try:
        create_app()()
    except NewsletterError as error:
        typer.echo(f"newsletter: {error.what}", err=True)
        if error.mend:
            typer.echo(error.mend, err=True)
        sys.exit(USAGE if isinstance(error, SettingsError | AddressError) else 1)
    except Exception as error:
        # A fault of ours, or of something beneath us: one line for a person, the rest where it is asked for.
        typer.echo(f"newsletter: {type(error).__name__}: {_first_line(error)}", err=True)
        typer.echo("This should not happen. LOG_LEVEL=DEBUG shows where it did; please report it.", err=True)
        logging.getLogger("newsletter").debug("where it happened", exc_info=True)
        sys.exit(1)


def _first_line(error: Exception) -> str:
    return next(iter(str(error).splitlines()), "no message")
