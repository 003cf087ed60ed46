"""The wish of a worker to end soon: said in its main process, heard in those that it forked.

Celery lets running tasks come to their end, and tells them nothing. A task that submits for ten seconds hands its
batch back within a message instead, so that a deploy waits for no one and no mail goes out twice.
"""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing import RawValue


class Closing:
    """Shared by the processes forked after it was made."""

    def __init__(self) -> None:
        self._asked = RawValue("b", 0)
        self._was_signalled = False

    def ask(self) -> None:
        """Ask the tasks of every process to come to their end."""
        self._asked.value = 1

    @property
    def is_asked_for(self) -> bool:
        """Whether the worker wants to end, or this process of it."""
        return self._was_signalled or bool(self._asked.value)

    @contextmanager
    def put_off(self) -> Iterator[None]:
        """Let a SIGTERM sent to this process wait for the end of the block.

        Supervisors send it to every process of a worker; the default would end one with messages in hand. Sent to
        this process alone, it has its usual effect afterwards.
        """
        before = signal.signal(signal.SIGTERM, self._note)
        try:
            yield
        finally:
            signal.signal(signal.SIGTERM, before)
            was_signalled, self._was_signalled = self._was_signalled, False
            if was_signalled and not self._asked.value:
                signal.raise_signal(signal.SIGTERM)

    def _note(self, *_: object) -> None:
        self._was_signalled = True
