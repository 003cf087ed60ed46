"""``newsletter bench``: what a sending costs on this machine."""

import json
from dataclasses import asdict
from datetime import timedelta
from importlib import import_module
from pathlib import Path
from typing import Annotated

import typer

from newsletter import log
from newsletter.cli.session import AsJson
from newsletter.errors import EmbeddedError

app = typer.Typer(no_args_is_help=True)


@app.command()
def send(
    recipients: Annotated[int, typer.Option(help="Readers of the edition.", min=1)] = 20_000,
    relay: Annotated[
        str, typer.Option(help="The relay, as in SMTP_URL; one that throws mail away.")
    ] = "smtp://127.0.0.1:2525",
    workers: Annotated[int, typer.Option(help="Worker processes.", min=1)] = 2,
    wait: Annotated[float, typer.Option(help="Seconds to wait for the end.")] = 3600,
    profile: Annotated[
        Path | None, typer.Option(help="Write the workers' cProfile here; they are slower then.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Send one edition through the real pipeline to invented readers, and print what it cost.

    Everything runs in a temporary folder with servers of its own; no database or mail of yours is touched. Exits
    with 0 only if every message was accepted.
    """
    log.set_up("WARNING")
    _need_psutil()
    from newsletter.bench.figures import lines
    from newsletter.bench.sending import Order
    from newsletter.bench.sending import send as send_edition

    order = Order(
        recipients, relay, workers, timedelta(seconds=wait), profile, lambda line: typer.echo(line, err=True)
    )
    figures = send_edition(order)
    typer.echo(json.dumps(figures.told(), indent=1) if as_json else "\n".join(lines(figures)))
    raise typer.Exit(0 if figures.accepted == figures.recipients else 1)


@app.command()
def make(
    messages: Annotated[int, typer.Option(help="Messages to make in each of five rounds.", min=1)] = 5_000,
    as_json: AsJson = False,
) -> None:
    """Compile the benchmark's edition and make messages of it, without sending any."""
    log.set_up("WARNING")
    _need_psutil()
    from newsletter.bench.copies import measure_making
    from newsletter.bench.installation import installed
    from newsletter.bench.stage import set_stage
    from newsletter.services import now

    with installed("smtp://127.0.0.1:25", ()) as installation:
        stage = set_stage(installation.services, installation.folder, now())
        told = asdict(measure_making(installation.services, stage, messages))
    if as_json:
        typer.echo(json.dumps(told, indent=1))
        return
    for name, value in told.items():
        typer.echo(f"{value:>10,}  {name.replace('_', ' ')}")


def _need_psutil() -> None:
    try:
        import_module("psutil")
    except ImportError as error:
        raise EmbeddedError(
            f"The benchmark's servers are not installed here: {error}.",
            "Run `pip install 'newsletter[embedded]'`.",
        ) from None
