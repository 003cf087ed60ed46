"""Style sheets are read as mail programs read them."""

from hypothesis import given, settings
from hypothesis import strategies as st

from newsletter.preflight.css import Declaration, read_declarations, read_rules


def test_declarations_are_read() -> None:
    """Names, values and what is important; semicolons in quotes and addresses end nothing."""
    css = "Color: #FFF !IMPORTANT; background: url(data:a;b) ; font-family: 'a;b', serif; /* x */ broken; :none"
    assert (
        Declaration("color", "#FFF", is_important=True),
        Declaration("background", "url(data:a;b)", is_important=False),
        Declaration("font-family", "'a;b', serif", is_important=False),
    ) == read_declarations(css)


def test_rules_are_read_with_what_is_around_them() -> None:
    """A rule knows the at-rules that it stands in; a comment and an import are no rules of elements."""
    css = "/* a { } */ @import 'x.css'; p, a > b { margin: 0 } @media (a) { @supports (b) { i { top: 0 } } } u {}"
    told = [(each.selector, each.within, len(each.declarations)) for each in read_rules(css)]
    assert [
        ("@import 'x.css'", (), 0),
        ("p, a > b", (), 1),
        ("@media (a)", (), 0),
        ("@supports (b)", ("@media (a)",), 0),
        ("i", ("@media (a)", "@supports (b)"), 1),
        ("u", (), 0),
    ] == told


@settings(deadline=None)
@given(st.text(alphabet="ab:;{}()'\"@!/*# -\n", max_size=200))
def test_any_text_can_be_read(css: str) -> None:
    """Text that is no CSS gives rules or none, and never an error."""
    names = [each.name for rule in read_rules(css) for each in rule.declarations]
    assert all(names)
