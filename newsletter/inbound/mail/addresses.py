"""Addresses as reports write them: typed, encoded, in brackets, in the middle of a sentence. Pure."""

import re

LONGEST_ADDRESS = 254
"""Octets of an address (RFC 5321 §4.5.3.1.3, less its brackets)."""

_ADDRESS = re.compile(
    r"(?:\"[^\"\s\\]{1,62}\"|[\w!#$%&*+/=?^`{|}~.'-]{1,64})@"
    r"(?:(?:[^\W_]|[^\W_][\w-]{0,61}[^\W_])\.){1,10}(?:[^\W\d_]{2,24}|xn--[a-z0-9-]{1,59})(?![\w-])",
    re.IGNORECASE,
)
_QUOTES_AROUND = "'`"
_XTEXT = re.compile(r"\+([0-9A-F]{2})")
_UTF8_EMBEDDED = re.compile(r"\\x\{([0-9A-F]{2,6})\}", re.IGNORECASE)
_TYPE = re.compile(r"\s*(rfc822|utf-8|smtp|internet|local|x-?[a-z0-9-]{1,20})\s*;\s*", re.IGNORECASE)
_HIGHEST = 0x10FFFF
_SURROGATES = range(0xD800, 0xE000)


def addresses_in(text: str) -> list[str]:
    """Return the addresses of a text in order, each once."""
    if "@" not in text:
        return []
    found = (each.removeprefix("mailto:") for each in _ADDRESS.findall(text))
    return list(dict.fromkeys(cleaned for each in found if (cleaned := _cleaned(each))))


def address_in(text: str) -> str:
    """Return the first address of a text, or nothing."""
    return next(iter(addresses_in(text)), "")


def typed_address(value: str) -> str:
    r"""Return the address of a field such as ``rfc822; ann@example.org``, or nothing where it holds none.

    ``utf-8`` addresses (RFC 6533 §3) may write characters as ``\x{E9}``; where no address is read as it stands,
    it is read as xtext (RFC 3461 §4).
    """
    found = _TYPE.match(value)
    kind = found[1].lower() if found else ""
    bare = value[found.end() :] if found else value
    if kind == "utf-8" or "\\x{" in bare:
        bare = _UTF8_EMBEDDED.sub(lambda each: _character(each[1]), bare)
    whole = _whole(bare)
    return whole or address_in(bare) or address_in(xtext(bare))


def xtext(value: str) -> str:
    """Undo xtext (RFC 3461 §4): ``+3D`` is ``=``."""
    octets = _XTEXT.sub(lambda each: chr(int(each[1], 16)), value)
    try:
        return octets.encode("latin-1").decode("utf-8")
    except UnicodeError:
        return octets


def same(one: str, other: str) -> bool:
    """Whether two spellings are one mailbox for us: letters of either case."""
    return one.casefold() == other.casefold()


def _whole(bare: str) -> str:
    """Return what stands in brackets, or alone, if it is an address; carriers allow what RFC 5322 does not."""
    told = bare.strip().rstrip(".;,")
    if told.startswith("<") and ">" in told:
        told = told[1:].partition(">")[0]
    if (
        told.count("@") != 1
        or len(told) > LONGEST_ADDRESS
        or not told.isprintable()
        or re.search(r"[\s<>()\[\],;:\\]", told)
    ):
        return ""
    local, _, domain = told.partition("@")
    return told if local and "." in domain.strip(".") else ""


def _cleaned(found: str) -> str:
    local, _, domain = found.rpartition("@")
    local = local.strip(_QUOTES_AROUND)
    while local.startswith(("=", "/", "|")):
        local = local[1:]
    address = f"{local}@{domain}"
    return address if local and len(address) <= LONGEST_ADDRESS and address.isprintable() else ""


def _character(digits: str) -> str:
    number = int(digits, 16)
    is_character = number <= _HIGHEST and number not in _SURROGATES
    return chr(number) if is_character else "\N{REPLACEMENT CHARACTER}"
