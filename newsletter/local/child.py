"""Run a module that ends when its parent does, however the parent ends.

The supervisor holds the other end of this process's standard input. When the supervisor stops us, or is
killed with no chance to, that pipe closes: an end of file is the one sign of a lost parent that Linux and
macOS both give. ``python -m newsletter.local.child --grace SECONDS -- MODULE ARGUMENT…``
"""

import os
import runpy
import signal
import sys
import threading
import time

_READ_SIZE = 4096


def watch_parent(grace: float) -> None:
    """Wait for the end of standard input; then ask this process to end, and after ``grace`` seconds make it.

    The first request is SIGTERM, a warm shutdown to a Celery worker. What remains of the process group
    after the grace is killed with us.
    """
    try:
        while os.read(0, _READ_SIZE):
            pass
    except OSError:
        pass  # a standard input that cannot be read has no parent behind it either
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(grace)
    os.killpg(os.getpgid(0), signal.SIGKILL)


def main(argv: list[str]) -> None:
    """Run ``MODULE`` as ``python -m MODULE`` would, under watch."""
    flags, (module, *arguments) = argv[: argv.index("--")], argv[argv.index("--") + 1 :]
    grace = float(flags[flags.index("--grace") + 1])
    threading.Thread(target=watch_parent, args=(grace,), name="watch-parent", daemon=True).start()
    sys.argv = [module, *arguments]
    runpy.run_module(module, run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main(sys.argv[1:])
