"""`newsletter inspect report`: the contract of its JSON, and the table for a person."""

import json
from pathlib import Path

from typer.testing import CliRunner, Result

from newsletter.cli.inspect import app
from newsletter.inbound.mail.mime import MOST_BYTES

CORPUS = Path(__file__).parent.parent / "inbound" / "corpus"
BOUNCE, COMPLAINT, NEITHER = (CORPUS / f"{name}.eml" for name in ("dsn-moved", "arf-redacted", "not-vacation"))


def run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(app, ["report", *map(str, arguments)])


def test_one_report_is_a_list() -> None:
    """A report gives one object a recipient, with exactly the promised keys."""
    done = run(BOUNCE, "--json")
    expected = [
        {
            "recipient": "ann@reader.example",
            "action": "failed",
            "status": "5.1.6",
            "kind": "permanent",
            "reason": "moved",
            "diagnostic": "551 5.1.6 Recipient has moved",
        }
    ]
    assert (0, expected) == (done.exit_code, json.loads(done.stdout))


def test_what_a_report_does_not_say_is_null() -> None:
    """A complaint has neither action nor status, and an operator may keep the reader's address to itself."""
    (shown,) = json.loads(run(COMPLAINT, "--json").stdout)
    assert ("complaint", "abuse") == (shown["kind"], shown["reason"])
    assert {None} == {shown["recipient"], shown["action"], shown["status"]}


def test_what_is_neither_is_an_empty_list() -> None:
    """An automatic answer is read, and reports nothing."""
    done = run(NEITHER, "--json")
    assert (0, []) == (done.exit_code, json.loads(done.stdout))


def test_several_files_are_an_object(tmp_path: Path) -> None:
    """A file that cannot be read says so in its place, and the rest go on."""
    missing = tmp_path / "missing.eml"
    done = run(BOUNCE, missing, tmp_path, NEITHER, "--json")
    shown = json.loads(done.stdout)
    assert 0 == done.exit_code
    assert [str(BOUNCE), str(missing), str(tmp_path), str(NEITHER)] == list(shown)
    assert ("permanent", []) == (shown[str(BOUNCE)][0]["kind"], shown[str(NEITHER)])
    assert all("cannot be read" in shown[str(path)]["error"] for path in (missing, tmp_path))


def test_nothing_that_can_be_read_is_an_error(tmp_path: Path) -> None:
    """The error is JSON too, and the exit code tells a script."""
    done = run(tmp_path / "missing.eml", "--json")
    assert (1, ["error"]) == (done.exit_code, list(json.loads(done.stdout)))


def test_a_large_report_is_read(tmp_path: Path) -> None:
    """What a report says stands at its beginning, however much it returns."""
    path = tmp_path / "large.eml"
    path.write_bytes((CORPUS / "free-qmail.eml").read_bytes() + b"text of the story\n" * (MOST_BYTES // 8))
    (shown,) = json.loads(run(path, "--json").stdout)
    assert ("ann@reader.example", "5.1.1") == (shown["recipient"], shown["status"])


def test_a_person_reads_a_table() -> None:
    """Without --json there is a table, and a word where there is nothing to show."""
    done = run(BOUNCE, NEITHER)
    assert "551 5.1.6" in done.stdout
    assert "neither a bounce nor a complaint" in " ".join(done.stdout.split())
