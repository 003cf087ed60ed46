"""Ports, looked at before they are used."""

import socket

import pytest

from newsletter.errors import EmbeddedError
from newsletter.local.ports import answers, check_free


@pytest.fixture
def taken() -> "socket.socket":
    """Listen on some port."""
    return socket.create_server(("127.0.0.1", 0))


def test_port_in_use(taken: socket.socket) -> None:
    """A taken port is named together with the setting that changes it."""
    port = taken.getsockname()[1]
    with taken, pytest.raises(EmbeddedError) as caught:
        check_free("127.0.0.1", port, "WEB_PORT")
    expected = f"Port {port} on 127.0.0.1 is in use. Stop what uses it, or set WEB_PORT."
    assert expected == str(caught.value)


def test_free_port(taken: socket.socket) -> None:
    """A port just given back is free."""
    port = taken.getsockname()[1]
    taken.close()
    check_free("127.0.0.1", port, "WEB_PORT")
    assert not answers("127.0.0.1", port)


def test_answers_everywhere(taken: socket.socket) -> None:
    """A server that listens on every address is found on loopback."""
    with taken:
        assert answers("0.0.0.0", taken.getsockname()[1])


@pytest.mark.parametrize(("host", "port"), [("127.0.0.1", 0), ("127.0.0.1", 70_000), ("192.0.2.1", 8000)])
def test_impossible(host: str, port: int) -> None:
    """No port, and no address of this machine, are errors that name the setting."""
    with pytest.raises(EmbeddedError, match="WEB_PORT"):
        check_free(host, port, "WEB_PORT")
