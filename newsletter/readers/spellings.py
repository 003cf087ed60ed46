"""Whether a text that others wrote names an address, however it spells it. Pure."""

import re
from re import Match

import email_validator

from newsletter.readers.address import canonical_address

_BEFORE, _AFTER = r"(?<![\w.+-])", r"(?![\w-]|\.\w)"
"""What would make it another address: ``joann@reader.example``, ``ann@reader.example.org``."""

_ESCAPED = re.compile(r"(?:%|=|\\u00|&#x0*)([0-9a-f]{2});?|&#0*(\d{2,3});", re.IGNORECASE)
"""A character as links, quoted-printable, JSON and markup write it."""


def address_pattern(address: str) -> re.Pattern[str]:
    """Return what finds an address, with its domain as the network has it or as people read it (RFC 5891)."""
    local, _, domain = canonical_address(address).rpartition("@")
    read = email_validator.validate_email(
        f"a@{domain}", check_deliverability=False, test_environment=True, strict=False
    ).domain
    domains = "|".join(re.escape(each) for each in dict.fromkeys((domain, read)))
    return re.compile(f"{_BEFORE}{re.escape(local)}@(?:{domains}){_AFTER}", re.IGNORECASE)


def names(text: str, address: re.Pattern[str]) -> bool:
    """Whether a text names an address, as it stands or with its characters escaped."""
    return bool(address.search(text) or address.search(_ESCAPED.sub(_character, text)))


def _character(escaped: Match[str]) -> str:
    return chr(int(escaped[1], 16) if escaped[1] else int(escaped[2]))
