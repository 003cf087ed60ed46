"""The docs name what exists, and all of it."""

import re
from collections.abc import Iterator
from enum import StrEnum
from pathlib import Path
from typing import Any

import pytest
import typer
from pydantic_core import PydanticUndefinedType

from newsletter.bell import TaskName
from newsletter.cli.main import create_app
from newsletter.config import Settings
from newsletter.delivery.states import DeliveryState
from newsletter.edition.states import EditionState
from newsletter.inbound.report.reported import PERMANENT, Kind, Reason
from newsletter.publication.newsletters import NewsletterSettings
from newsletter.readers.tables import SubscriptionState

ROOT = Path(__file__).parent.parent
DOCS = ROOT / "docs"


def pages() -> list[Path]:
    return [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted(DOCS.rglob("*.md"))]


def section(page: str, title: str) -> str:
    text = (DOCS / page).read_text()
    return text.split(f"## {title}\n", 1)[1].split("\n## ", 1)[0]


def first_column(table: str) -> list[str]:
    rows = [line.split("|")[1].strip().strip("`") for line in table.splitlines() if line.startswith("|")]
    return rows[2:]


def commands() -> dict[str, Any]:
    def walk(name: str, command: Any) -> Iterator[tuple[str, Any]]:
        children = getattr(command, "commands", None)
        if children is None:
            yield name, command
        else:
            for each, child in children.items():
                yield from walk(f"{name} {each}", child)

    return dict(walk("newsletter", typer.main.get_command(create_app())))


def test_every_command_is_documented() -> None:
    """Each command has a row in docs/commands.md, and each row is a command."""
    text = (DOCS / "commands.md").read_text()
    rows = re.findall(r"^\| `(newsletter [a-z -]+?)(?: [A-Z\[].*?)?` \|", text, re.MULTILINE)
    assert sorted(commands()) == sorted(rows)


@pytest.mark.parametrize("name", sorted(commands()))
def test_every_flag_is_documented(name: str) -> None:
    """Each command's flags are named beside it, save those that every command shares."""
    text = (DOCS / "commands.md").read_text()
    row = next(line for line in text.splitlines() if re.match(rf"\| `{name}[` ]", line))
    flags = {flag for each in commands()[name].params for flag in each.opts if flag.startswith("--")}
    missing = flags - set(re.findall(r"--[a-z-]+", row)) - {"--data", "--json", "--help", "--wait"}
    assert missing == set()


@pytest.mark.parametrize("name", sorted(commands()))
def test_every_command_helps(name: str) -> None:
    """Each command says what it does."""
    assert commands()[name].help


def test_every_command_in_the_docs_exists() -> None:
    """Whatever the docs tell a reader to type is a command."""
    known = set(commands()) | {name.rsplit(" ", 1)[0] for name in commands()}
    nouns = "add|set|list|remove|show|create|feed"
    typed = re.compile(rf"(?:^|`)(newsletter [a-z][a-z-]*(?: (?:{nouns}))?)\b", re.MULTILINE)
    told = {match.strip() for page in pages() for match in typed.findall(page.read_text())}
    assert {each for each in told if each not in known} == set()


def test_every_setting_is_documented() -> None:
    """Each environment variable has a row in docs/settings.md, and each row is one."""
    table = (DOCS / "settings.md").read_text().split("\n## ", 1)[0]
    assert [name.upper() for name in Settings.model_fields] == first_column(table)


def test_every_default_is_documented() -> None:
    """The defaults in docs/settings.md are those of the code."""
    table = (DOCS / "settings.md").read_text().split("\n## ", 1)[0]
    rows = [line.split("|") for line in table.splitlines() if line.startswith("| `")]
    told = {row[1].strip().strip("`").lower(): row[2].strip().strip("`") for row in rows}
    defaults = {name: field.get_default() for name, field in Settings.model_fields.items()}
    assert {name: _told(value) for name, value in defaults.items()} == told


def _told(value: object) -> str:
    match value:
        case bool():
            return str(value).lower()
        case _ if hasattr(value, "total_seconds"):
            return str(int(value.total_seconds()))
        case _ if hasattr(value, "get_secret_value"):
            return str(value.get_secret_value())
        case None | PydanticUndefinedType():
            return ""
        case _:
            return str(value)


def test_every_setting_of_a_newsletter_is_documented() -> None:
    """Each setting of a newsletter has a row, and each row is one."""
    rows = first_column(section("settings.md", "Settings of a newsletter"))
    assert sorted(NewsletterSettings.__dataclass_fields__) == sorted(rows)


@pytest.mark.parametrize(
    ("title", "states"),
    [("Edition", EditionState), ("Delivery", DeliveryState), ("Subscription", SubscriptionState)],
)
def test_every_state_is_documented(title: str, states: type[StrEnum]) -> None:
    """Each state has a row in docs/states.md, in the order of the code."""
    assert [state.value for state in states] == first_column(section("states.md", title))


def test_every_reason_of_a_report_is_documented() -> None:
    """Each kind and reason has a row in docs/reports.md, in the order of the code, and each reason its kind."""
    assert [kind.value for kind in Kind] == first_column(section("reports.md", "Kinds"))
    reasons = section("reports.md", "Reasons")
    assert [reason.value for reason in Reason] == first_column(reasons)
    rows = [line.split("|") for line in reasons.splitlines() if line.startswith("| `")]
    permanent = {row[1].strip().strip("`") for row in rows if row[2].strip() == Kind.PERMANENT}
    assert {reason.value for reason in PERMANENT} == permanent


def test_every_task_is_documented() -> None:
    """Each task has a row in docs/operations.md."""
    assert [name.value for name in TaskName] == first_column(section("operations.md", "Tasks"))


def test_every_event_is_documented() -> None:
    """Each event that the code logs has a row, and each row is logged."""
    logged: set[str] = set()
    for path in (ROOT / "newsletter").rglob("*.py"):
        logged |= set(re.findall(r"_(?:log\.\w+|warn)\(\s*\"([a-z_]+)\"", path.read_text()))
    rows = first_column(section("operations.md", "Events in the log"))
    told = {name for row in rows for name in re.findall(r"[a-z_]+", row.replace("`", ""))}
    assert logged == told


@pytest.mark.parametrize("page", pages(), ids=lambda page: str(page.relative_to(ROOT)))
def test_every_link_leads_somewhere(page: Path) -> None:
    """Each relative link in the docs is a file or folder."""
    links = [link for link in re.findall(r"\]\(([^)#]+)", page.read_text()) if "://" not in link]
    assert [link for link in links if not (page.parent / link).exists()] == []


@pytest.mark.parametrize("page", pages(), ids=lambda page: str(page.relative_to(ROOT)))
def test_every_module_named_exists(page: Path) -> None:
    """Each path of ours that the docs name in backquotes is there."""
    named = re.findall(
        r"`((?:newsletter|tests|templates|docs|edition|delivery|schedule|insight|web)/[\w./]+)`", page.read_text()
    )
    folders = (ROOT, ROOT / "newsletter")
    assert [name for name in named if not any((folder / name).exists() for folder in folders)] == []
