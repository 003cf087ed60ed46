"""The head of the sample publication's mail, for what renders editions outside any installation."""

from newsletter.edition.rendering.selection import Masthead
from newsletter.sample import identity

SITE = "https://lantern.example"
LANTERN = Masthead(
    slug="daily",
    name=identity.NEWSLETTER_NAME,
    publisher=identity.PUBLISHER,
    tagline="Port Merrow and the world, every morning",
    language="en",
    zone="UTC",
    site_url=f"{SITE}/",
    postal_address=identity.POSTAL_ADDRESS,
    accent="#9b1c1f",
)
