"""What a reader is told beside the button, word for word: what they agree to, as the consent log has it."""

from collections.abc import Sequence

from newsletter.edition.words.phrases import Phrases
from newsletter.publication.newsletters import NewsletterSettings


def question(phrases: Phrases) -> str:
    """Return what the form asks."""
    return phrases.gettext("Newsletter: Get top stories and blog posts emailed to you each day.")


def terms(newsletters: Sequence[NewsletterSettings], phrases: Phrases) -> str:
    """Return what follows from pressing the button, for whichever of these newsletters is chosen."""
    if any(each.track_clicks for each in newsletters):
        return phrases.gettext(
            "We first mail you a link to confirm with. One click in any edition unsubscribes. "
            "We count which links are followed."
        )
    return phrases.gettext(
        "We first mail you a link to confirm with. One click in any edition unsubscribes. No tracking."
    )


def consent_text(newsletters: Sequence[NewsletterSettings], phrases: Phrases) -> str:
    """Return the whole text that whoever sends the form agrees to."""
    return f"{question(phrases)} {terms(newsletters, phrases)}"
