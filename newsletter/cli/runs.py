"""``newsletter runs`` and ``newsletter diff``: how editions were chosen, and what made two of them differ."""

import json
from typing import Annotated

import typer

from newsletter.cli.arguments import NewsletterName
from newsletter.cli.receipt import plain
from newsletter.cli.session import AsJson, DataDir, open_services
from newsletter.edition.choosing.runs import Run, differences, get_run, list_runs, replay
from newsletter.errors import SettingsError
from newsletter.publication.newsletters import get_newsletter

RunNumber = Annotated[int, typer.Argument(metavar="RUN", min=1, help="A run's number, as `runs` lists it.")]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command()(runs)
    app.command()(diff)


def runs(newsletter: NewsletterName, as_json: AsJson = False, data: DataDir = None) -> None:
    """List the latest times that a newsletter's articles were chosen, for an edition or on trial."""
    with open_services(data) as services, services.database.transaction() as connection:
        found = list_runs(connection, get_newsletter(connection, newsletter).id)
    if as_json:
        typer.echo(json.dumps(plain([_told(each) for each in found]), ensure_ascii=False, indent=1))
        return
    if not found:
        typer.echo("None yet. `newsletter assemble NEWSLETTER --dry-run` makes one.")
    for each in found:
        kind = "on trial" if each.is_trial else f"edition {each.edition_id}"
        lead = f"; first “{each.titles.get(each.places[0], '?')}”" if each.places else ""
        typer.echo(
            f"{each.id:>6}  {each.made_at:%Y-%m-%d %H:%M} UTC  {newsletter}/{each.edition_on}  {kind}: "
            f"{len(each.places)} of {len(each.facts)}{lead}"
        )


def diff(run: RunNumber, other: RunNumber, as_json: AsJson = False, data: DataDir = None) -> None:
    """Tell what changed from one run to another: what came in, went out, moved, and whose points changed.

    Exits with 1 where a run's own facts do not give its outcome again.
    """
    with open_services(data) as services, services.database.transaction() as connection:
        pair = get_run(connection, run), get_run(connection, other)
    if pair[0].newsletter_id != pair[1].newsletter_id:
        raise SettingsError(
            f"Runs {run} and {other} are of two newsletters.", "`newsletter runs NEWSLETTER` lists those of one."
        )
    told = differences(*pair)
    unlike = [each.id for each in pair if replay(each) != each.outcome]
    if as_json:
        typer.echo(json.dumps({"differences": told, "not_repeated": unlike}, ensure_ascii=False, indent=1))
    else:
        for line in told or ["Nothing changed."]:
            typer.echo(line)
        for each in unlike:
            typer.echo(f"Run {each} was made by other rules: its facts give another outcome today.", err=True)
    raise typer.Exit(1 if unlike else 0)


def _told(run: Run) -> dict[str, object]:
    names = ("id", "edition_id", "edition_on", "is_trial", "made_at", "places")
    return {**{name: getattr(run, name) for name in names}, "candidates": len(run.facts)}
