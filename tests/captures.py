"""Feeds and pages captured from the web: other people's text, which is beside a checkout or is not there."""

from pathlib import Path

import pytest

_SAMPLES = Path(__file__).resolve().parents[2] / "shared" / "samples"


def captured(folder: str) -> Path:
    """Return a folder of captures, or skip the test that asks for it (marked ``samples``) where there is none."""
    found = _SAMPLES / folder
    if not found.is_dir():
        pytest.skip(f"the captures are not at {found}")
    return found
