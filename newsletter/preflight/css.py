"""A small reader of style sheets: rules with their conditions, and declarations. Pure.

Enough for what stands in a mail, and no more forgiving than mail programs are. Any text can be read; what is no
CSS gives no rules.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

_COMMENT = re.compile(r"/\*.*?(?:\*/|\Z)|<!--|-->", re.DOTALL)
_PIECE = re.compile(r""""[^"\n]{0,4000}"|'[^'\n]{0,4000}'|\([^(){}]{0,4000}\)|[{};]|[^{};"'(]+|.""", re.DOTALL)
_IMPORTANT = re.compile(r"\s*!\s*important\s*$", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Declaration:
    """A property in lower case, its value, and whether ``!important`` stood behind it."""

    name: str
    value: str
    is_important: bool


@dataclass(frozen=True, slots=True)
class Rule:
    """A selector or at-rule with its declarations. ``within`` are the at-rules around it, outermost first."""

    selector: str
    declarations: tuple[Declaration, ...]
    within: tuple[str, ...] = ()

    @property
    def at_rule(self) -> str:
        """The at-rule's name in lower case, or nothing for a rule with a selector."""
        return _name_of(self.selector)


def read_rules(css: str) -> list[Rule]:
    """Return the rules of a style sheet in order; an at-rule that holds others comes before them."""
    return list(_rules(css))


def read_declarations(css: str) -> tuple[Declaration, ...]:
    """Return the declarations of a style attribute, or of a rule."""
    found, current = [], ""
    for piece in _PIECE.findall(f"{_COMMENT.sub(' ', css)};"):
        if piece != ";":
            current += piece
            continue
        name, colon, value = current.partition(":")
        current = ""
        if colon and name.strip() and value.strip():
            plain = _IMPORTANT.sub("", value).strip()
            found.append(Declaration(name.strip().lower(), plain, plain != value.strip()))
    return tuple(found)


def _rules(css: str) -> Iterator[Rule]:
    around: list[str] = []
    prelude, content, depth = "", "", 0
    for piece in _PIECE.findall(_COMMENT.sub(" ", css)):
        if depth:
            depth += (piece == "{") - (piece == "}")
            if depth:
                content += piece
            else:
                yield Rule(prelude, read_declarations(content), tuple(around))
                prelude, content = "", ""
        elif piece == "{":
            prelude = " ".join(prelude.split())
            if _holds_rules(prelude):
                yield Rule(prelude, (), tuple(around))
                around.append(prelude)
                prelude = ""
            else:
                depth = 1
        elif piece == "}":
            prelude = ""
            if around:
                around.pop()
        elif piece == ";":
            if prelude.strip().startswith("@"):
                yield Rule(" ".join(prelude.split()), (), tuple(around))
            prelude = ""
        else:
            prelude += piece


def _holds_rules(prelude: str) -> bool:
    return _name_of(prelude) in {"media", "supports", "layer", "container", "scope", "document", "keyframes"}


def _name_of(prelude: str) -> str:
    found = re.match(r"@(?:-\w+-)?([\w-]+)", prelude)
    return found[1].lower() if found else ""
