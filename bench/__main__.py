"""``python -m bench``: the whole comparison, and the tables in docs/performance.md."""

import argparse
import json
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from bench import machine, programme
from bench.contenders import AbsentError, Contender, Floor
from bench.ready import keep_messages
from bench.relays import running
from bench.results import Row, gate_table, gates, table

_PAGE = Path(__file__).parent.parent / "docs" / "performance.md"
_BEGIN, _END = "<!-- measured: begin -->", "<!-- measured: end -->"
_USUAL_SIZES = (10_000, 20_000, 200_000)


def main(argv: list[str]) -> int:
    """Measure; exit with 1 when a ratio is not as wanted."""
    given = _read(argv)
    with tempfile.TemporaryDirectory(prefix="newsletter-compare-") as name:
        folder = Path(name)
        _say("Making the messages that all contenders submit …")
        floor = Floor(folder / "messages", keep_messages(folder / "messages"))
        parts = {
            "Against others": programme.peers(given.readers, folder),
            "By size": programme.sizes(given.sizes),
            "By what the relay asks for": programme.manners(given.readers, folder),
        }
        measured = {
            title: [Row(each) for each in contenders if given.only in f"{each.kind.name} {each.name}"]
            for title, contenders in parts.items()
        }
        for number in range(given.rounds):
            for rows in measured.values():
                _round(rows, floor, folder, f"round {number + 1} of {given.rounds}")
    everything = [row for rows in measured.values() for row in rows]
    found = gates(everything)
    page = [*_heading(given, floor), _making()]
    for title, rows in measured.items():
        page += ["", f"### {title}", "", *table(rows)] if rows else []
    page += ["", "### Ratios", "", *gate_table(found)] if found else []
    print("\n".join(page))
    if given.write:
        _write("\n".join(page))
    return 0 if all(each.is_met for each in found) else 1


def _read(argv: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--readers", type=int, default=20_000, help="readers of most rows (20000)")
    parser.add_argument(
        "--sizes", type=int, nargs="*", default=list(_USUAL_SIZES), help="readers of the size rows"
    )
    parser.add_argument("--million", action="store_true", help="a size row of 1,000,000 readers besides")
    parser.add_argument("--rounds", type=int, default=3, help="rounds, of which the median counts (3)")
    parser.add_argument("--thorough", action="store_true", help="5 rounds")
    parser.add_argument("--only", default="", help="only rows whose relay or name contains this")
    parser.add_argument("--write", action="store_true", help="put the tables into docs/performance.md")
    given = parser.parse_args(argv)
    given.words = argv
    given.rounds = 5 if given.thorough else given.rounds
    given.sizes += [1_000_000] * given.million
    return given


def _round(rows: Sequence[Row], floor: Floor, folder: Path, when: str) -> None:
    for row in rows:
        if row.absent:
            continue
        contender: Contender = row.contender
        try:
            with running(contender.kind, folder) as relays:
                outcome = contender.run(floor, relays)
        except AbsentError as error:
            row.absent = str(error)
            _say(f"{when}: {contender.kind.name}: {contender.name}: absent, {error}")
            continue
        row.outcomes.append(outcome)
        cost = outcome.cpu["sender"]
        _say(f"{when}: {contender.kind.name}: {contender.name}: {outcome.rate:,.0f} msg/s, {cost:.3f} CPU s/1,000")


def _heading(given: argparse.Namespace, floor: Floor) -> list[str]:
    command = " ".join(["python -m bench", *given.words])
    rounds = "one round" if given.rounds == 1 else f"medians of {given.rounds} interleaved rounds"
    when = f"Measured on {datetime.now(UTC):%Y-%m-%d} with `{command}`"
    return [
        f"{when}: {rounds}, messages of {floor.message_bytes:,} octets.",
        "",
        *map("- {}".format, machine.facts()),
    ]


def _making() -> str:
    words = [sys.executable, "-m", "newsletter", "bench", "make", "--json"]
    told = json.loads(subprocess.run(words, check=True, capture_output=True, text=True).stdout)
    message = f"{told['message_bytes']:,} octets with {told['personal_slots']} personal places"
    making, compiling = told["microseconds_per_message"], told["milliseconds_per_compile"]
    return (
        f"- one message of {message}: {making:.1f} µs of CPU; compiling the edition: {compiling:.0f} ms a worker"
    )


def _write(tables: str) -> None:
    before, _, rest = _PAGE.read_text().partition(_BEGIN)
    _, _, after = rest.partition(_END)
    _PAGE.write_text(f"{before}{_BEGIN}\n{tables}\n{_END}{after}")


def _say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
