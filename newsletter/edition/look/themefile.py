"""Reading ``themes/<name>.toml`` with its bases: every variable with the file that says it."""

import re
import tomllib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from newsletter.errors import ContentError

DENSITIES: Final = ("comfortable", "compact")
MOST_FULL = 30

_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,62}")
_HUES = ("paper", "sheet", "panel", "ink", "muted", "rule")
_TEXT: Final = "text between quotes"

_Kind = tuple[Callable[[Any], bool], str]
_IS_TEXT: _Kind = (lambda value: isinstance(value, str), _TEXT)
_WIDEST_LOGO = 592

VARIABLES: Final[Mapping[str, _Kind]] = {
    "base": _IS_TEXT,
    "headline_font": _IS_TEXT,
    "text_font": _IS_TEXT,
    "density": _IS_TEXT,
    "full_stories": (
        lambda value: type(value) is int and 1 <= value <= MOST_FULL,
        f"a whole number from 1 to {MOST_FULL}",
    ),
    "rounded": (lambda value: isinstance(value, bool), "true or false"),
    **{f"{scheme}.{hue}": _IS_TEXT for scheme in ("light", "dark") for hue in _HUES},
    "logo.light": _IS_TEXT,
    "logo.dark": _IS_TEXT,
    "logo.alt": _IS_TEXT,
    "logo.width": (
        lambda value: type(value) is int and 1 <= value <= _WIDEST_LOGO,
        f"a whole number of pixels from 1 to {_WIDEST_LOGO}",
    ),
}
"""Every variable that a theme may set, with what it must be. ``sections`` has names of its own."""


@dataclass(frozen=True, slots=True)
class Said:
    """A variable's value, and the file that says it."""

    variable: str
    value: Any
    path: Path


class ThemeFault(ContentError):  # noqa: N818 — a fault of a theme, told as an error of the content
    """A variable of a theme that cannot be used."""

    def __init__(self, said: Said, what: str, mend: str) -> None:
        super().__init__(
            f"The theme {said.path.name}: {said.variable}: {what}.", f"{mend} It stands in {said.path}."
        )


class Values:
    """The variables of a theme and of its bases, the nearest first; ``path`` is the theme's own file."""

    def __init__(self, said: Mapping[str, Said], first: Path, last: Path) -> None:
        self.path = first
        self._said = said
        self._last = last

    @property
    def names(self) -> tuple[str, ...]:
        """The variables that are set."""
        return tuple(self._said)

    def need(self, variable: str) -> Said:
        """Return a variable that a theme cannot do without. Raises ContentError where no base sets it either."""
        found = self._said.get(variable)
        if found is None:
            raise ThemeFault(
                Said(variable, None, self._last), "it is not set", 'Set it, or inherit it: base = "broadsheet".'
            )
        return found

    def get(self, variable: str) -> Said | None:
        """Return a variable that may be left out."""
        return self._said.get(variable)


def read_values(name: str, folders: Sequence[Path]) -> Values:
    """Return what a theme and its bases say, with ``sections.*`` by their names.

    A theme may be based on one of its own name in a later folder: the publisher's on ours. Raises ContentError for
    a file that is not there, cannot be read, or sets what there is not.
    """
    said: dict[str, Said] = {}
    first = path = _find(name, folders)
    seen = set[Path]()
    while True:
        if path in seen:
            raise ThemeFault(Said("base", name, path), "it leads back to itself", "Leave it out of one of them.")
        seen.add(path)
        own = {each.variable: each for each in _read(path)}
        base = own.pop("base", None)
        said = {**own, **said}
        if base is None or not base.value:
            return Values(said, first, path)
        later = folders if base.value != path.stem else folders[1 + _place_of(path, folders) :]
        path = _find(base.value, later)


def _find(name: str, folders: Sequence[Path]) -> Path:
    for folder in folders if _NAME.fullmatch(name) else ():
        path = folder / "themes" / f"{name}.toml"
        if path.is_file():
            return path
    known = sorted({path.stem for folder in folders for path in (folder / "themes").glob("*.toml")})
    raise ContentError(
        f"There is no theme {name!r}.", f"There are {', '.join(known) or 'none'}; yours go into themes/."
    )


def _place_of(path: Path, folders: Sequence[Path]) -> int:
    return [folder / "themes" for folder in folders].index(path.parent)


def _read(path: Path) -> Iterator[Said]:
    try:
        with path.open("rb") as file:
            tables = tomllib.load(file)
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ContentError(f"The theme {path} cannot be read: {error}.", "Mend the file.") from error
    for variable, value in _flat(tables):
        said = Said(variable, value, path)
        if variable.startswith("sections."):
            is_kept, must = _IS_TEXT
        elif variable in VARIABLES:
            is_kept, must = VARIABLES[variable]
        else:
            raise ThemeFault(said, "there is no such variable", f"There are {', '.join(VARIABLES)}, sections.*.")
        if not is_kept(value):
            raise ThemeFault(said, f"it cannot be {value!r}", f"It must be {must}.")
        yield said


def _flat(tables: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    for name, value in tables.items():
        if isinstance(value, dict) and name in {"light", "dark", "logo", "sections"}:
            yield from ((f"{name}.{inner}", each) for inner, each in value.items())
        else:
            yield name, value
