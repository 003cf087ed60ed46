"""Which mail is not answered: what no person wrote just now, or wrote to us. Pure.

Two machines that answer each other never stop, so each side has to know a machine when it hears one (RFC 3834 §2,
and the fields that were used before it). What such mail asks for is not done either, save leaving by a signed
address. Against a machine that says nothing of itself stands the one answer an address and day.
"""

import re

from newsletter.inbound.mail.addresses import address_in
from newsletter.inbound.mail.headers import Headers
from newsletter.inbound.report.phrases import Told, marks

_BULK = frozenset({"bulk", "list", "junk", "auto_reply", "auto-reply"})
_LISTS = ("list-id", "list-post", "list-unsubscribe", "list-help", "mailing-list", "x-mailing-list")
_MACHINES = (
    *("x-autoreply", "x-autorespond", "x-autoresponder", "x-auto-reply", "x-auto-reply-from", "x-mail-autoreply"),
    *("x-loop", "x-cron-env", "x-failed-recipients", "feedback-id", "x-ms-exchange-inbox-rules-loop"),
)
_DAEMON = re.compile(
    r"mailer-?_?daemon|.*-?daemon|mailer|post[-_]?master|abuse|root|nobody|www-data|uucp|"
    r"no[-_.]?reply.*|do[-_.]?not[-_.]?reply.*|auto[-_.]?reply.*|bounces?([-+=_.].*)?|.*[-_.+]bounces?|"
    r"owner-.*|.*-(?:owner|request|relay|admin)|listserv|majordomo|mailman.*|returns?\+.*|prvs-.*",
)


def why_not_answer(headers: Headers, sender: str, *, is_ours: bool) -> str:
    """Return in a word or two why a mail is left alone; nothing where a person seems to have written it to us.

    ``sender`` is the envelope's, empty for the null sender; ``is_ours`` says that it is an address of our own.
    """
    author = address_in(headers["from"])
    checks = {
        "null sender": not sender or headers["return-path"].replace(" ", "") == "<>",
        "from ourselves": is_ours,
        "automatic": headers["auto-submitted"].partition(";")[0].strip().lower() not in {"", "no"},
        "bulk": headers["precedence"].strip().lower() in _BULK,
        "from a list": any(headers[name] for name in _LISTS),
        "by a machine": any(headers[name] for name in _MACHINES),
        "no answer wanted": headers["x-auto-response-suppress"].strip().lower() not in {"", "none"},
        "from a daemon": any(_is_daemon(each) for each in (sender, author)),
        "a report": headers.content_type == "multipart/report",
        "out of office": Told(headers["subject"]).says_any(marks().answer),
    }
    return next((why for why, holds in checks.items() if holds), "")


def _is_daemon(address: str) -> bool:
    return bool(_DAEMON.fullmatch(address.rpartition("@")[0].lower()))
