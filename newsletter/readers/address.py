"""Which addresses we mail, and when two spellings are one reader."""

import email_validator

from newsletter.errors import AddressError

LONGEST = 254
"""RFC 5321 §4.5.3.1.3, less the angle brackets."""


def read_address(given: str) -> str:
    """Return the address as it will be mailed: no white space around it, its domain in A-labels.

    Raises AddressError saying what is wrong. An address whose local part is not ASCII is refused: it needs
    SMTPUTF8 on the whole way (RFC 6531), which a relay seldom offers.
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
    return f"{checked.ascii_local_part}@{checked.ascii_domain}"


def canonical_address(address: str) -> str:
    """Return the form under which two spellings of an address are one reader."""
    return address.lower()
