"""What many Python senders do: content rendered once, an ``EmailMessage`` for each reader, smtplib reused.

``python -m bench.peers.composed PORT FOLDER MESSAGES CONNECTIONS``; the connections are threads.
"""

import itertools
import json
import smtplib
import sys
import threading
from email.message import EmailMessage
from pathlib import Path
from typing import Any


def compose(parts: dict[str, Any], to: str) -> EmailMessage:
    """Return the message of one reader."""
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = parts["from"], to, parts["subject"]
    message["Message-ID"] = parts["messageId"]
    for name, value in parts["headers"].items():
        message[name] = value
    message.set_content(parts["text"])
    message.add_alternative(parts["html"], subtype="html")
    return message


def main(argv: list[str]) -> int:
    """Compose and submit that many messages."""
    port, folder, messages, connections = int(argv[0]), Path(argv[1]), int(argv[2]), int(argv[3])
    readers = json.loads((folder / "parts.json").read_text())
    numbers = itertools.count()

    def submit() -> None:
        with smtplib.SMTP("127.0.0.1", port, "bench.example") as client:
            while (number := next(numbers)) < messages:
                client.send_message(compose(readers[number % len(readers)], f"reader{number}@mail.example"))

    threads = [threading.Thread(target=submit) for _ in range(connections)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
