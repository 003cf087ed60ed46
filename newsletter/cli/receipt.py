"""What a run led to, for a person or for a machine: read from rows, so that the totals add up."""

from datetime import datetime
from enum import StrEnum
from typing import Any

import sqlalchemy as sa
import typer

from newsletter.edition import store
from newsletter.gather.sources import source_ids_of
from newsletter.insight.clicks import count_clicks
from newsletter.insight.figures import count_deliveries, count_exclusions, source_health
from newsletter.schedule.verdict import VerdictKind, give_verdict


def receipt(connection: sa.Connection, edition_id: int) -> dict[str, Any]:
    """Return everything worth knowing of an edition, ready for JSON."""
    edition = store.get_edition(connection, edition_id)
    deliveries = count_deliveries(connection, edition_id)
    verdict = give_verdict(edition.state, edition.reason, deliveries)
    source_ids = edition.source_ids
    if source_ids is None:
        source_ids = source_ids_of(connection, edition.newsletter_id)
    told: dict[str, Any] = plain(
        {
            "edition": edition.name,
            "id": edition.id,
            "newsletter": edition.slug,
            "date": edition.edition_on,
            "state": edition.state,
            "verdict": verdict.kind,
            "reason": verdict.reason,
            "notes": edition.notes,
            "subject": edition.subject,
            "requested_by": edition.requested_by,
            "times": {
                name: getattr(edition, name)
                for name in ("due_at", "gathering_at", "ready_at", "sending_at", "finished_at")
            },
            "audience": sum(deliveries.values()),
            "deliveries": deliveries,
            "exclusions": count_exclusions(connection, edition_id),
            "clicks": count_clicks(connection, edition_id),
            "articles": [_article(row) for row in store.list_edition_articles(connection, edition_id)],
            "sources": [
                {
                    "url": each.url,
                    "title": each.title,
                    "polled_at": each.polled_at,
                    "failures": each.failures,
                    "error": each.last_error,
                }
                for each in source_health(connection, source_ids)
            ],
        }
    )
    return told


def _article(row: sa.Row[Any]) -> dict[str, Any]:
    return {
        name: getattr(row, name) for name in ("place", "part", "title", "url", "source", "points", "parts", "why")
    }


def plain(value: Any) -> Any:
    """Return the value as JSON has it: moments in ISO 8601, words as text."""
    match value:
        case dict():
            return {str(name): plain(each) for name, each in value.items()}
        case list() | tuple():
            return [plain(each) for each in value]
        case StrEnum():
            return value.value
        case datetime():
            return value.isoformat().replace("+00:00", "Z")
        case _ if hasattr(value, "isoformat"):
            return value.isoformat()
        case _:
            return value


def print_receipt(told: dict[str, Any]) -> None:
    """Print a receipt for a person."""
    typer.echo(f"{told['edition']}: {told['verdict']}. {told['reason']}")
    for note in told["notes"]:
        typer.echo(f"  Note: {note}")
    if told["subject"]:
        typer.echo(f"  Subject: {told['subject']}")
    for each in told["articles"]:
        typer.echo(f"  {each['place']:>2}. {each['title']}")
        typer.echo(f"      {each['source']} · {each['points']:.1f} points · {each['why']}")
    for each in told["sources"]:
        if each["error"]:
            typer.echo(f"  Source failed: {each['url']}: {each['error']}")
    counts = ", ".join(f"{count} {state}" for state, count in told["deliveries"].items())
    if counts:
        typer.echo(f"  Deliveries: {told['audience']} = {counts}")
    for url, readers in told["clicks"].items():
        typer.echo(f"  Followed by {readers}: {url}")


def is_settled(told: dict[str, Any]) -> bool:
    """Whether the run ended well: every delivery has its outcome, or there was rightly none to make."""
    return told["verdict"] in {VerdictKind.SENT, VerdictKind.SKIPPED}
