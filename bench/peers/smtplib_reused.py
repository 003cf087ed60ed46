"""The standard library's client at its best: connections kept, messages ready made, a thread for each.

``python -m bench.peers.smtplib_reused PORT FOLDER MESSAGES CONNECTIONS``
"""

import smtplib
import sys

from bench.peers.threads import Load


def main(argv: list[str]) -> int:
    """Submit that many of the messages in the folder, over and over."""
    load = Load.read(argv)
    ready = [file.read_bytes() for file in sorted(load.folder.glob("*.eml"))]

    def one(client: smtplib.SMTP, number: int) -> None:
        client.sendmail("news@lantern.example", [f"reader{number}@mail.example"], ready[number % len(ready)])

    load.submit(one)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
