"""``newsletter messages``: catalogues of what readers are told, brought up to date for whoever translates them."""

from pathlib import Path
from typing import Annotated

import typer

from newsletter.config import Settings
from newsletter.edition.words.messages import bring_up_to_date, find_messages, untranslated
from newsletter.errors import ContentError, SettingsError
from newsletter.publication.rules import is_language

_PACKAGE = Path(__file__).parent.parent


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(messages)


def messages(
    languages: Annotated[list[str], typer.Argument(metavar="LANGUAGE...", help="Tags such as fi or pt-BR.")],
    templates: Annotated[
        Path | None,
        typer.Option(exists=True, file_okay=False, help="The templates to translate; TEMPLATES_DIR without it."),
    ] = None,
) -> None:
    """Write all that readers are told into locale/LANGUAGE.po of your templates, keeping what is translated.

    What it leaves empty is said as ours says it, or in English.
    """
    settings = Settings.from_environment()
    folder = templates or settings.templates_dir
    if folder is None:
        raise SettingsError("There are no templates of your own.", "Name their folder: --templates FOLDER.")
    wrong = [each for each in languages if not is_language(each)]
    if wrong:
        raise SettingsError(f"{wrong[0]!r} is no language.", "Write a tag such as fi or pt-BR.")
    found = find_messages(_PACKAGE, (*settings.template_folders, folder))
    for language in languages:
        file = folder / "locale" / f"{language.replace('-', '_')}.po"
        known = _read(file) or _heading(settings.template_folders[-1] / "locale" / file.name)
        text = bring_up_to_date(str(file), language, known, found)
        try:
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text, "utf-8")
        except OSError as error:
            raise SettingsError(
                f"{file} cannot be written: {error.strerror}.", "Check who may write there."
            ) from None
        typer.echo(f"{file}: {len(found)} messages, {len(untranslated(text))} without a translation")


def _read(file: Path) -> str:
    try:
        return file.read_text("utf-8") if file.exists() else ""
    except (OSError, UnicodeError) as error:
        raise ContentError(f"{file} cannot be read: {error}.", "Save it as UTF-8.") from None


def _heading(ours: Path) -> str:
    """Return the heading of our own catalogue, so that a new one of the same language counts plurals alike."""
    return _read(ours).partition("\n\n")[0]
