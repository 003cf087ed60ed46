"""One sending through the real pipeline: broker, worker, database, SMTP; only the readers are invented."""

import pstats
import socket
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

from newsletter.bell import Bell, TaskName
from newsletter.bench import meter
from newsletter.bench.copies import Copies
from newsletter.bench.figures import PROFILES, Figures
from newsletter.bench.installation import Installation, installed
from newsletter.bench.meter import Meter
from newsletter.bench.stage import Stage, outcomes, personal_slots, seat_readers, set_stage
from newsletter.delivery.smtp.relay import read_relays
from newsletter.delivery.states import DeliveryState
from newsletter.edition import store
from newsletter.edition.states import EditionState
from newsletter.errors import RelayError, SettingsError
from newsletter.local.commands import Part
from newsletter.local.launch import tail
from newsletter.schedule.request import ask_again
from newsletter.services import now

_LOOK = 0.02
_LOOK_AT_MEMORY = 0.25
_TICK = 5.0
"""Seconds between two ticks, as beat would ring them, so that whatever must wait is heard again."""

_CONNECT_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class Order:
    """What to send: to how many readers, to which relay (as SMTP_URL), with how many worker children."""

    recipients: int
    relay: str
    workers: int = 2
    patience: timedelta = timedelta(hours=1)
    profile: Path | None = None
    tell: Callable[[str], None] = field(default=lambda _: None)


def send(order: Order) -> Figures:
    """Send one edition to so many readers and return what it cost.

    Raises SettingsError or RelayError when the relay cannot be used, EmbeddedError when a part does not start.
    """
    check_relay(order.relay)
    profiled = order.profile is not None
    order.tell("Starting PostgreSQL, Valkey and the worker …")
    with installed(order.relay, {Part.WORKER}, workers=order.workers, profiled=profiled) as installation:
        stage = set_stage(installation.services, installation.folder, now())
        order.tell(f"Subscribing {order.recipients:,} readers …")
        seat_readers(installation.services, stage, order.recipients)
        order.tell("Sending …")
        figures = _measure(order, installation, stage)
        if order.profile:
            installation.stack.__exit__(None, None, None)  # a child writes its profile when it ends
            _keep_profiles(installation.folder / PROFILES, order.profile)
    return figures


def check_relay(url: str) -> None:
    """See that something listens at each relay of SMTP_URL, before three servers are started for nothing.

    Raises SettingsError for what is no relay's address, RelayError where nothing answers.
    """
    for relay in read_relays(url, insist_on_starttls=True):
        try:
            socket.create_connection((relay.host, relay.port), _CONNECT_SECONDS).close()
        except OSError as error:
            raise RelayError(
                f"No relay answers at {relay.name}: {error.strerror or error}.",
                "Start one that keeps nothing: python -m newsletter.bench.sink --port 2525",
            ) from error


def _measure(order: Order, installation: Installation, stage: Stage) -> Figures:
    services, worker = installation.services, installation.pid_of(Part.WORKER)
    measured = Meter(
        {
            "sender": worker,
            "postgres": meter.postgres_pid(services.database),
            "broker": meter.broker_pid(services.settings.redis_url.get_secret_value()),
        }
    )
    with services.database.transaction() as connection:
        answer = ask_again(connection, stage.edition_id, None, "benchmark", now())
    measured.start()
    services.ringer.ring(answer.bells)
    planned, peak = _watch(order, installation, stage, measured)
    seconds, used = measured.elapsed(), measured.used()
    counted = outcomes(services, stage)
    accepted = counted.get(DeliveryState.ACCEPTED, 0)
    return Figures(
        recipients=order.recipients,
        accepted=accepted,
        outcomes=counted,
        seconds=seconds,
        planning_seconds=planned,
        messages_per_second=accepted / seconds,
        cpu_seconds_per_1000={name: 1000 * cpu / max(accepted, 1) for name, cpu in used.items()},
        peak_rss_mib={"worker": peak},
        workers=order.workers,
        message_bytes=len(Copies(services, stage).copy(1)),
        personal_slots=personal_slots(services, stage),
    )


def _watch(order: Order, installation: Installation, stage: Stage, measured: Meter) -> tuple[float, float]:
    """Wait for the end; return when the audience was frozen, and the largest child's memory in MiB."""
    services, worker = installation.services, installation.pid_of(Part.WORKER)
    planned, peak, looked_at, ticked_at = 0.0, 0.0, 0.0, 0.0
    while True:
        with services.database.transaction() as connection:
            edition = store.get_edition(connection, stage.edition_id)
        elapsed = measured.elapsed()
        if not planned and edition.state is not EditionState.READY:
            planned = elapsed
        if elapsed - looked_at > _LOOK_AT_MEMORY or edition.state is EditionState.DONE:
            looked_at = elapsed
            installation.pid_of(Part.WORKER)
            peak = max([peak, *(meter.peak_mib(child) for child in meter.children_of(worker))])
        if edition.state is EditionState.DONE:
            return planned, peak
        if edition.state not in {EditionState.READY, EditionState.SENDING} or (
            elapsed > order.patience.total_seconds()
        ):
            counted = ", ".join(f"{count:,} {state}" for state, count in outcomes(services, stage).items())
            raise RelayError(
                f"After {elapsed:.0f} s the edition is {edition.state} ({counted}). {edition.reason}".rstrip(),
                f"The worker said last:\n{tail(installation.log)}",
            )
        if elapsed - ticked_at > _TICK:
            ticked_at = elapsed
            services.ringer.ring([Bell(TaskName.TICK)])
        time.sleep(_LOOK)


def _keep_profiles(folder: Path, target: Path) -> None:
    """Write what all children saw as one file for ``python -m pstats``."""
    files = sorted(str(path) for path in folder.glob("*.pstats"))
    if not files:
        raise SettingsError("No worker left a profile.", "Send to more readers, so that each has work.")
    pstats.Stats(*files).dump_stats(target)
