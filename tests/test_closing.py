"""The wish to end: said in one process, heard in those that it forked."""

import multiprocessing
import os
import signal
from collections.abc import Iterator

import pytest

from newsletter.closing import Closing


@pytest.fixture(autouse=True)
def _handler() -> Iterator[None]:
    """Put the handler of this process back, whatever a test did."""
    before = signal.getsignal(signal.SIGTERM)
    yield
    signal.signal(signal.SIGTERM, before)


def test_it_is_heard_in_the_processes_forked_before() -> None:
    """A worker's main process asks, and a child that was at work already knows it."""
    closing = Closing()
    fork = multiprocessing.get_context("fork")
    ours, theirs = fork.Pipe()

    def work() -> None:
        theirs.send(closing.is_asked_for)
        theirs.recv()
        theirs.send(closing.is_asked_for)

    child = fork.Process(target=work)
    child.start()
    assert not ours.recv()
    closing.ask()
    ours.send("go on")
    assert ours.recv()
    child.join()


def test_nobody_asked() -> None:
    """A worker goes on until it is asked, and one worker's end is not another's."""
    one, other = Closing(), Closing()
    one.ask()
    assert (True, False) == (one.is_asked_for, other.is_asked_for)


def test_a_signal_is_a_wish_while_messages_are_in_hand() -> None:
    """SIGTERM during the block asks, and ends nothing; after the block it has the effect that it had before."""
    heard: list[int] = []
    signal.signal(signal.SIGTERM, lambda number, _: heard.append(number))
    closing = Closing()
    with closing.put_off():
        os.kill(os.getpid(), signal.SIGTERM)
        assert closing.is_asked_for
        assert [] == heard
    assert [signal.SIGTERM] == heard
    assert not closing.is_asked_for, "one process's end is not the whole worker's"


def test_a_signal_beside_the_workers_own_end() -> None:
    """Where the whole worker was asked to end, its process leaves in its own time."""
    heard: list[int] = []
    signal.signal(signal.SIGTERM, lambda number, _: heard.append(number))
    closing = Closing()
    with closing.put_off():
        closing.ask()
        os.kill(os.getpid(), signal.SIGTERM)
    assert [] == heard


def test_an_error_in_the_block_puts_the_handler_back_too() -> None:
    """Whatever ends the work, the process can be ended again by a signal."""
    before = signal.getsignal(signal.SIGTERM)
    with pytest.raises(ZeroDivisionError), Closing().put_off():
        raise ZeroDivisionError
    assert before == signal.getsignal(signal.SIGTERM)
