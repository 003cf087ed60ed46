"""``newsletter readers``: add a reader on the operator's word, show one; others are taken in, out, and erased."""

from typing import Annotated

import sqlalchemy as sa
import typer

from newsletter.cli import readers_erase, readers_exchange
from newsletter.cli.arguments import Address, NewsletterName
from newsletter.cli.run_edition import add_addresses
from newsletter.cli.session import DataDir, open_services
from newsletter.errors import NotFoundError
from newsletter.insight.figures import reader_history
from newsletter.publication.newsletters import get_newsletter
from newsletter.readers.choices import choose_language
from newsletter.readers.preferences import get_preferences
from newsletter.readers.store import Origin, find_reader, find_subscription_id, set_zone
from newsletter.readers.suppressions import find_suppression
from newsletter.readers.tables import Frequency, SubscriptionState
from newsletter.services import now

app = typer.Typer(no_args_is_help=True)
readers_exchange.register(app)
readers_erase.register(app)

_IN_USE = frozenset({SubscriptionState.ACTIVE, SubscriptionState.PAUSED})


@app.command()
def add(
    newsletter: NewsletterName,
    address: Address,
    zone: Annotated[
        str | None,
        typer.Option(
            help="The reader's own IANA time zone, for newsletters with reader_hours; '' = the newsletter's."
        ),
    ] = None,
    language: Annotated[
        str | None,
        typer.Option(help="The language of the reader's editions, one of the newsletter's; '' = its own."),
    ] = None,
    data: DataDir = None,
) -> None:
    """Put a reader who agreed on a newsletter; one who unsubscribed stays unsubscribed."""
    with open_services(data) as services, services.database.transaction() as connection:
        newsletter_id = get_newsletter(connection, newsletter).id
        (subscription_id,) = add_addresses(connection, services.tokens, newsletter_id, [address])
        if zone is not None:
            set_zone(connection, subscription_id, zone)
        standing = dict(find_reader(connection, address))
        if language is not None and standing[newsletter] in _IN_USE:
            choose_language(connection, subscription_id, language, Origin("command line"), now())
        for slug, state in standing.items():
            typer.echo(f"{slug}: {state}")
        if standing[newsletter] not in _IN_USE:
            where = f"{services.settings.public_url.rstrip('/')}/"
            typer.echo(
                f"They left {newsletter}, and were not added: only they can come back, with the form at {where} "
                "and the mail that it sends them."
            )


@app.command()
def show(address: Address, data: DataDir = None) -> None:
    """Show where a reader stands with each newsletter, and what became of the latest editions for them."""
    with open_services(data) as services, services.database.transaction() as connection:
        found = [
            (slug, state, _chosen(connection, slug, address)) for slug, state in find_reader(connection, address)
        ]
        history = reader_history(connection, address)
        suppressed = find_suppression(connection, services.tokens, address, now())
    if not found:
        raise NotFoundError("No reader has this address.", "`newsletter readers add` adds one.")
    for slug, state, chosen in found:
        typer.echo(", ".join([f"{slug}: {state}", *chosen]))
    if suppressed is not None:
        typer.echo(f"suppressed: {suppressed.reason}  {suppressed.detail}".rstrip())
    for each in history:
        typer.echo(f"  {each.newsletter}/{each.key}: {each.outcome}  {each.reply}".rstrip())


def _chosen(connection: sa.Connection, slug: str, address: str) -> list[str]:
    """Return what a reader chose for themselves, in words."""
    subscription_id = find_subscription_id(connection, get_newsletter(connection, slug).id, address)
    if subscription_id is None:
        return []
    found = get_preferences(connection, subscription_id, now())
    told = {
        f"until {found.paused_until:%Y-%m-%d}" if found.paused_until else "": found.paused_until,
        "once a week": found.frequency is Frequency.WEEKLY,
        "breaking news": found.breaking,
        f"sections {' + '.join(found.sections)}": found.sections,
        f"in {found.language}": found.language,
        f"at {found.hour:%H:%M}" if found.hour else "": found.hour,
        f"zone {found.zone}": found.zone,
    }
    return [words for words, is_chosen in told.items() if words and is_chosen]
