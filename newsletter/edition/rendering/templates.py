"""The templates and style sheets of mails, found file by file: the publisher's own before ours."""

from collections.abc import Iterable, Mapping
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined, TemplateError, pass_context, select_autoescape
from jinja2.runtime import Context
from markupsafe import Markup

from newsletter.edition.words.phrases import Phrases
from newsletter.edition.words.wrapping import wrap
from newsletter.errors import ContentError


class Templates:
    """Renders the files of ``folders``, which are searched in order."""

    def __init__(self, folders: Iterable[Path]) -> None:
        self._environment = Environment(
            loader=FileSystemLoader([str(folder) for folder in folders]),
            autoescape=select_autoescape(disabled_extensions=("txt", "css"), default=True),
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._environment.globals["stylesheet"] = self._stylesheet
        self._environment.filters["wrap"] = wrap

    def render(self, name: str, facts: Mapping[str, object]) -> str:
        """Return a template filled with facts. Raises ContentError where it cannot be used."""
        try:
            return self._environment.get_template(name).render(facts)
        except (TemplateError, ArithmeticError, LookupError, TypeError, ValueError) as error:
            raise ContentError(f"Template {name}: {error}.", "docs/templates.md lists what it may use.") from error

    @pass_context
    def _stylesheet(self, context: Context, name: str) -> Markup:
        css = self._environment.get_template(f"email/{name}").render(context.get_all())
        if "<" in css:
            raise ContentError(f"The style sheet {name} holds more than CSS.", "Take every < out of it.")
        return Markup(css)  # noqa: S704 — the operator's own style sheet, and without "<" it cannot end its block


def words(phrases: Phrases) -> dict[str, object]:
    """Return what every template speaks with; ``_`` is how gettext's tools find what is to be translated."""
    return {
        "phrases": phrases,
        "_": phrases.gettext,
        "ngettext": phrases.ngettext,
        "pgettext": phrases.pgettext,
    }
