"""``newsletter status``: what happened, and what is happening."""

import json
from typing import Annotated, Any

import sqlalchemy as sa
import typer

from newsletter.cli.arguments import read_edition
from newsletter.cli.receipt import plain, print_receipt, receipt
from newsletter.cli.session import AsJson, DataDir, open_services
from newsletter.delivery.correspondence.confirmation import confirmation_queue
from newsletter.edition import store
from newsletter.inbound.door.store import count_waiting, failed_mail
from newsletter.insight.figures import count_deliveries, count_subscriptions, source_health
from newsletter.insight.returns import count_reports
from newsletter.publication.newsletters import list_newsletters
from newsletter.readers.sign_ups import sign_up_queue
from newsletter.schedule.alarms import alarms_in_force
from newsletter.schedule.verdict import give_verdict
from newsletter.services import now


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
    sources = [
        {name: getattr(each, name) for name in each.__dataclass_fields__} for each in source_health(connection)
    ]
    alarms = [
        {"kind": each.kind, "about": each.about, "reason": each.reason, "raised_at": each.raised_at}
        for each in alarms_in_force(connection)
    ]
    return dict(
        plain(
            {
                "alarms": alarms,
                "sign_ups": _sign_ups(connection),
                "inbound_mail": {"waiting": count_waiting(connection), "failed": failed_mail(connection)},
                "newsletters": _newsletters(connection),
                "sources": sources,
                "editions": [_edition(connection, each) for each in store.list_editions(connection)],
            }
        )
    )


def _edition(connection: sa.Connection, found: store.Edition) -> dict[str, Any]:
    deliveries = count_deliveries(connection, found.id)
    verdict = give_verdict(found.state, found.reason, deliveries)
    return {
        "edition": found.name,
        "id": found.id,
        "state": found.state,
        "verdict": verdict.kind,
        "reason": verdict.reason,
        "deliveries": deliveries,
        "reports": count_reports(connection, found.id),
    }


def _newsletters(connection: sa.Connection) -> list[dict[str, Any]]:
    return [
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


def _sign_ups(connection: sa.Connection) -> dict[str, Any]:
    """Return what waits between a form and its confirmation."""
    waiting, put_off = sign_up_queue(connection), confirmation_queue(connection, now())
    return {
        "undecided": waiting.count,
        "since": waiting.since,
        "confirmations_put_off": put_off.count,
        "until": put_off.until,
    }


def _print_sign_ups(told: dict[str, Any]) -> None:
    """Say what of the form waits; nothing where nothing does."""
    if told["undecided"]:
        typer.echo(f"Sign-ups: {told['undecided']} wait to be decided, the oldest since {told['since']}")
    if told["confirmations_put_off"]:
        typer.echo(f"Confirmations: {told['confirmations_put_off']} wait for room, the last until {told['until']}")


def _print_overview(told: dict[str, Any]) -> None:
    for each in told["alarms"]:
        typer.echo(f"Alarm: {each['reason']}")
    for each in told["newsletters"]:
        when = f"daily at {each['send_time'][:5]} {each['zone']}" if each["scheduled"] else "not scheduled"
        readers = ", ".join(f"{count} {state}" for state, count in each["readers"].items()) or "no readers"
        typer.echo(f"{each['newsletter']}: {each['name']}, {when}; {readers}")
    _print_sign_ups(told["sign_ups"])
    if told["inbound_mail"]["failed"]:
        numbers = " ".join(str(each) for each in told["inbound_mail"]["failed"])
        typer.echo(f"Mail that could not be handled: {numbers} (`newsletter inspect mail NUMBER`)")
    typer.echo("Sources" if told["sources"] else "No sources.")
    for each in told["sources"]:
        health = each["last_error"] or (f"read {each['succeeded_at']}" if each["succeeded_at"] else "not read yet")
        typer.echo(f"  {each['url']}: {health}")
    typer.echo("Editions" if told["editions"] else "No editions yet.")
    for each in told["editions"]:
        back = ", ".join(f"{count} {name}" for name, count in each["reports"].items())
        told_back = f" Reported back: {back}." if back else ""
        typer.echo(f"  {each['edition']}: {each['verdict']}. {each['reason']}{told_back}")
