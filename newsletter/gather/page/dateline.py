"""Where an article was written: the dateline its text opens with, by rules that do not eat its first words."""

from newsletter.gather.text.credits import strip_dateline

_HEAD = 400


def dateline_of(text: str) -> str:
    """Return the dateline of a text's first paragraph ("SARAQEB, Syria"), "" if it has none."""
    first = text.partition("\n")[0][:_HEAD]
    return strip_dateline(first)[0]
