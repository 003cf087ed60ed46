"""`newsletter inspect feed`."""

import gzip
import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from newsletter.cli.inspect import app

FEED = b"""<rss version="2.0"><channel><title>Gazette</title><language>en</language>
<item><title>Ferry [b]reopens[/b]</title><link>/ferry</link><guid isPermaLink="false">n-1</guid>
<pubDate>Thu, 13 Aug 2026 06:24:00 +0200</pubDate><description>The line opens in May.</description></item>
</channel></rss>"""


def run(*arguments: str | Path) -> Result:
    """Run the command."""
    return CliRunner().invoke(app, ["feed", *map(str, arguments)])


@pytest.fixture
def feed(tmp_path: Path) -> Path:
    """Write a feed to a file."""
    path = tmp_path / "feed.xml"
    path.write_bytes(FEED)
    return path


def test_one_file_is_a_list(feed: Path) -> None:
    """Each article has the ten keys of the contract, null where the feed says nothing."""
    result = run(feed, "--url", "https://news.example/feed.xml", "--json")
    expected: list[dict[str, Any]] = [
        {
            "title": "Ferry [b]reopens[/b]",
            "url": "https://news.example/ferry",
            "guid": "n-1",
            "published": "2026-08-13T04:24:00Z",
            "updated": None,
            "author": None,
            "section": None,
            "image": None,
            "summary": "The line opens in May.",
            "language": "en",
        }
    ]
    assert (result.exit_code, json.loads(result.stdout)) == (0, expected)


def test_several_files_are_an_object(feed: Path, tmp_path: Path) -> None:
    """A file that cannot be read says so in its place, and the rest go on."""
    packed, page, missing = tmp_path / "feed.gz", tmp_path / "page.html", tmp_path / "missing.xml"
    packed.write_bytes(gzip.compress(FEED))
    page.write_text("<html><body>no feed</body></html>")
    result = run(feed, page, missing, packed, "--url", "https://news.example/", "--json")
    shown = json.loads(result.stdout)
    assert result.exit_code == 0
    assert list(shown) == [str(feed), str(page), str(missing), str(packed)]
    assert shown[str(feed)] == shown[str(packed)]
    assert "web page" in shown[str(page)]["error"]
    assert "cannot be read" in shown[str(missing)]["error"]


def test_one_file_that_cannot_be_read_is_an_error(tmp_path: Path) -> None:
    """The error is JSON too, and the exit code tells a script."""
    result = run(tmp_path / "missing.xml", "--json")
    assert result.exit_code == 1
    assert list(json.loads(result.stdout)) == ["error"]


def test_a_url_on_our_own_network_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """The command keeps to the operator's settings."""
    monkeypatch.setenv("ALLOW_PRIVATE_SOURCES", "false")
    result = run("http://127.0.0.1/feed.xml", "--json")
    assert "ALLOW_PRIVATE_SOURCES" in json.loads(result.stdout)["error"]


def test_without_json_a_person_reads_a_table(feed: Path, tmp_path: Path) -> None:
    """Titles, dates and links stand on standard output, errors on standard error."""
    result = run(feed, tmp_path / "missing.xml", "--url", "https://news.example/")
    assert result.exit_code == 0
    for words in ("Gazette", "[b]reopens[/b]", "2026-08-13", "04:24"):
        assert words in result.stdout
    assert "cannot be read" in result.stderr


def test_another_kind_is_read_as_such(tmp_path: Path) -> None:
    """An operator tries a page before adding it; what a source rarely says is shown where it is said."""
    page = tmp_path / "page.html"
    page.write_text("<p class=x><a href=/1>Ferry</a></p>")
    options = ("--kind", "page", "--selector", ".x a", "--url", "https://news.example/", "--json")
    (shown,) = json.loads(run(page, *options).stdout)
    assert (shown["title"], shown["url"], shown["published"]) == ("Ferry", "https://news.example/1", None)
    posts = tmp_path / "posts.json"
    posts.write_text(json.dumps([{"title": "Ferry", "link": "https://news.example/1", "sticky": True}]))
    (shown,) = json.loads(run(posts, "--kind", "wordpress", "--json").stdout)
    assert {"featured": True} == {name: shown[name] for name in ("featured", "withdrawn") if name in shown}


@pytest.mark.parametrize(
    "wrong", [("--kind", "file"), ("--kind", "push"), ("--kind", "page", "--selector", "a["), ("--url", "paper")]
)
def test_a_slip_is_told_before_anything_is_read(feed: Path, wrong: tuple[str, ...]) -> None:
    """No such kind, none that can be fetched, no such selector, no such address."""
    assert 2 == run(feed, *wrong).exit_code
