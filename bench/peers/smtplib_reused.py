"""The standard library's client at its best: connections kept, messages ready made, a thread for each.

``python -m bench.peers.smtplib_reused PORT FOLDER MESSAGES CONNECTIONS``
"""

import itertools
import smtplib
import sys
import threading
from pathlib import Path


def main(argv: list[str]) -> int:
    """Submit that many of the messages in the folder, over and over."""
    port, folder, messages, connections = int(argv[0]), Path(argv[1]), int(argv[2]), int(argv[3])
    ready = [file.read_bytes() for file in sorted(folder.glob("*.eml"))]
    numbers = itertools.count()

    def submit() -> None:
        with smtplib.SMTP("127.0.0.1", port, "bench.example") as client:
            while (number := next(numbers)) < messages:
                client.sendmail(
                    "news@lantern.example", [f"reader{number}@mail.example"], ready[number % len(ready)]
                )

    threads = [threading.Thread(target=submit) for _ in range(connections)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
