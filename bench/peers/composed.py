"""What many Python senders do: content rendered once, an ``EmailMessage`` for each reader, smtplib reused.

``python -m bench.peers.composed PORT FOLDER MESSAGES CONNECTIONS``; the connections are threads.
"""

import json
import smtplib
import sys
from email.message import EmailMessage
from typing import Any

from bench.peers.threads import Load


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
    load = Load.read(argv)
    readers = json.loads((load.folder / "parts.json").read_text())

    def one(client: smtplib.SMTP, number: int) -> None:
        client.send_message(compose(readers[number % len(readers)], f"reader{number}@mail.example"))

    load.submit(one)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
