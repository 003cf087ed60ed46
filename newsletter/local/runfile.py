"""Let a command in another terminal find the stack that ``newsletter up`` runs.

``run.json`` in the data directory says where its servers answer. It holds secrets, so only the account
that wrote it can read it.
"""

import json
import os
from contextlib import suppress
from pathlib import Path

from newsletter.config import Settings
from newsletter.local import folder
from newsletter.local.environment import SHARED, completed_by

_NAME = "run.json"


def write(data: Path, environment: dict[str, str]) -> None:
    """Record that this process runs a stack on ``data`` with these settings. Raises OSError."""
    shared = {name: value for name, value in environment.items() if name in SHARED}
    folder.write_private(data / _NAME, json.dumps({"pid": os.getpid(), "environment": shared}, indent=1))


def forget(data: Path) -> None:
    """Remove the record, if there is one."""
    with suppress(OSError):
        (data / _NAME).unlink()


def running(data: Path) -> dict[str, str] | None:
    """Return the settings that a command must share with the live stack on ``data``, by variable.

    None when no stack is up there: nothing is recorded, or its process has ended, however it did.
    """
    data = data.expanduser().absolute()
    try:
        recorded = json.loads((data / _NAME).read_text())
        os.kill(recorded["pid"], 0)
        environment = {str(name): str(value) for name, value in recorded["environment"].items()}
    except (OSError, ValueError, KeyError, TypeError, AttributeError, OverflowError):
        return None
    return environment if folder.is_owned(data) else None


def joined(settings: Settings) -> Settings | None:
    """Return ``settings`` with what they leave open filled in from the live stack on their data directory.

    What the operator set stays. None when no stack is up there.
    """
    live = running(settings.data_dir)
    return None if live is None else completed_by(settings, live)
