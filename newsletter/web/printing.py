"""Editions on paper, for readers and editors alike: each made once, and kept beside the other data."""

from newsletter.edition.printing.pdf import as_pdf
from newsletter.edition.printing.pictures import stored_pictures
from newsletter.edition.printing.shelf import Shelf
from newsletter.web.doorway import Doorway


def printed(door: Doorway, html: str) -> bytes:
    """Return the PDF of an edition's page. Raises NotFoundError without the extra, BusyError, ContentError."""
    settings = door.services.settings
    pictures = stored_pictures(door.services.database, door.public_url, settings.template_folders)
    return Shelf(settings.data_dir / "pdf").pdf(html, lambda page: as_pdf(page, pictures))
