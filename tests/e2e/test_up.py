"""``newsletter up`` as its operator sees it: started, killed in parts, stopped, started again."""

import os
import signal
import smtplib
import socket
import subprocess
import sys
from pathlib import Path

import psutil

from tests.e2e.installation import PATIENCE, free_port, installation


def test_a_second_start_finds_its_data(tmp_path: Path) -> None:
    """Stopped and started again, nothing is sent twice, and nothing that ran is left behind in between."""
    with installation(tmp_path) as first:
        sent = first.run_json("status", "daily")["deliveries"]
        started = psutil.Process(first.process.pid).children(recursive=True)
        mailed = len(list((tmp_path / "mailbox").iterdir()))
    assert [] == [process for process in started if process.is_running()]
    with installation(tmp_path) as second:
        assert sent == second.run_json("status", "daily")["deliveries"]
        assert mailed == len(list((tmp_path / "mailbox").iterdir()))


def test_a_killed_worker_is_replaced(tmp_path: Path) -> None:
    """Killing the worker with -9 costs a reader who asks for today's edition nothing but a moment."""
    with installation(tmp_path) as running:
        children = psutil.Process(running.process.pid).children(recursive=True)
        worker = next(child for child in children if "celery" in child.cmdline() and "worker" in child.cmdline())
        os.killpg(worker.pid, signal.SIGKILL)
        told = running.run_json("day", "daily", "--to", "late@example.net")
        assert "sent" == told["verdict"]
        assert 1 == len(running.mail_to("late@example.net"))


def test_mail_comes_back_by_lmtp(tmp_path: Path) -> None:
    """With a domain of its own, an installation takes mail, and a reader can subscribe by it alone."""
    port, ann = free_port(), "ann@reader.example"
    with (
        installation(tmp_path, INBOUND_DOMAIN="mail.paper.example", LMTP_PORT=str(port)) as running,
        smtplib.LMTP("127.0.0.1", port) as client,
    ):
        message = f"From: {ann}\r\nSubject: subscribe\r\nMessage-ID: <1@reader.example>\r\n\r\n".encode()
        client.sendmail(ann, ["subscribe+daily@mail.paper.example"], message)
        confirmation = running.wait_for_mail(ann)
        client.sendmail(ann, [str(confirmation["Reply-To"])], message.replace(b"subscribe", b"Yes"))
        assert "Welcome" in str(running.wait_for_mail(ann, subject="Welcome")["Subject"])


def test_a_port_in_use_is_named(tmp_path: Path) -> None:
    """A port that something else listens on stops the start with the setting to change."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        environment = {**os.environ, "DATA_DIR": str(tmp_path), "WEB_PORT": str(taken.getsockname()[1])}
        done = subprocess.run(
            [sys.executable, "-m", "newsletter", "up"],
            env=environment,
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            check=False,
        )
    assert 1 == done.returncode
    assert "in use" in done.stderr
    assert "WEB_PORT" in done.stderr
    assert "Traceback" not in done.stderr
