"""``newsletter status``: what happened, and what is happening."""

import json
from typing import Annotated, Any

import sqlalchemy as sa
import typer

from newsletter.cli.arguments import read_edition
from newsletter.cli.receipt import plain, print_receipt, receipt
from newsletter.cli.session import AsJson, DataDir, open_services
from newsletter.edition import store
from newsletter.insight.figures import count_deliveries, count_subscriptions, source_health
from newsletter.publication.newsletters import list_newsletters
from newsletter.schedule.alarms import alarms_in_force
from newsletter.schedule.verdict import give_verdict


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(status)


def status(
    edition: Annotated[
        str | None,
        typer.Argument(parser=read_edition, metavar="EDITION", help="An edition, or a newsletter for its latest."),
    ] = None,
    as_json: AsJson = False,
    data: DataDir = None,
) -> None:
    """Show one edition in full, or the newsletters, sources and latest editions."""
    with open_services(data) as services, services.database.transaction() as connection:
        if edition is None:
            told = _overview(connection)
        else:
            told = receipt(connection, store.find_edition(connection, edition).id)
    if as_json:
        typer.echo(json.dumps(told, ensure_ascii=False, indent=1))
    elif edition is None:
        _print_overview(told)
    else:
        print_receipt(told)


def _overview(connection: sa.Connection) -> dict[str, Any]:
    editions = []
    for each in store.list_editions(connection):
        deliveries = count_deliveries(connection, each.id)
        verdict = give_verdict(each.state, each.reason, deliveries)
        editions.append(
            {
                "edition": each.name,
                "id": each.id,
                "state": each.state,
                "verdict": verdict.kind,
                "reason": verdict.reason,
                "deliveries": deliveries,
            }
        )
    newsletters = [
        {
            "newsletter": each.slug,
            "name": each.name,
            "send_time": each.send_time,
            "zone": each.zone,
            "scheduled": each.scheduled,
            "readers": count_subscriptions(connection, each.id),
        }
        for each in list_newsletters(connection)
    ]
    sources = [
        {name: getattr(each, name) for name in each.__dataclass_fields__} for each in source_health(connection)
    ]
    alarms = [
        {"kind": each.kind, "about": each.about, "reason": each.reason, "raised_at": each.raised_at}
        for each in alarms_in_force(connection)
    ]
    return dict(plain({"alarms": alarms, "newsletters": newsletters, "sources": sources, "editions": editions}))


def _print_overview(told: dict[str, Any]) -> None:
    for each in told["alarms"]:
        typer.echo(f"Alarm: {each['reason']}")
    for each in told["newsletters"]:
        when = f"daily at {each['send_time'][:5]} {each['zone']}" if each["scheduled"] else "not scheduled"
        readers = ", ".join(f"{count} {state}" for state, count in each["readers"].items()) or "no readers"
        typer.echo(f"{each['newsletter']}: {each['name']}, {when}; {readers}")
    typer.echo("Sources" if told["sources"] else "No sources.")
    for each in told["sources"]:
        health = each["last_error"] or (f"read {each['succeeded_at']}" if each["succeeded_at"] else "not read yet")
        typer.echo(f"  {each['url']}: {health}")
    typer.echo("Editions" if told["editions"] else "No editions yet.")
    for each in told["editions"]:
        typer.echo(f"  {each['edition']}: {each['verdict']}. {each['reason']}")
