"""The worker under cProfile: ``celery -A newsletter.bench.profiled worker`` is the product's own app, watched.

Each child writes what it did into the data directory's ``profiles`` folder when it ends.
"""

import cProfile
import os
from typing import Any

from celery.signals import worker_process_init, worker_process_shutdown

from newsletter.bench.figures import PROFILES
from newsletter.config import Settings
from newsletter.tasks import from_environment

app = from_environment()
_profile = cProfile.Profile()


def begin(**_: Any) -> None:
    """Watch this child from its start."""
    _profile.enable()


def end(**_: Any) -> None:
    """Write down where this child's time went."""
    _profile.disable()
    folder = Settings.from_environment().data_dir / PROFILES
    folder.mkdir(exist_ok=True)
    _profile.dump_stats(folder / f"{os.getpid()}.pstats")


worker_process_init.connect(begin, weak=False)
worker_process_shutdown.connect(end, weak=False)
