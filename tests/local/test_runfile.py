"""Finding the stack that another terminal runs."""

import json
import subprocess
import sys
from pathlib import Path

from newsletter.config import Settings
from newsletter.local import folder, runfile

_LIVE = {"DATABASE_URL": "postgresql://live", "SECRET_KEY": "s" * 40, "WEB_PORT": "1"}


def test_a_live_stack_is_found(tmp_path: Path) -> None:
    """What a stack shares is readable while it is up, by its own account only, and not after."""
    with folder.owned(tmp_path):
        runfile.write(tmp_path, _LIVE)
        assert (tmp_path / "run.json").stat().st_mode & 0o777 == 0o600
        assert runfile.running(tmp_path) == {"DATABASE_URL": "postgresql://live", "SECRET_KEY": "s" * 40}
        joined = runfile.joined(Settings.from_environment(data_dir=tmp_path))
        assert joined
        assert joined.database_url.get_secret_value() == "postgresql://live"
        runfile.forget(tmp_path)
        assert runfile.running(tmp_path) is None


def test_a_killed_stack_is_not(tmp_path: Path) -> None:
    """A record whose process no longer holds the folder, or is gone, counts for nothing."""
    runfile.write(tmp_path, _LIVE)
    assert runfile.running(tmp_path) is None
    with subprocess.Popen([sys.executable, "-c", ""]) as ended:
        pass
    (tmp_path / "run.json").write_text(json.dumps({"pid": ended.pid, "environment": _LIVE}))
    with folder.owned(tmp_path):
        assert runfile.running(tmp_path) is None
        assert runfile.joined(Settings.from_environment(data_dir=tmp_path)) is None


def test_a_broken_record_is_none(tmp_path: Path) -> None:
    """A record that cannot be read counts as none."""
    with folder.owned(tmp_path):
        for text in ("", "[]", "{}", '{"pid": "x"}', '{"pid": 1, "environment": []}'):
            (tmp_path / "run.json").write_text(text)
            assert runfile.running(tmp_path) is None
