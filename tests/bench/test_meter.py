"""CPU of whole trees, the dead included."""

import os
import subprocess
import sys
import time

from newsletter.bench.meter import Meter, broker_pid, children_of, peak_mib, postgres_pid, tree_seconds
from newsletter.config import Settings
from newsletter.db import Database

PARENT = """
import subprocess, sys
burn = "import time\\nwhile time.process_time() < 0.5: pass"
subprocess.run([sys.executable, "-c", burn], check=True)
print("burnt", flush=True)
sys.stdin.read()
"""


def test_a_child_that_ended_counts() -> None:
    """What a child used is counted after its end."""
    words = [sys.executable, "-c", PARENT]
    with subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as parent:
        meter = Meter({"parent": parent.pid, "nobody": 2**22 + 1})
        meter.start()
        assert parent.stdout is not None
        assert b"burnt" == parent.stdout.readline().strip()
        used = meter.used()
        assert [] == children_of(parent.pid)
        assert parent.stdin is not None
        parent.stdin.close()
    assert used["parent"] >= 0.4
    assert 0.0 == used["nobody"]
    assert 0.0 == tree_seconds(parent.pid)


def test_only_what_came_after_the_start_counts() -> None:
    """A meter starts at nought, and its clock with it."""
    while time.process_time() < 0.1:
        pass
    meter = Meter({"me": os.getpid()}, clock=iter([10.0, 12.5]).__next__)
    meter.start()
    assert meter.used()["me"] < tree_seconds(os.getpid())
    assert 2.5 == meter.elapsed()


def test_the_most_memory_is_remembered() -> None:
    """Memory that was given back still counts."""
    before = peak_mib(os.getpid())
    held = bytearray(64 * 2**20)
    held[::4096] = b"x" * len(held[::4096])
    del held
    assert peak_mib(os.getpid()) >= max(before, 60)
    assert 0.0 == peak_mib(2**22 + 1)


def test_servers_are_found(servers: Settings, database: Database) -> None:
    """PostgreSQL's first process and the broker's are found by asking them."""
    postgres, broker = postgres_pid(database), broker_pid(servers.redis_url.get_secret_value())
    assert children_of(postgres), "it serves us from a child"
    assert postgres != broker
    assert tree_seconds(broker) >= 0.0
