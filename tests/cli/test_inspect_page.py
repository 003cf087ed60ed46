"""`newsletter inspect page`: the contract of its JSON, and the table for a person."""

import gzip
import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from newsletter.cli.inspect import app
from tests.gather.page.samples import DRUPAL7

KEYS = (
    *("title", "url", "published", "updated", "author", "section", "image", "dateline", "subheadings", "votes"),
    *("summary", "text", "language", "origins"),
)
HERE = "https://gazette.example/news/region/families-on-the-move"


def run(*arguments: str) -> Result:
    return CliRunner().invoke(app, ["page", *arguments])


@pytest.fixture
def saved(tmp_path: Path) -> Path:
    """Save our Drupal 7 page, packed."""
    path = tmp_path / "page.html.gz"
    path.write_bytes(gzip.compress(DRUPAL7.encode()))
    return path


def test_the_json_of_one_page(saved: Path) -> None:
    """One page gives one object with exactly the promised keys, and days as days."""
    done = run(str(saved), "--url", HERE, "--json")
    shown = json.loads(done.stdout)
    assert (0, KEYS) == (done.exit_code, tuple(shown))
    assert ("2020-02-28", "2020-02-28", 7) == (shown["published"], shown["updated"], shown["votes"])
    assert {"url", "caption", "credit"} == set(shown["image"])
    assert ("AFP", "SARAQEB, Syria", HERE) == (shown["image"]["credit"], shown["dateline"], shown["url"])
    assert "profile drupal7" == shown["origins"]["published"]


def test_several_pages_and_one_that_cannot_be_read(saved: Path, tmp_path: Path) -> None:
    """Each file has its answer; one that is missing has its error, and the rest go on."""
    done = run(str(saved), str(tmp_path / "missing.html"), "--json")
    shown = json.loads(done.stdout)
    assert 0 == done.exit_code
    assert shown[str(saved)]["url"] is None
    assert "missing.html" in shown[str(tmp_path / "missing.html")]["error"]


def test_what_is_no_page_is_an_error(tmp_path: Path) -> None:
    """Bytes without markup are no page."""
    path = tmp_path / "noise.bin"
    path.write_bytes(b"\x00\x01\x02 nothing here")
    done = run(str(path), "--json")
    assert 1 == done.exit_code
    assert "no web page" in json.loads(done.stdout)["error"]
    assert 1 == run(str(path), "--url", "https://paper.example/noise").exit_code


def test_the_table_says_where_each_fact_stood(saved: Path) -> None:
    """A person sees each fact beside where it came from."""
    done = run(str(saved), "--url", HERE)
    row = next(line for line in done.stdout.splitlines() if "votes" in line)
    assert "7" in row
    assert "profile drupal7" in row


def test_a_profile_of_ones_own(saved: Path, tmp_path: Path) -> None:
    """--profile takes a file, and one with a fault is told as a slip of the command line."""
    own = tmp_path / "own.toml"
    own.write_text('[votes]\nselectors = [".rate-info"]\npatterns = ["(\\\\d+) users"]\n')
    assert "profile own" == json.loads(run(str(saved), "--profile", str(own), "--json").stdout)["origins"]["votes"]
    own.write_text("[mood]\n")
    assert 2 == run(str(saved), "--profile", str(own)).exit_code
