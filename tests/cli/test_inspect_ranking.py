"""`newsletter inspect stories` and `newsletter inspect ranking`."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner, Result

from newsletter.cli.inspect import app
from newsletter.errors import SettingsError

NAMES = ["source", "section", "published", "first_seen", "votes", "comments", "position"]
ARTICLES = [
    {"id": "a", "title": "Ferry sinks on Lake Marrow, 44 dead", "summary": None, "url": "https://x.example/1"},
    {"id": 7, "title": "At least 44 die as ferry sinks in Lake Marrow", "url": None, "published": "2019-01-01"},
    {"id": "c", "title": "Weather forecast for Monday", "url": "https://x.example/2"},
    {"id": "d", "title": "Weather forecast for Tuesday", "url": "https://www.x.example/3"},
]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Name a file."""
    return tmp_path / "articles.jsonl"


def write(path: Path, *lines: Any) -> Path:
    path.write_text("".join(f"{line if isinstance(line, str) else json.dumps(line)}\n" for line in lines))
    return path


def run(command: str, *arguments: str | Path) -> Result:
    return CliRunner().invoke(app, [command, *map(str, arguments)])


def test_stories_are_numbered_by_id(path: Path) -> None:
    """Ids may be texts or numbers; dates do not matter, a series of one host does."""
    result = run("stories", write(path, *ARTICLES), "--json")
    assert {"a": 1, "7": 1, "c": 2, "d": 3} == json.loads(result.stdout)


def test_stories_can_be_cut_finer(path: Path) -> None:
    """The newsletter's setting can be tried before it is set."""
    result = run("stories", write(path, *ARTICLES), "--cut", "0.99", "--json")
    assert 4 == len(set(json.loads(result.stdout).values()))


def test_every_candidate_is_ranked_with_parts_and_reason(path: Path) -> None:
    """All that is known counts, and all that is null is no error."""
    known = {
        "id": 1,
        "title": "Ferry sinks on Lake Marrow",
        "source": "Paper",
        "section": "World",
        "published": "2026-11-22T03:00:00Z",
        "first_seen": "2026-11-22T03:10:00Z",
        "votes": 7,
        "comments": 2,
        "position": 2,
    }
    unknown = {"id": "b", "title": "Storm", **dict.fromkeys(NAMES)}
    elsewhere = {"id": "c", "title": "Ferry sinks on Lake Marrow at night", "source": "Radio"}
    result = run("ranking", write(path, unknown, known, elsewhere), "--at", "2026-11-22T06:00:00Z", "--json")
    first, *others = json.loads(result.stdout)
    assert ["id", "points", "parts", "why"] == list(first)
    assert 1 == first["id"]
    assert {"b", "c"} == {each["id"] for each in others}
    assert {"popularity", "placing", "coverage", "freshness"} == set(first["parts"])
    assert pytest.approx(sum(first["parts"].values()), abs=0.01) == first["points"]
    assert 0 < first["parts"]["coverage"]
    assert "placed 2nd by its newsroom · most voted today (7 votes in 3 h)" == first["why"]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=25)
@given(
    st.lists(
        st.fixed_dictionaries(
            {"title": st.text(max_size=30)},
            optional={
                "source": st.none() | st.text(max_size=5),
                "votes": st.none() | st.integers(0, 10**12),
                "position": st.none() | st.integers(0, 10**9),
                "published": st.none() | st.datetimes().map(lambda at: at.isoformat()),
            },
        ),
        max_size=6,
    ),
    st.randoms(),
)
def test_the_order_of_lines_does_not_matter(path: Path, drawn: list[dict[str, Any]], random: Any) -> None:
    """Every candidate is listed, in the same order with the same points, however the file is shuffled."""
    lines = [{"id": number, **each} for number, each in enumerate(drawn)]
    once = run("ranking", write(path, *lines), "--at", "2026-11-22", "--json")
    random.shuffle(lines)
    again = run("ranking", write(path, *lines), "--at", "2026-11-22", "--json")
    assert json.loads(once.stdout) == json.loads(again.stdout)
    assert set(range(len(lines))) == {each["id"] for each in json.loads(once.stdout)}


@pytest.mark.parametrize("command", ["stories", "ranking"])
def test_a_person_reads_a_table(path: Path, command: str) -> None:
    """Without --json the same is shown for a person, square brackets and all."""
    result = run(command, write(path, *ARTICLES, "", {"id": 9, "title": "[b]Storm[/b]"}))
    assert 0 == result.exit_code
    assert "[b]Storm[/b]" in result.stdout


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("{", "not JSON"),
        ("[]", "no JSON object"),
        ('{"title": "Storm"}', "no id"),
        ('{"id": true, "title": "Storm"}', "no id"),
        ('{"id": 2, "title": null}', "no title"),
        ('{"id": "1", "title": "Storm"}', "has the id '1' too"),
        ('{"id": 2, "title": "Storm", "votes": -1}', "votes is -1"),
        ('{"id": 2, "title": "Storm", "votes": "7"}', "votes is '7'"),
        ('{"id": 2, "title": "Storm", "votes": 1.5}', "votes is 1.5"),
        ('{"id": 2, "title": "Storm", "votes": NaN}', "not JSON"),
        ('{"id": 2, "title": "Storm", "votes": 1e400}', "votes is inf"),
        ('{"id": 2, "title": "Storm", "published": "yesterday"}', "published is 'yesterday'"),
        ('{"id": 2, "title": "Storm", "source": 5}', "source is 5"),
    ],
)
def test_a_wrong_line_is_named(path: Path, line: str, told: str) -> None:
    """The error says which line, what is wrong and what to write instead."""
    result = run("ranking", write(path, {"id": 1, "title": "Ferry"}, "", line))
    assert isinstance(result.exception, SettingsError)
    assert "line 3" in result.exception.what
    assert told in str(result.exception)
    assert result.exception.mend


@pytest.mark.parametrize("content", [None, b"\xff\xfe\x00"])
def test_a_file_that_cannot_be_read_is_named(path: Path, content: bytes | None) -> None:
    """A missing file and one in another encoding are told apart from a wrong line."""
    if content is not None:
        path.write_bytes(content)
    result = run("stories", path)
    assert isinstance(result.exception, SettingsError)
    assert str(path) in result.exception.what


def test_an_empty_file_has_nothing(path: Path) -> None:
    """No article is no story and no rank."""
    write(path)
    assert {} == json.loads(run("stories", path, "--json").stdout)
    assert [] == json.loads(run("ranking", path, "--json").stdout)


def test_a_moment_that_is_none_is_refused(path: Path) -> None:
    """A slip in --at is told before the file is read."""
    assert 2 == run("ranking", path, "--at", "noon").exit_code
