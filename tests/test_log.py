"""One line an event, in one shape."""

import json
import logging

import pytest
import uvicorn

from newsletter import log


def test_an_event_is_one_line_of_json(capsys: pytest.CaptureFixture[str]) -> None:
    """A machine can read the event's name, level, time and ids."""
    log.set_up(as_json=True)
    log.get("room").info("edition_ready", edition_id=7)
    (line,) = capsys.readouterr().err.splitlines()
    told = json.loads(line)
    assert ("edition_ready", 7, "info") == (told["event"], told["edition_id"], told["level"])
    assert told["timestamp"].endswith("Z")


def test_the_libraries_speak_in_the_same_shape(capsys: pytest.CaptureFixture[str]) -> None:
    """A library's line on standard error parses like ours."""
    log.set_up(as_json=True)
    logging.getLogger("some.library").warning("odd\nthing")
    (line,) = capsys.readouterr().err.splitlines()
    assert "odd\nthing" == json.loads(line)["event"]


def test_standard_output_stays_empty(capsys: pytest.CaptureFixture[str]) -> None:
    """A command's --json is not mixed with log lines."""
    log.set_up()
    log.get("room").error("edition_ended", state="failed")
    told = capsys.readouterr()
    assert ("", True) == (told.out, "edition_ended" in told.err)


def test_no_line_has_the_path_of_a_request(capsys: pytest.CaptureFixture[str]) -> None:
    """Readers' tokens stand in paths: the web server's own lines about requests are left out."""
    uvicorn.Config("newsletter.web.app:from_environment", factory=True)
    log.set_up()
    asked = ("203.0.113.7:5", "GET", "/unsubscribe/token", "1.1", 200)
    logging.getLogger("uvicorn.access").info('%s - "%s %s HTTP/%s" %d', *asked)
    assert ("", "") == capsys.readouterr()


def test_the_level_holds(capsys: pytest.CaptureFixture[str]) -> None:
    """What lies under the level is not told, and the level's case does not matter."""
    log.set_up("warning")
    log.get("room").info("quiet")
    log.get("room").warning("loud")
    told = capsys.readouterr().err
    assert ("quiet" in told, "loud" in told) == (False, True)


def test_setting_up_twice_tells_once(capsys: pytest.CaptureFixture[str]) -> None:
    """A worker that sets up logging again does not double its lines."""
    log.set_up(as_json=True)
    log.set_up(as_json=True)
    log.get("room").info("edition_ready")
    assert 1 == len(capsys.readouterr().err.splitlines())
