"""`newsletter inspect stories`: which of some articles we would tell as one story, without storing anything."""

import json
from collections import defaultdict
from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from newsletter.cli.lines import Line, id_order, read_lines
from newsletter.gather.story.stems import all_telling
from newsletter.gather.story.stories import CUT, group_stories


def inspect_stories(
    file: Annotated[Path, typer.Argument(metavar="FILE.jsonl", help="Articles, one JSON object a line.")],
    cut: Annotated[
        float, typer.Option(min=0.01, max=1, help="Least mean likeness of one story; a newsletter's story_cut.")
    ] = CUT,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON and nothing else.")] = False,
) -> None:
    """Group articles into stories: id, title, summary, url and published in each line, null where unknown.

    All lines are compared with each other, whatever their dates; `--json` prints the story of each id.
    """
    lines = read_lines(file)
    story_of = stories_of(lines, cut)
    if as_json:
        told = {str(line.id): story for line, story in zip(lines, story_of, strict=True)}
        typer.echo(json.dumps(told, ensure_ascii=False, indent=2))
        return
    members: dict[int, list[Line]] = defaultdict(list)
    for line, story in zip(lines, story_of, strict=True):
        members[story].append(line)
    table = Table(title=f"{len(lines)} articles, {len(members)} stories", title_justify="left")
    for heading in ("Story", "Id", "Title"):
        table.add_column(heading, overflow="fold")
    for story, told_in in sorted(members.items(), key=lambda each: (-len(each[1]), each[0])):
        for place, line in enumerate(told_in):
            table.add_row("" if place else str(story), escape(str(line.id)), escape(line.title))
    Console().print(table)


def stories_of(lines: list[Line], cut: float) -> list[int]:
    """Return the story number of each line; the host of its url is its source."""
    # Ties are settled by id and not by the place in the file, so that a shuffled file has the same stories.
    place_of = {place: number for number, place in enumerate(sorted(range(len(lines)), key=id_order(lines)))}
    sources = {place_of[at]: _host(line.text("url")) for at, line in enumerate(lines)}
    texts = all_telling(
        {place_of[at]: (line.title, line.text("summary"), sources[place_of[at]]) for at, line in enumerate(lines)}
    )
    story_of = group_stories(texts, cut, sources=sources)
    return [story_of[place_of[at]] for at in range(len(lines))]


def _host(url: str) -> str:
    try:
        return (urlsplit(url).hostname or "").removeprefix("www.")
    except ValueError:
        return ""
