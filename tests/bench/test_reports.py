"""The fuzzing of reports measures what it says."""

import json

import pytest

from bench.reports import main


def test_it_counts_what_it_reads(capsys: pytest.CaptureFixture[str]) -> None:
    """So many mutated reports are read, and most of them still are reports."""
    assert 0 == main(["--fuzz", "50", "--seed", "7"])
    told = json.loads(capsys.readouterr().out)["fuzz"]
    assert (50, 0) == (told["inputs"], told["crashes"])
    assert 10 < told["read_as_reports"] <= 50
