"""Readers who never open a browser, and one who is not there: through a real mail server, both ways."""

import json
import re
import time

import psutil

from tests.e2e.installation import PATIENCE
from tests.mta.post_office import PostOffice
from tests.mta.postfix import OURS, needs_postfix

pytestmark = needs_postfix


def test_a_reader_comes_and_goes_by_mail_alone(office: PostOffice) -> None:
    """A mail asks, an answer confirms, an edition arrives, and the mailto of its header ends it."""
    office.write("grace", f"subscribe@{OURS}", "subscribe")
    question = office.mta.wait_for_mail("grace")
    assert f"@{OURS}" in str(question["Reply-To"])
    assert "unconfirmed" == office.standing("grace")

    office.answer("grace", question, "Yes, that was me.")
    office.wait_until("grace", "active")
    told = office.paper.run_json("day", "daily")
    assert "sent" == told["verdict"]
    edition = office.mta.wait_for_mail("grace", subject=told["subject"])
    assert re.fullmatch(rf"<bounces\+[a-z2-7]+@{OURS}>", str(edition["Return-Path"]))

    mailto = re.search(r"<(mailto:[^>]+)>", str(edition["List-Unsubscribe"]))
    assert mailto
    office.follow("grace", mailto[1])
    office.wait_until("grace", "unsubscribed")


def test_a_mailbox_that_is_not_there_is_mailed_once(office: PostOffice) -> None:
    """What comes back from a real mail server is believed: the address is suppressed, and nobody else's is."""
    for name in ("nobody", "ida"):
        assert 0 == office.paper.run("readers", "add", "daily", f"{name}@reader.example").returncode
    told = office.paper.run_json("day", "daily")
    assert "sent" == told["verdict"]
    office.mta.wait_for_mail("ida", subject=told["subject"])
    assert {"nobody@reader.example": "bounce"} == _wait_for_suppressions(office)

    told = office.paper.send_tomorrows()
    office.mta.wait_for_mail("ida", subject=told["subject"])
    assert 1 == office.mta.log.count("to=<nobody@reader.example>")


def test_each_recipient_is_answered_for(office: PostOffice) -> None:
    """Of one mail to two addresses, the one that is ours gets it; that the other is not, the writer is told."""
    office.write("hugo", f"subscribe@{OURS},nothing@{OURS}", "subscribe")
    office.mta.wait_for_mail("hugo", subject="confirm")
    report = office.mta.wait_for_mail("hugo", subject="Undelivered")
    assert f"nothing@{OURS}" in report.as_string()
    assert f"Final-Recipient: rfc822; subscribe@{OURS}" not in report.as_string()


def test_a_door_that_is_killed_loses_no_mail(office: PostOffice) -> None:
    """The mail server keeps what it could not hand over until there is a door again."""
    children = psutil.Process(office.paper.process.pid).children()
    (door,) = [each for each in children if "newsletter.cli.lmtp" in each.cmdline()]
    door.kill()
    office.write("vera", f"subscribe@{OURS}", "subscribe")
    office.mta.wait_for_mail("vera", subject="confirm")


def _wait_for_suppressions(office: PostOffice) -> dict[str, str]:
    deadline = time.monotonic() + PATIENCE
    while not (found := _suppressions(office)):
        assert time.monotonic() < deadline, office.mta.log
    return found


def _suppressions(office: PostOffice) -> dict[str, str]:
    """Return whom the operator is told that we do not mail, and why."""
    done = office.paper.run("suppressions", "list", "--json")
    assert done.returncode == 0, done.stderr
    rows = [json.loads(line) for line in done.stdout.splitlines()]
    return {row["address"]: row["reason"] for row in rows}
