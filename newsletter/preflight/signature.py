"""The check of who signs: DKIM (RFC 6376) by the domain that From names, as DMARC asks for (RFC 7489). Pure."""

import re
from collections.abc import Iterator

from newsletter.preflight.expected import Expected
from newsletter.preflight.finding import Finding, block, shown, warn
from newsletter.preflight.opened import Opened
from newsletter.preflight.wire import address_of


def check_alignment(message: Opened, _: Expected) -> Iterator[Finding]:
    """Whether a signature is of From's own domain, or of one above or below it (relaxed, §3.1.1)."""
    sender = address_of(message.value("From")).rpartition("@")[2].lower()
    domains = [each.get("d", "").lower() for each in _signatures(message)]
    if not domains:
        yield warn(
            "The message is not signed here.",
            "the header",
            "Let your relay sign it, or set DKIM_KEYS: docs/deliverability.md says how.",
        )
    elif not any(_is_aligned(sender, each) for each in domains):
        signed = ", ".join(shown(each, 60) for each in domains)
        mend = "Sign with a key of the sender's own domain."
        yield block(f"It comes from {shown(sender, 60)} and is signed by {signed}.", "DKIM-Signature", mend)
    if any("l" in each for each in _signatures(message)):
        yield warn(
            "A signature covers a part of the text only (l=).", "DKIM-Signature", "Sign all of it: §8.2 says why."
        )


def signed_fields(message: Opened) -> list[set[str]]:
    """Return the names of the fields that each signature covers, in lower case."""
    return [{name.strip().lower() for name in each.get("h", "").split(":")} for each in _signatures(message)]


def _signatures(message: Opened) -> list[dict[str, str]]:
    """Return the tags of each signature (§3.2)."""
    found = []
    for value in message.values("DKIM-Signature"):
        pairs = (each.partition("=") for each in value.split(";"))
        found.append({name.strip(): re.sub(r"\s", "", text) for name, equals, text in pairs if equals})
    return found


def _is_aligned(sender: str, domain: str) -> bool:
    if not sender or "." not in domain:
        return False
    return f".{sender}".endswith(f".{domain}") or f".{domain}".endswith(f".{sender}")
