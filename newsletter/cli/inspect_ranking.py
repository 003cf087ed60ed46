"""`newsletter inspect ranking`: how we would order some articles, and why, without storing anything."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from newsletter.cli.inspect_stories import stories_of
from newsletter.cli.lines import Line, id_order, read_lines, read_moment
from newsletter.edition.choosing.candidate import Candidate, Ranked
from newsletter.edition.choosing.ranking import rank
from newsletter.gather.story.stories import CUT


def read_at(text: str) -> datetime:
    """Return the moment of --at. Raises BadParameter for what is none."""
    try:
        return read_moment(text)
    except ValueError:
        raise typer.BadParameter(f"{text!r} is no moment such as 2026-11-22T06:40:00Z.") from None


def inspect_ranking(
    file: Annotated[Path, typer.Argument(metavar="FILE.jsonl", help="Candidates, one JSON object a line.")],
    at: Annotated[
        datetime | None, typer.Option(parser=read_at, metavar="ISO", help="The moment of choosing; now.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON and nothing else.")] = False,
) -> None:
    """Rank candidates by the usual points: every one of them, with the parts of its points and why.

    A line has id, title, source, section, published, first_seen, votes, comments and position; any but id and
    title may be null or absent. How many sources have a story is counted from the titles.
    """
    lines = read_lines(file)
    ranked = rank(candidates_of(lines), at or datetime.now(UTC))
    id_of = _ids(lines)
    if as_json:
        shown = [
            {"id": id_of[each.candidate.id], "points": each.points, "parts": each.parts, "why": each.why}
            for each in ranked
        ]
        typer.echo(json.dumps(shown, ensure_ascii=False, indent=2))
        return
    _print_table(ranked, id_of)


def candidates_of(lines: list[Line]) -> list[Candidate]:
    """Read candidates; their numbers follow their ids, whatever their order in the file. Raises SettingsError."""
    number_of = {line: number for number, line in _ids_in_order(lines)}
    stories = stories_of(lines, CUT)
    sources: dict[int, set[str]] = {}
    for line, story in zip(lines, stories, strict=True):
        sources.setdefault(story, set()).add(line.text("source"))
    return [
        Candidate(
            id=number_of[at],
            title=line.title,
            source=line.text("source"),
            section=line.text("section"),
            published_at=line.moment("published"),
            first_seen_at=line.moment("first_seen"),
            votes=line.count("votes"),
            comments=line.count("comments"),
            position=line.count("position") or None,
            coverage=len(sources[story]),
            story=story,
        )
        for at, (line, story) in enumerate(zip(lines, stories, strict=True))
    ]


def _ids_in_order(lines: list[Line]) -> list[tuple[int, int]]:
    return list(enumerate(sorted(range(len(lines)), key=id_order(lines)), start=1))


def _ids(lines: list[Line]) -> dict[int, str | int | float]:
    return {number: lines[at].id for number, at in _ids_in_order(lines)}


def _print_table(ranked: list[Ranked], id_of: dict[int, str | int | float]) -> None:
    table = Table(title=f"{len(ranked)} candidates", title_justify="left")
    for heading in ("", "Points", "Id", "Title", "Why", "Parts"):
        table.add_column(heading, overflow="fold", justify="right" if heading in {"", "Points"} else "left")
    for place, each in enumerate(ranked, start=1):
        parts = ", ".join(f"{name} {points:.1f}" for name, points in each.parts.items())
        its_id = escape(str(id_of[each.candidate.id]))
        title, why = escape(each.candidate.title), escape(each.why)
        table.add_row(str(place), f"{each.points:.1f}", its_id, title, why, parts)
    Console().print(table)
