"""The built wheel carries all that a run needs: installed elsewhere, it renders, migrates and knows its tasks."""

import os
import subprocess
import sys
import sysconfig
import venv
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from newsletter.config import Settings
from newsletter.db import Database
from newsletter.schema import pending_migrations

ROOT = Path(__file__).resolve().parents[1]

RENDER = """
from pathlib import Path
from newsletter.config import Settings
from newsletter.edition.rendering.content import Stationery
from newsletter.edition.rendering.selection import Masthead
(folder,) = Settings.from_environment().template_folders
paper = Masthead("daily", "The Daily", "Paper", "", "de", "UTC", "", "1 Quay Street", "#9b1c1f")
print(folder)
facts = {"confirm_url": "https://paper.example/confirm/x", "names": ["The Daily"], "answers": ""}
print(Stationery((folder,)).write("confirm", paper, facts).text)
"""

WORKER = """
import worker
print(worker.__file__)
print(*sorted(name for name in worker.app.tasks if not name.startswith("celery.")))
"""


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the wheel and install it into an environment of its own, which borrows our libraries."""
    pytest.importorskip("hatchling", reason="building the wheel needs hatchling in this environment")
    folder = tmp_path_factory.mktemp("wheel")
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "-q"]
    build = ["wheel", "--no-deps", "--no-build-isolation", "--wheel-dir", str(folder), str(ROOT)]
    subprocess.run([*pip, *build], check=True, capture_output=True, timeout=120)
    (wheel,) = folder.glob("newsletter-*.whl")
    home = folder / "environment"
    venv.create(home, symlinks=True)
    python = home / "bin" / "python"
    install = ["--python", str(python), "install", "--no-index", "--no-deps", str(wheel)]
    subprocess.run([*pip, *install], check=True, capture_output=True, timeout=120)
    (site,) = home.glob("lib/*/site-packages")
    # Named in a .pth file, a folder gives its libraries, and its own .pth files (such as our checkout's) nothing.
    (site / "borrowed.pth").write_text(sysconfig.get_path("purelib"))
    return home


@pytest.fixture
def own_database(servers: Settings) -> Iterator[str]:
    """Give the address of an empty database on this session's server."""
    address = sa.make_url(servers.database_url.get_secret_value())
    server = Database(servers.database_url.get_secret_value())
    with server.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(sa.text("CREATE DATABASE wheel"))
        yield address.set(database="wheel").render_as_string(hide_password=False)
        connection.execute(sa.text("DROP DATABASE wheel WITH (FORCE)"))
    server.close()


def run(installed: Path, *words: str, **environment: str) -> list[str]:
    """Run a program of the environment from another folder; return its lines."""
    told = {name: value for name, value in os.environ.items() if name.lower() not in Settings.model_fields}
    told.pop("PYTHONPATH", None)
    done = subprocess.run(
        [str(installed / "bin" / words[0]), *words[1:]],
        cwd=installed,
        env={**told, **environment},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert 0 == done.returncode, done.stderr
    return done.stdout.splitlines()


def test_it_renders(installed: Path) -> None:
    """Templates and catalogues come with the wheel, and are not those of this checkout."""
    folder, *text = run(installed, "python", "-c", RENDER)
    assert Path(folder).is_relative_to(installed)
    assert "https://paper.example/confirm/x" in text
    assert [] != [line for line in text if line.startswith("Jemand, hoffentlich Sie selbst")]


def test_it_works(installed: Path) -> None:
    """``celery -A worker`` finds the app from any folder, with every task."""
    settings = {
        "DATABASE_URL": "postgresql://127.0.0.1:1/nowhere",
        "REDIS_URL": "redis://127.0.0.1:1/0",
        "SECRET_KEY": "a-secret-only-for-tests-0123456789abcdef",
    }
    file, names = run(installed, "python", "-c", WORKER, **settings)
    assert Path(file).is_relative_to(installed)
    assert "newsletter.submit_edition" in names.split()


def test_it_migrates(installed: Path, own_database: str, servers: Settings) -> None:
    """The installed command brings an empty database up to date."""
    urls = {"DATABASE_URL": own_database, "REDIS_URL": servers.redis_url.get_secret_value()}
    shown = run(installed, "newsletter", "migrate", "--data", str(installed / "data"), **urls)
    assert ["The schema is up to date."] == shown
    database = Database(own_database)
    assert not pending_migrations(database)
    database.close()


def test_it_carries_nothing_else(installed: Path) -> None:
    """Tests and documents stay at home."""
    (site,) = installed.glob("lib/*/site-packages")
    ours = {path.name for path in site.iterdir() if "pip" not in path.name and "borrowed" not in path.name}
    assert {"newsletter", "worker.py"} == {
        name for name in ours if not name.endswith((".dist-info", "__pycache__"))
    }
