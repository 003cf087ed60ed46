"""Cells that no spreadsheet takes for a formula, and back. Pure.

What begins with one of these signs is calculated when a file is opened, and may call programs or send the sheet
away (OWASP, "CSV Injection"). An apostrophe before it makes it text; so an apostrophe needs one as well.
"""

_SIGNS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
_QUOTE = "'"
_QUOTED = (*_SIGNS, _QUOTE)


def safe(cell: str) -> str:
    """Return a cell as it is written."""
    return f"{_QUOTE}{cell}" if cell.startswith(_QUOTED) else cell


def bare(cell: str) -> str:
    """Return what a cell says; an apostrophe that protects nothing is the cell's own."""
    return cell[1:] if cell.startswith(_QUOTE) and cell[1:].startswith(_QUOTED) else cell
