"""A reader with a mail program, and an operator with a command line, on either side of a real mail server."""

import time
from dataclasses import dataclass
from email.message import EmailMessage
from email.utils import format_datetime, localtime, make_msgid
from urllib.parse import parse_qs, unquote, urlsplit

from tests.e2e.installation import PATIENCE, Installation
from tests.mta.postfix import READERS, Postfix


@dataclass(frozen=True)
class PostOffice:
    """A running newspaper and the mail server that it shares with its readers."""

    paper: Installation
    mta: Postfix

    def write(self, name: str, to: str, subject: str, text: str = "") -> None:
        """Mail something as a reader's mail program would; commas in ``to`` part several addresses."""
        address = f"{name}@{READERS}"
        message = EmailMessage()
        message["From"], message["To"], message["Subject"] = address, to, subject
        message["Date"], message["Message-ID"] = format_datetime(localtime()), make_msgid(domain=READERS)
        message.set_content(text)
        self.mta.submit(message, address, *to.split(","))

    def answer(self, name: str, mail: EmailMessage, text: str) -> None:
        """Reply to a mail: to where it asks for replies."""
        self.write(name, str(mail["Reply-To"] or mail["From"]), f"Re: {mail['Subject']}", text)

    def follow(self, name: str, mailto: str) -> None:
        """Write the mail that a mailto names (RFC 6068)."""
        asked = urlsplit(mailto)
        subject = parse_qs(asked.query).get("subject", [""])[0]
        self.write(name, unquote(asked.path), subject)

    def standing(self, name: str) -> str:
        """Return where a reader stands with the daily, as the operator is told; nothing of one unknown."""
        lines = self.paper.run("readers", "show", f"{name}@{READERS}").stdout.splitlines()
        told = [line.removeprefix("daily: ").partition(",")[0] for line in lines if line.startswith("daily: ")]
        return told[0] if told else ""

    def wait_until(self, name: str, standing: str) -> None:
        """Return once a reader stands so."""
        deadline = time.monotonic() + PATIENCE
        while (now := self.standing(name)) != standing:
            assert time.monotonic() < deadline, f"{name} is {now!r}, not {standing!r}:\n{self.mta.log}"
