"""Domains of mail services that many readers use: data (``mail_domains.toml``) that can be read and mended."""

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib import resources


@dataclass(frozen=True, slots=True)
class MailDomains:
    """The services that slips are mended to, all domains that are no slip, and what wrong endings stand for."""

    often_misspelt: frozenset[str]
    real: frozenset[str]
    endings: dict[str, str]


@cache
def mail_domains() -> MailDomains:
    """Return what is known of mail services."""
    read = tomllib.loads(resources.files("newsletter.readers").joinpath("mail_domains.toml").read_text("utf-8"))
    often = frozenset(read["often_misspelt"])
    endings = {wrong: right for right, wrongs in read["endings"].items() for wrong in wrongs}
    return MailDomains(often, often | frozenset(read["real"]), endings)
