"""Which addresses we mail, when two spellings are one reader, and which look like a slip of the finger."""

from functools import cache

import email_validator
from rapidfuzz.distance import OSA

from newsletter.errors import AddressError, DisposableError
from newsletter.readers.mail_domains import mail_domains

LONGEST = 254
"""RFC 5321 §4.5.3.1.3, less the angle brackets."""

_WITHOUT_DOTS = frozenset({"gmail.com", "googlemail.com"})

_LEAST = 5
"""Letters of a name of which one may be wrong; a shorter one is too like others."""

_LONG = 7
"""Letters of a name of which two may be wrong."""


def read_address(given: str, *, refuse_disposable: bool = False) -> str:
    """Return the address as it will be mailed: no white space around it, its domain in A-labels.

    What stands after a plus sign is the reader's own business, and stays (RFC 5233).

    Raises AddressError saying what is wrong. An address whose local part is not ASCII is refused: it needs
    SMTPUTF8 on the whole way (RFC 6531), which a relay seldom offers. Raises DisposableError, if asked to, for an
    address of a service for throw-away mail.
    """
    address = given.strip()
    if len(address) > LONGEST:
        raise AddressError(
            f"The address is {len(address)} characters long; {LONGEST} is the most.", "Check it for a slip."
        )
    try:
        checked = email_validator.validate_email(
            address, check_deliverability=False, allow_smtputf8=False, strict=True, test_environment=True
        )
    except email_validator.EmailNotValidError as error:
        raise AddressError(f"That is not an address we can mail: {error}", "Check it for a slip.") from None
    readable = f"{checked.ascii_local_part}@{checked.ascii_domain}"
    if refuse_disposable and is_disposable(readable):
        raise DisposableError("That is an address for throw-away mail.", "Use one that you will keep.")
    return readable


def canonical_address(address: str) -> str:
    """Return the form under which two spellings of an address are one reader."""
    return address.lower()


def mailbox_of(address: str) -> str:
    """Return the mailbox that an address most likely reaches, to count what it is sent; never to mail to. Pure.

    What follows a plus sign names no other mailbox (RFC 5233), and Google's know no dots.
    """
    local_part, _, domain = canonical_address(address).rpartition("@")
    base = local_part.partition("+")[0] or local_part
    if domain in _WITHOUT_DOTS:
        return f"{base.replace('.', '')}@{min(_WITHOUT_DOTS)}"
    return f"{base}@{domain}"


def is_disposable(address: str) -> bool:
    """Whether an address is of a service for throw-away mail, or of a name under one."""
    labels = address.rpartition("@")[2].lower().split(".")
    return any(".".join(labels[first:]) in _disposable() for first in range(len(labels) - 1))


def typo_hint(address: str) -> str:
    """Return the address that was more likely meant, or nothing: gmial.com is gmail.com. Pure.

    Looks only for slips at a mail service that many use. A domain that is known to be real is never one.
    """
    local_part, _, given = address.rpartition("@")
    domain = given.lower()
    known = mail_domains()
    if domain in known.real:
        return ""
    name, _, ending = domain.partition(".")
    mended = f"{name}.{known.endings.get(ending, ending)}"
    likely = mended if mended in known.often_misspelt else _nearest(mended)
    return f"{local_part}@{likely}" if likely else ""


def _nearest(domain: str) -> str:
    """Return the service of the same ending whose name is one slip away, or two of a long one; or nothing."""
    name, _, ending = domain.partition(".")
    distances = {}
    for each in sorted(mail_domains().often_misspelt):
        known, _, of = each.partition(".")
        most = 0 if len(known) < _LEAST else 2 if len(known) >= _LONG else 1
        # Letters that changed places are one slip: optimal string alignment.
        distance = OSA.distance(name, known, score_cutoff=most)
        if of == ending and distance <= most:
            distances[each] = distance
    return min(distances, key=lambda each: distances[each], default="")


@cache
def _disposable() -> frozenset[str]:
    # Ten thousand names that most processes never need.
    from disposable_email_domains import blocklist

    return frozenset(blocklist)
