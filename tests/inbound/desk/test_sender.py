"""Who an envelope says that it is from, and which network."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.inbound.desk.sender import LOGGED, RATIONED, network_of, sender_address
from newsletter.inbound.mail.headers import Field, Headers


@pytest.mark.parametrize(
    ("envelope_from", "expected"),
    [
        ("ann@reader.example", "ann@reader.example"),
        ("prvs=123456=ann@reader.example", "ann@reader.example"),
        ("", ""),
        ("MAILER-DAEMON", ""),
        ("ann@", ""),
        ("ann@reader.example\r\nBcc: all@x.example", ""),
    ],
)
def test_senders(envelope_from: str, expected: str) -> None:
    """A mark of the sender's own system is taken off; what cannot be mailed is nobody."""
    assert expected == sender_address(envelope_from)


@pytest.mark.parametrize(
    ("received", "expected"),
    [
        ("from a.example (a.example [93.184.216.34]) by mx", ("93.184.216.0/24", "93.184.216.0/24")),
        (
            "from a.example (a.example [IPv6:2606:2800:21f:cb07:6820:80da:af6b:8b2c]) by mx",
            ("2606:2800:21f::/48", "2606:2800:21f:cb00::/56"),
        ),
        ("from localhost (localhost [127.0.0.1]) by mx", ("", "")),
        ("by mx (Postfix, from userid 0)", ("", "")),
        ("from [not:an:address] by mx", ("", "")),
    ],
)
def test_networks(received: str, expected: tuple[str, str]) -> None:
    """The network is what our own MTA wrote, cut for the log and for the ration; else there is none."""
    fields = [Field("received", received), Field("received", "from forged [8.8.8.8] by x")]
    assert expected == tuple(network_of(Headers(fields), bits) for bits in (LOGGED, RATIONED))


@given(st.text(max_size=300), st.text(max_size=800))
def test_anything_is_read(sender: str, received: str) -> None:
    """Whatever stands there, it is an address that can be mailed or none, a network or none."""
    assert "@" in (sender_address(sender) or "@")
    assert "/" in (network_of(Headers([Field("received", received)]), LOGGED) or "/")
