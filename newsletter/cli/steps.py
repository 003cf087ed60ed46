"""The steps of a day one by one: ``gather``, ``assemble``, ``send``."""

import json
from datetime import datetime, timedelta
from typing import Annotated

import sqlalchemy as sa
import typer

from newsletter.cli.arguments import EditionDate, EditionName, NewsletterName, Wait, date_of
from newsletter.cli.marks import print_candidates
from newsletter.cli.receipt import is_settled, plain, print_receipt, receipt
from newsletter.cli.run_edition import Watch, run_edition
from newsletter.cli.session import AsJson, DataDir, open_mailing, open_services
from newsletter.edition import store
from newsletter.edition.choosing.desk import supposed_edition, told_of
from newsletter.edition.choosing.marks import marks_of
from newsletter.edition.choosing.outlook import choose_for
from newsletter.edition.choosing.recheck import recheck
from newsletter.edition.choosing.runs import Occasion, record_run
from newsletter.edition.plan import EditionRequest, plan_edition
from newsletter.edition.states import EditionState
from newsletter.edition.store import Edition
from newsletter.errors import ConflictError
from newsletter.gather.polling.poll import poll_source
from newsletter.gather.polling.sources import list_sources, source_ids_of
from newsletter.preflight.store import overrule
from newsletter.publication.newsletters import get_newsletter
from newsletter.schedule.advance import assemble_or_fail
from newsletter.schedule.checking import refuse_held
from newsletter.schedule.request import Answer, ask_again
from newsletter.schedule.verdict import VerdictKind
from newsletter.services import Services, now


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command()(gather)
    app.command()(assemble)
    app.command()(send)


def gather(newsletter: NewsletterName, as_json: AsJson = False, data: DataDir = None) -> None:
    """Poll the newsletter's sources once, here and now. Exits with 1 if any failed."""
    with open_services(data) as services:
        with services.database.transaction() as connection:
            source_ids = source_ids_of(connection, get_newsletter(connection, newsletter).id)
            sources = list_sources(connection, source_ids)
        told = []
        for source in sources:
            done = poll_source(services.database, source.id, services.manners, now)
            if done is not None:
                facts = {"url": source.url, "outcome": done.outcome, "articles": done.articles}
                told.append({**facts, "new_articles": done.new_articles, "error": done.error})
    if as_json:
        typer.echo(json.dumps(plain(told), ensure_ascii=False, indent=1))
    else:
        for each in told:
            what = each["error"] or f"{each['articles']} articles, {each['new_articles']} new"
            typer.echo(f"{each['outcome']:>9}  {each['url']}  {what}")
    raise typer.Exit(1 if any(each["error"] for each in told) else 0)


def assemble(
    newsletter: NewsletterName,
    date: EditionDate = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Choose, store no edition, and show what was chosen and left out.")
    ] = False,
    as_json: AsJson = False,
    data: DataDir = None,
) -> None:
    """Choose and render an edition from what is gathered already, and leave it ready to be sent."""
    with open_services(data) as services:
        if dry_run:
            _try(services, newsletter, date, as_json=as_json)
            return
        with services.database.transaction() as connection:
            found = get_newsletter(connection, newsletter)
            on = date_of(found, date, now())
            request = EditionRequest(found.id, on, now(), "command line", sends_when_ready=False)
            edition_id, _ = plan_edition(connection, request)
            _to_gathering(connection, store.get_edition(connection, edition_id))
        recheck(services.database, edition_id, services.manners.policy, now)
        with services.database.transaction() as connection:
            assemble_or_fail(connection, edition_id, services.workshop, now())
            told = receipt(connection, edition_id)
    if as_json:
        typer.echo(json.dumps(told, ensure_ascii=False, indent=1))
    else:
        print_receipt(told)
    raise typer.Exit(1 if told["verdict"] == VerdictKind.FAILED else 0)


def _try(services: Services, slug: str, date: datetime | None, *, as_json: bool) -> None:
    """Choose without an edition, and keep what was known and what followed as a run on trial."""
    with services.database.transaction() as connection:
        found = get_newsletter(connection, slug)
        on = date_of(found, date, now())
        at = now()
        choice = choose_for(connection, supposed_edition(found, on, at), at)
        run_id = record_run(connection, Occasion(found, on, None, at), choice)
        articles = told_of(choice, marks_of(connection, found.id, on))
        told = plain({"run": run_id, "date": on, "articles": articles, "notes": choice.notes})
    if as_json:
        typer.echo(json.dumps(told, ensure_ascii=False, indent=1))
    else:
        typer.echo(f"{slug}/{told['date']}, run {told['run']}")
        print_candidates(told)


def _to_gathering(connection: sa.Connection, edition: Edition) -> None:
    """Bring an edition that was not sent yet to where it can be assembled. Raises ConflictError otherwise."""
    begun = {EditionState.SENDING, EditionState.PAUSED, EditionState.DONE, EditionState.CANCELLED}
    if edition.state in begun:
        raise ConflictError(
            f"Edition {edition.name} is {edition.state} and cannot be assembled again.",
            "One edition a date: `newsletter status` lists them.",
        )
    if edition.state not in {EditionState.PLANNED, EditionState.GATHERING, EditionState.READY}:
        store.move(connection, edition.id, (edition.state, EditionState.PLANNED), reason="", finished_at=None)
        edition = store.get_edition(connection, edition.id)
    if edition.state is not EditionState.GATHERING:
        move = (edition.state, EditionState.GATHERING)
        store.move(connection, edition.id, move, gathering_at=now(), rechecked_at=None)


def send(
    edition: EditionName,
    wait: Wait = 300,
    anyway: Annotated[
        bool, typer.Option("--anyway", help="Send it whatever the check before the sending found.")
    ] = False,
    as_json: AsJson = False,
    data: DataDir = None,
) -> None:
    """Send an edition that is ready, or send one already sent to the readers who joined since."""
    watch = Watch(timedelta(seconds=wait), lambda line: typer.echo(line, err=True))
    with open_mailing(data) as services:
        with services.database.transaction() as connection:
            found = store.find_edition(connection, edition)
            if anyway:
                overrule(connection, found, "command line", now())
            else:
                refuse_held(connection, found)

        def ask(connection: sa.Connection) -> Answer:
            return ask_again(connection, found.id, found.subscription_ids, "command line", now())

        told = run_edition(services, ask, watch)
    if as_json:
        typer.echo(json.dumps(told, ensure_ascii=False, indent=1))
    else:
        print_receipt(told)
    raise typer.Exit(0 if is_settled(told) else 1)
