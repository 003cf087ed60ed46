"""The broker holds no fact: emptying it in the middle of a sending loses nobody."""

import time
from collections.abc import Callable
from pathlib import Path

import sqlalchemy as sa
from redis import Redis

from newsletter.bell import Bell, TaskName
from newsletter.cli.session import migrate_database
from newsletter.config import Settings
from newsletter.db import Database
from newsletter.delivery.states import DeliveryState
from newsletter.delivery.tables import delivery
from newsletter.edition.states import EditionState
from newsletter.local.stack import LocalStack, Part
from newsletter.publication.newsletters import Newsletter
from newsletter.services import Services
from newsletter.tasks import ring_tick
from newsletter.tokens import Tokens
from tests.delivery.press import Press
from tests.delivery.scripted_relay import CLOSE, Moment, ScriptedRelay

READERS = 120
BREAK_AFTER = 40


def wait_for(check: Callable[[], bool], what: str) -> None:
    """Wait for something that is bound to happen; fail after half a minute."""
    deadline = time.monotonic() + 30
    while not check():
        assert time.monotonic() < deadline, f"never happened: {what}"
        time.sleep(0.05)


def test_an_emptied_broker(
    servers: Settings, database: Database, daily: Newsletter, tokens: Tokens, tmp_path: Path
) -> None:
    """With every bell forgotten and the relay gone in the middle, one tick brings the rest, and no copy."""
    press = Press(database, daily, tokens)
    edition_id = press.send(*(f"reader{number}" for number in range(READERS)))
    is_broken = False

    def decide(moment: Moment) -> str | None:
        nonlocal is_broken
        is_broken = is_broken or (moment.step == "mail" and len(relay.kept) >= BREAK_AFTER)
        return CLOSE if is_broken and moment.step in {"mail", "banner"} else None

    with ScriptedRelay(decide) as relay, Redis.from_url(servers.redis_url.get_secret_value()) as broker:
        broker.flushall()
        told = {"smtp_url": type(servers.smtp_url)(relay.url), "data_dir": tmp_path / "data", "batch_size": 10}
        settings = servers.model_copy(update=told)
        services = Services(settings)
        with LocalStack(settings, {Part.WORKER}, migrate_database):
            services.ringer.ring([Bell(TaskName.ADVANCE_EDITION, edition_id)])
            wait_for(lambda: is_broken, "the break")
            broker.flushall()
            in_the_middle = len(relay.kept)
            assert BREAK_AFTER <= in_the_middle < READERS, "no fault, no proof"
            relay.decide = lambda _: None
            wait_for(lambda: not press.counts(edition_id).get(DeliveryState.IN_FLIGHT), "the tasks' end")
            # Those at whom the relay hung up wait a minute behind the others, which is not what is tried here.
            press.change(delivery.c.edition_id == edition_id, not_before_at=sa.func.now())
            ring_tick(services)
            wait_for(lambda: press.edition(edition_id).state is EditionState.DONE, "the end of the edition")
        services.close()
        broker.flushall()
    assert sorted(f"reader{number}@example.org" for number in range(READERS)) == sorted(relay.recipients())
    assert {DeliveryState.ACCEPTED: READERS} == press.counts(edition_id)
