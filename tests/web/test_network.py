"""Whose request it is, whatever it says of itself."""

import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.web.network import (
    LOGGED,
    RATIONED,
    client_address,
    is_behind_unknown_proxy,
    network_around,
)

PROXIES = (ipaddress.ip_network("10.0.0.0/8"), ipaddress.ip_network("2001:db8:1::/48"))


def client(host: str, *forwarded: str) -> str:
    return str(client_address(host, forwarded, PROXIES))


@pytest.mark.parametrize(
    ("host", "forwarded", "expected"),
    [
        ("198.51.100.7", (), "198.51.100.7"),
        ("198.51.100.7", ("203.0.113.9",), "198.51.100.7"),
        ("10.0.0.1", ("203.0.113.9",), "203.0.113.9"),
        ("10.0.0.1", ("192.0.2.1, 203.0.113.9",), "203.0.113.9"),
        ("10.0.0.1", ("192.0.2.1", "203.0.113.9, 10.2.3.4"), "203.0.113.9"),
        ("10.0.0.1", ("10.9.9.9, 10.2.3.4",), "10.9.9.9"),
        ("10.0.0.1", ("203.0.113.9, unknown",), "10.0.0.1"),
        ("10.0.0.1", ("",), "10.0.0.1"),
        ("10.0.0.1", ("203.0.113.9:4711",), "203.0.113.9"),
        ("2001:db8:1::1", ("[2001:db8:9::7]:443",), "2001:db8:9::7"),
        ("::ffff:10.0.0.1", ("::ffff:203.0.113.9",), "203.0.113.9"),
        ("fe80::1%eth0", (), "fe80::1"),
        ("testclient", ("203.0.113.9",), "None"),
    ],
)
def test_only_our_own_proxies_are_believed(host: str, forwarded: tuple[str, ...], expected: str) -> None:
    """What stands before the first entry that no proxy of ours wrote is a stranger's own word."""
    assert expected == client(host, *forwarded)


@given(invented=st.lists(st.ip_addresses().map(str), max_size=40))
def test_nothing_that_a_stranger_writes_moves_them(invented: list[str]) -> None:
    """However many entries somebody puts before what the proxy adds, they stay where they are."""
    assert "203.0.113.9" == client("10.0.0.1", ", ".join([*invented, "203.0.113.9"]))
    assert "203.0.113.9" == client("203.0.113.9", ", ".join(invented))


@given(junk=st.lists(st.text(max_size=30), max_size=5))
def test_no_header_is_too_strange(junk: list[str]) -> None:
    """Whatever the header holds, there is an answer."""
    assert client("10.0.0.1", *junk) != "None"


def test_a_network_is_as_wide_as_its_use() -> None:
    """Logs keep a /24 or a /48; what shares a ration is a /24 or the /56 of one household."""
    four, six = ipaddress.ip_address("203.0.113.9"), ipaddress.ip_address("2001:db8:9:1234::7")
    assert ["203.0.113.0/24", "2001:db8:9::/48"] == [network_around(each, LOGGED) for each in (four, six)]
    assert ["203.0.113.0/24", "2001:db8:9:1200::/56"] == [network_around(each, RATIONED) for each in (four, six)]
    assert "" == network_around(None, LOGGED)


@pytest.mark.parametrize(
    ("host", "forwarded", "expected"),
    [
        ("127.0.0.1", ["203.0.113.9"], True),
        ("127.0.0.1", [], False),
        ("10.0.0.1", ["203.0.113.9"], False),
        ("8.8.8.8", ["203.0.113.9"], False),
        ("testclient", ["203.0.113.9"], False),
    ],
)
def test_a_proxy_that_nobody_named_is_noticed(host: str, forwarded: list[str], expected: bool) -> None:
    """A machine of our own house that passes requests on, and is not trusted, is a setting forgotten."""
    assert expected == is_behind_unknown_proxy(host, forwarded, PROXIES)
