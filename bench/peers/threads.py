"""What the peers on smtplib share: connections that are threads, and messages shared out among them."""

import itertools
import smtplib
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Load:
    """What is to be submitted: ``PORT FOLDER MESSAGES CONNECTIONS`` of the command line."""

    port: int
    folder: Path
    messages: int
    connections: int

    @classmethod
    def read(cls, argv: list[str]) -> "Load":
        """Read it from the command line."""
        return cls(int(argv[0]), Path(argv[1]), int(argv[2]), int(argv[3]))

    def submit(self, one: Callable[[smtplib.SMTP, int], object]) -> None:
        """Call ``one`` for each message, by number, over connections that are kept."""
        numbers = itertools.count()

        def work() -> None:
            with smtplib.SMTP("127.0.0.1", self.port, "bench.example") as client:
                while (number := next(numbers)) < self.messages:
                    one(client, number)

        threads = [threading.Thread(target=work) for _ in range(self.connections)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
