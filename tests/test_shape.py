"""Small modules, empty package files."""

from pathlib import Path
from statistics import median

PACKAGE = Path(__file__).parent.parent / "newsletter"
LONGEST, MEDIAN = 350, 110


def lengths() -> dict[str, int]:
    found = {
        str(path.relative_to(PACKAGE)): len(path.read_text().splitlines())
        for path in PACKAGE.rglob("*.py")
        if "versions" not in path.parts
    }
    return {name: count for name, count in found.items() if count > 5}


def test_no_module_is_long() -> None:
    """No module is too long to be read at a sitting."""
    assert {name: count for name, count in lengths().items() if count > LONGEST} == {}


def test_most_modules_are_short() -> None:
    """The median module fits on two screens."""
    assert median(lengths().values()) <= MEDIAN


def test_package_files_are_empty() -> None:
    """No package hides code in its __init__."""
    assert [str(path) for path in PACKAGE.rglob("__init__.py") if path.read_text()] == []
