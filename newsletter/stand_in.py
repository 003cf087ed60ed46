"""Stands in for beat: a thread of every worker that rings the tick when nobody has for a while.

Without it a beat that was never started, or died, would stop every newsletter in silence. At each look it also
looks for causes of alarm.
"""

import threading
from collections.abc import Callable

from newsletter import log

_log = log.get("tasks")


class StandIn:
    """Looks again and again, and rings when the tick is overdue."""

    def __init__(
        self,
        seconds: float,
        is_overdue: Callable[[], bool],
        ring: Callable[[], None],
        watch: Callable[[], None] = lambda: None,
    ) -> None:
        """Look every ``seconds``, and ``watch`` each time."""
        self._seconds, self._is_overdue, self._ring, self._watch = seconds, is_overdue, ring, watch
        self._is_over = threading.Event()

    def start(self) -> None:
        """Begin to look, on a thread that ends with the process."""
        threading.Thread(target=self._look, name="stand-in", daemon=True).start()

    def stop(self) -> None:
        """Look no more."""
        self._is_over.set()

    def _look(self) -> None:
        while not self._is_over.wait(self._seconds):
            try:
                if self._is_overdue():
                    _log.warning("beat_silent")
                    self._ring()
                self._watch()
            except Exception as error:  # noqa: BLE001 — whatever is away comes back, and then this must still be here
                _log.warning("beat_unknown", error=str(error))
