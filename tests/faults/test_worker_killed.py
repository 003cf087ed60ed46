"""Killing the process that submits loses nobody, and makes at most one copy a kill."""

import os
import random
import signal
import subprocess
import sys
from collections import Counter
from datetime import timedelta

import pytest

from newsletter.config import Settings
from newsletter.db import Database
from newsletter.delivery.reconcile import close_edition, reconcile
from newsletter.delivery.states import DeliveryState
from newsletter.edition.states import EditionState
from newsletter.local import environment
from newsletter.publication.newsletters import Newsletter
from newsletter.tokens import Tokens
from tests.delivery.press import NOW, Press
from tests.delivery.scripted_relay import Moment, ScriptedRelay

READERS = 300
KILLS = 6
STEPS = ("mail", "rcpt", "data", "text", "dot", "reply")
"""Between the gate and the receipt: whatever is killed here has a message in flight."""

PROGRAM = """
import sys
from newsletter.bell import SilentRinger
from newsletter.config import Settings
from newsletter.services import Services
from newsletter.tasks import submit_edition
services = Services(Settings.from_environment())
services.ringer = SilentRinger()
submit_edition(services, int(sys.argv[1]))
services.close()
"""


class Killer:
    """Kills the process that submits when it comes to chosen steps of chosen messages."""

    def __init__(self, seed: int) -> None:
        dice = random.Random(seed)
        self.plan = [(number, dice.choice(STEPS)) for number in sorted(dice.sample(range(READERS), KILLS))]
        self.victim: subprocess.Popen[bytes] | None = None
        self.messages = 0
        self.kills: list[Moment] = []

    def __call__(self, moment: Moment) -> None:
        """Look at a step and kill if its time has come."""
        self.messages += moment.step == "mail"
        if not self.plan or self.victim is None or self.victim.poll() is not None:
            return
        number, step = self.plan[0]
        if self.messages > number and moment.step == step:
            os.kill(self.victim.pid, signal.SIGKILL)
            self.victim.wait(30)
            self.plan.pop(0)
            self.kills.append(moment)


def run(press: Press, edition_id: int, killer: Killer, settings: Settings) -> None:
    """Run processes one after another, each killed or done, with what the tick does in between."""
    told = {**os.environ, **environment.of(settings)}
    for _ in range(KILLS + 3):
        killer.victim = subprocess.Popen([sys.executable, "-c", PROGRAM, str(edition_id)], env=told)
        killer.victim.wait(60)
        press.end_leases(edition_id)
        with press.database.transaction() as connection:
            reconcile(connection, edition_id, timedelta(hours=24), "resend")
            if close_edition(connection, edition_id, NOW):
                return
        press.make_due(edition_id)
    pytest.fail(f"not done: {press.counts(edition_id)}")


@pytest.mark.parametrize("seed", [20_260_302])
def test_a_killed_submitter(
    servers: Settings, database: Database, daily: Newsletter, tokens: Tokens, seed: int
) -> None:
    """Nobody is lost, copies are no more than kills, and every copy has the same Message-ID."""
    press = Press(database, daily, tokens)
    edition_id = press.send(*(f"reader{number}" for number in range(READERS)))
    killer = Killer(seed)
    with ScriptedRelay(killer) as relay:
        settings = servers.model_copy(update={"smtp_url": type(servers.smtp_url)(relay.url), "batch_size": 50})
        run(press, edition_id, killer, settings)
    print(f"seed {seed}, killed at: {[each.step for each in killer.kills]}")  # noqa: T201 — shown when it fails
    assert KILLS == len(killer.kills), "no fault, no proof"
    copies = Counter(relay.recipients())
    assert READERS == len(copies)
    assert sum(copies.values()) - READERS <= KILLS
    assert READERS == len({(each.recipient, each.message_id) for each in relay.kept})
    assert READERS == len({each.message_id for each in relay.kept})
    assert {DeliveryState.ACCEPTED: READERS} == press.counts(edition_id)
    assert EditionState.DONE is press.edition(edition_id).state
    twice = {name for name, count in copies.items() if count > 1}
    marked = sum(row.possible_copy for row in press.rows(edition_id))
    assert len(twice) <= marked <= KILLS, "every copy that may exist is on record"
