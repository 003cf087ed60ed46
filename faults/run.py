"""``make faults``: run every scenario and print a line for each; the exit code is 1 when a promise was broken.

Rows are numbered as in docs/faults.md. ``python -m faults --only 1 --only 7 --recipients 50000 --kills 50``.
"""

import argparse
import signal
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from faults import operator_faults, people_faults, process_faults, relay_faults
from faults.stage import Scale, Stage
from faults.verdict import Verdict
from newsletter import log

_ROOT = Path(__file__).resolve().parent.parent
_PAGE = _ROOT / "docs" / "faults.md"
_HEAD = (
    "scenario",
    "readers",
    "faults (with mail in flight)",
    "lost",
    "copies",
    "at most",
    "time",
    "not accepted",
)


@dataclass(frozen=True, slots=True)
class Scenario:
    """A row of the fault table and what runs it: one verdict, or several."""

    row: int
    play: Callable[[Stage], Verdict | Iterable[Verdict]]
    needs_policy: str = ""

    @property
    def name(self) -> str:
        """The name that ``--only`` knows it by, next to its row."""
        return self.play.__name__


SCENARIOS = (
    Scenario(1, process_faults.kill_children),
    Scenario(1, process_faults.kill_workers),
    Scenario(2, process_faults.freeze_children),
    Scenario(3, people_faults.beats_at_odds),
    Scenario(3, people_faults.no_beat),
    Scenario(4, people_faults.two_admins),
    Scenario(5, process_faults.kill_broker),
    Scenario(5, process_faults.empty_broker),
    Scenario(5, process_faults.freeze_broker),
    Scenario(5, process_faults.fill_broker),
    Scenario(6, process_faults.lose_broker),
    Scenario(7, process_faults.kill_postgres),
    Scenario(7, process_faults.cut_sessions),
    Scenario(9, relay_faults.drop_before_dot),
    Scenario(9, relay_faults.drop_in_text, "resend"),
    Scenario(10, relay_faults.drop_after_dot, "resend"),
    Scenario(11, relay_faults.reply_late, "resend"),
    Scenario(12, relay_faults.put_off),
    Scenario(12, operator_faults.one_operator_in_five),
    Scenario(13, relay_faults.refuse_readers),
    Scenario(13, relay_faults.refuse_everybody),
    Scenario(13, relay_faults.refuse_credentials),
    Scenario(14, relay_faults.lose_relay, "resend"),
    Scenario(14, relay_faults.drip),
    Scenario(15, relay_faults.break_tls),
    Scenario(16, relay_faults.poison),
    Scenario(17, people_faults.pause_and_resume),
    Scenario(17, people_faults.cancel),
    Scenario(18, people_faults.leave_and_suppress),
    Scenario(23, process_faults.terminate_workers),
    Scenario(23, process_faults.terminate_to_the_end),
    Scenario(23, process_faults.terminate_groups),
)


def play(scenarios: Iterable[Scenario], scale: Scale, keep: Path | None = None) -> Iterator[Verdict]:
    """Play scenarios one after another, each in an installation of its own; yield each verdict as it comes.

    ``keep`` is a folder in which logs and data of the runs stay.
    """
    for number, scenario in enumerate(scenarios):
        if scenario.needs_policy not in {"", scale.policy}:
            continue
        with tempfile.TemporaryDirectory(prefix="faults-") as folder:
            place = keep / f"{number:02}-{scenario.name}" if keep else Path(folder)
            place.mkdir(parents=True, exist_ok=True)
            with Stage(place, scale) as stage:
                came = scenario.play(stage)
                yield from [came] if isinstance(came, Verdict) else came


def markdown(verdicts: Iterable[Verdict], scale: Scale) -> str:
    """Return the page that docs/faults.md is."""
    rows = [_HEAD, ("---",) * len(_HEAD), *(each.cells() for each in verdicts)]
    table = "\n".join(f"| {' | '.join(row)} |" for row in rows)
    return f"""# Faults

What was done to a running installation while an edition went out, and what came of it. `make faults` does it
again on this machine: real `celery -A worker worker` processes, PostgreSQL and Valkey of its own, and a relay that
writes down each message before it answers. *Lost* is a reader who was neither mailed nor given a reason on record;
*copies* are messages beyond the first to one reader, all of them the same to the octet and marked as possible
copies. The bound on copies is one for each open connection of each process that was killed, and one for each
connection that the relay broke off after the final dot. A run in which no fault hits mail in flight fails.

Seed {scale.seed}, {scale.connections} connections to the relay in each of {scale.processes} processes, leases of
{scale.lease:.0f} seconds, policy `{scale.policy}` for uncertain deliveries. Pauses of the ledger are cut short.

{table}
"""


def main(argv: list[str]) -> int:
    """Play what was asked for; return 1 when a promise was broken."""
    given = _read(argv)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that nothing that was started is left behind
    usual = Scale()
    scale = Scale(
        given.recipients, given.kills, given.seed, given.policy, patience=usual.patience * given.patience
    )
    log.set_up("ERROR", as_json=False)
    wanted = [each for each in SCENARIOS if not given.only or {str(each.row), each.name} & set(given.only)]
    print(f"seed {scale.seed}, {scale.recipients} readers, {scale.kills} kills, {scale.policy}", flush=True)
    began, verdicts = time.monotonic(), []
    for verdict in play(wanted, scale, given.keep):
        print(verdict.line(), flush=True)
        verdicts.append(verdict)
    broken = sum(not each.has_passed for each in verdicts)
    print(f"{len(verdicts)} scenarios in {time.monotonic() - began:.0f} s, {broken} broken promises")
    if given.write:
        _PAGE.write_text(markdown(verdicts, scale))
    return int(bool(broken) or not verdicts)


def _read(argv: list[str]) -> argparse.Namespace:
    usual = Scale()
    parser = argparse.ArgumentParser(
        prog="python -m faults", description="Break things while an edition goes out."
    )
    parser.add_argument("--recipients", type=int, default=usual.recipients, help="readers of each edition")
    parser.add_argument("--kills", type=int, default=usual.kills, help="kills of the rows that kill")
    parser.add_argument("--seed", type=int, default=usual.seed)
    parser.add_argument("--policy", choices=["resend", "hold"], default=usual.policy)
    parser.add_argument("--only", action="append", metavar="ROW", help="a row's number or a scenario's name")
    parser.add_argument("--patience", type=float, default=1.0, help="how many times longer to wait for an end")
    parser.add_argument("--keep", type=Path, help="a folder in which logs and data stay")
    parser.add_argument("--write", action="store_true", help="write docs/faults.md")
    return parser.parse_args(argv)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
