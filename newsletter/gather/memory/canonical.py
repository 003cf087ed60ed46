"""Links: which are usable at all, and which two name the same article.

The canonical form is an identity, not an address to open: the reader always gets the link as the source
gave it.
"""

import re
import string
from ipaddress import ip_address
from urllib.parse import SplitResult, quote, unquote, urljoin, urlsplit, urlunsplit

LONGEST_URL = 2_048
"""Characters with other alphabets escaped, as HTTP sends them. Longer links are data, not addresses; mail programs
cut them, and no index of PostgreSQL holds them."""

TRACKING = frozenset(
    {
        "_ga",
        "_gl",
        "_hsenc",
        "_hsmi",
        "at_campaign",
        "at_medium",
        "cmp",
        "cmpid",
        "dclid",
        "emc",
        "fb_action_ids",
        "fb_source",
        "fbclid",
        "gbraid",
        "gclid",
        "gclsrc",
        "guccounter",
        "guce_referrer",
        "guce_referrer_sig",
        "igsh",
        "igshid",
        "mc_cid",
        "mc_eid",
        "mkt_tok",
        "msclkid",
        "ncid",
        "ns_campaign",
        "ns_mchannel",
        "ns_source",
        "ocid",
        "oly_anon_id",
        "oly_enc_id",
        "partner",
        "ref",
        "ref_src",
        "ref_url",
        "s_cid",
        "s_kwcid",
        "share",
        "smid",
        "smtyp",
        "soc_src",
        "soc_trk",
        "spm",
        "sr_share",
        "traffic_source",
        "twclid",
        "vero_id",
        "wbraid",
        "wt_mc",
        "xtor",
        "yclid",
    }
)
"""Query parameters that tell a site where a visitor came from, and never which article it is."""
_TRACKING_PREFIXES = ("utm_", "mtm_", "pk_", "hsa_")
_ESCAPE = re.compile(r"%([0-9A-Fa-f]{2})")
_UNRESERVED = frozenset(f"{string.ascii_letters}{string.digits}-._~")
_LINE_BREAKS = re.compile(r"[\t\r\n]")
_HOST_PREFIXES = ("www.", "m.", "mobile.", "amp.")
_AMP_CACHE = ".cdn.ampproject.org"
_AMP_CACHE_PATH = re.compile(r"^/[a-z]/(?:s/)?(?=[^/]+\.[^/]+)")
_AMP_VIEWER_PATH = re.compile(r"^/amp/(?:s/)?(?=[^/]+\.[^/]+)")
_AMP_ENDINGS = ((".amp.html", ".html"), ("/amp", ""), ("/", ""))
_DEFAULT_PORTS = {None, 80, 443}


def absolute_url(link: str, base: str = "") -> str:
    """Resolve a link against its base; empty unless the result is http or https with a host."""
    link = _LINE_BREAKS.sub("", link.strip()).replace(" ", "%20")
    if not link or len(link) > LONGEST_URL:
        return ""
    try:
        url = urljoin(base, link)
        parts = urlsplit(url)
        is_usable = parts.scheme in {"http", "https"} and parts.hostname and len(_escaped(url)) <= LONGEST_URL
    except ValueError:
        return ""
    return url if is_usable and url.isprintable() else ""


def canonical_url(url: str) -> str:
    """Return the form that all links to one article share; what is no web address comes back unchanged.

    The protocol, ``www.``, ``m.`` and AMP variants, tracking parameters, the fragment, a final slash and how
    letters are escaped make no difference; the other parameters do, in their order. Idempotent.
    """
    while (shorter := _once(url)) != url:
        url = shorter
    return url


def _once(url: str) -> str:
    try:
        parts = urlsplit(url.strip())
        port = parts.port
    except ValueError:
        return url
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        return url
    parts = _out_of_amp_cache(parts)
    host = _plain_host(parts.hostname or "")
    query = "&".join(pair for pair in parts.query.split("&") if pair and not _is_tracking(pair))
    if port in _DEFAULT_PORTS and not _is_local(host):
        return urlunsplit(("https", host, _plain_path(_escaped(parts.path)), _escaped(query), "")).strip()
    # Away from the standard ports http and https are two servers, and the port says which.
    netloc = host if port is None else f"{host}:{port}"
    return urlunsplit((parts.scheme, netloc, _plain_path(_escaped(parts.path)), _escaped(query), "")).strip()


def _out_of_amp_cache(parts: SplitResult) -> SplitResult:
    host = parts.hostname or ""
    pattern = _AMP_CACHE_PATH if host.endswith(_AMP_CACHE) else None
    if host in {"google.com", "www.google.com"}:
        pattern = _AMP_VIEWER_PATH
    if pattern is None or not (found := pattern.match(parts.path)):
        return parts
    netloc, _, path = parts.path[found.end() :].partition("/")
    return parts._replace(netloc=netloc, path=f"/{path}")


def _plain_host(host: str) -> str:
    host = host.rstrip(".")
    for prefix in _HOST_PREFIXES:
        rest = host.removeprefix(prefix)
        if rest != host and "." in rest:
            return _plain_host(rest)
    return f"[{host}]" if ":" in host else host


def _plain_path(path: str) -> str:
    for ending, instead in _AMP_ENDINGS:
        if path.lower().endswith(ending):
            return _plain_path(path[: -len(ending)] + instead)
    return path or "/"


def _escaped(text: str) -> str:
    """Return a part of a URL with what must be escaped, and nothing else (RFC 3986 §6.2.2, RFC 3987 §3.1)."""

    def plain(found: re.Match[str]) -> str:
        sign = chr(int(found.group(1), 16))
        return sign if sign in _UNRESERVED else found.group().upper()

    return quote(_ESCAPE.sub(plain, text), safe=string.punctuation, errors="replace")


def _is_tracking(pair: str) -> bool:
    name, _, value = pair.partition("=")
    name = unquote(name).lower()
    if name == "amp" or (name == "outputtype" and value.lower() == "amp"):
        return True
    return name in TRACKING or name.startswith(_TRACKING_PREFIXES)


def _is_local(host: str) -> bool:
    if host == "localhost" or host.endswith((".localhost", ".local", ".internal")):
        return True
    try:
        return not ip_address(host.strip("[]")).is_global
    except ValueError:
        return False
