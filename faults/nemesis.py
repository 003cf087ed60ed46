"""The faults themselves, each done to processes that the harness started, by their numbers."""

import os
import signal
import time
from contextlib import suppress

from faults.crew import BEAT, WORKER
from faults.stage import Sending

_STEP = 0.05


class Nemesis:
    """Does harm to the installation behind one sending, and notes each deed."""

    def __init__(self, sending: Sending) -> None:
        """Aim at a sending."""
        self.sending = sending
        self.stage = sending.stage
        self.crew = sending.stage.crew

    def kill_child(self) -> bool:
        """Kill a pool child; most often one that talks to the relay."""
        victims = self.crew.holders_of(self.stage.relay.port) if self.stage.dice.random() < 0.8 else []
        victims = victims or self.crew.pool()
        if not victims:
            return False
        victim = self.stage.dice.choice(victims)
        self.sending.hit("kill -9 of a child")
        _signal(victim, signal.SIGKILL)
        return True

    def kill_worker(self) -> bool:
        """Kill the worker with all its children."""
        self.sending.hit("kill -9 of the worker")
        self.crew.kill(WORKER)
        return True

    def terminate_worker(self, *, group: bool = False) -> bool:
        """Ask the worker to end, as a deploy does, and wait for it; the crew starts the next."""
        if not self.crew.pool():
            return False
        self.sending.hit("SIGTERM to the group" if group else "SIGTERM")
        self.crew.terminate(WORKER, group=group)
        return True

    def freeze_child(self) -> bool:
        """Stop a child that talks to the relay for longer than its lease."""
        victims = self.crew.holders_of(self.stage.relay.port)
        if not victims:
            return False
        victim = self.stage.dice.choice(victims)
        self.sending.hit("SIGSTOP of a child")
        _signal(victim, signal.SIGSTOP)
        try:
            self._pass_by(self.stage.scale.lease + 2.0)
        finally:
            _signal(victim, signal.SIGCONT)
        return True

    def kill_postgres(self) -> bool:
        """Kill every process of PostgreSQL, and start it again."""
        self.sending.hit("kill -9 of PostgreSQL")
        self.stage.postgres.kill()
        self.stage.postgres.start()
        return True

    def cut_sessions(self) -> bool:
        """End every connection of the product to PostgreSQL."""
        self.sending.hit("pg_terminate_backend")
        self.stage.press.change(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE application_name <> 'faults' AND datname = current_database() AND pid <> pg_backend_pid()"
        )
        return True

    def kill_broker(self, away: float = 0.0) -> bool:
        """Kill the broker, leave it away for some seconds, and start it again, empty."""
        self.sending.hit("kill -9 of the broker")
        self.stage.broker.kill()
        self._pass_by(away)
        self.stage.broker.start()
        return True

    def empty_broker(self) -> bool:
        """Empty the broker."""
        self.sending.hit("FLUSHALL")
        self.stage.broker.command("FLUSHALL")
        return True

    def freeze_broker(self, seconds: float) -> bool:
        """Stop the broker for some seconds."""
        self.sending.hit("SIGSTOP of the broker")
        self.stage.broker.signal(signal.SIGSTOP)
        try:
            self._pass_by(seconds)
        finally:
            self.stage.broker.signal(signal.SIGCONT)
        return True

    def fill_broker(self, seconds: float) -> bool:
        """Let the broker refuse every write for some seconds, as at its limit of memory."""
        self.sending.hit("maxmemory")
        self.stage.broker.command("CONFIG", "SET", "maxmemory", "1")
        try:
            self._pass_by(seconds)
        finally:
            self.stage.broker.command("CONFIG", "SET", "maxmemory", "0")
        return True

    def kill_beat(self) -> bool:
        """Kill the clock."""
        self.sending.hit("kill -9 of beat")
        self.crew.kill(BEAT)
        return True

    def shut_relay(self, seconds: float) -> bool:
        """Let nobody reach the relay for some seconds, and break every session off."""
        self.sending.hit("relay down")
        self.stage.relay.tell(listen=False)
        self._pass_by(seconds)
        self.stage.relay.tell(listen=True)
        return True

    def kill_hung(self) -> bool:
        """Kill the child whose message the relay hangs on: a message that kills whoever submits it."""
        for port in self.sending.figures()["hung"]:
            victims = self.crew.holders_of(self.stage.relay.port, port)
            for victim in victims:
                self.sending.hit("kill -9 at a message")
                _signal(victim, signal.SIGKILL)
                return True
        return False

    def _pass_by(self, seconds: float) -> None:
        """Let seconds pass, and the pauses of the ledger with them."""
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            time.sleep(_STEP)
            self.stage.press.forward(self.sending.edition_id)


def _signal(pid: int, number: signal.Signals) -> None:
    with suppress(ProcessLookupError):
        os.kill(pid, number)
