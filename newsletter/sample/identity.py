"""Who publishes the sample: an invented newspaper in an invented harbour town, and where its feeds are."""

from dataclasses import dataclass

from newsletter.gather.article import Genre

PUBLISHER = "The Merrow Lantern"
NEWSLETTER_NAME = "The Lantern Daily"
TAGLINE = "Top stories and blog posts from Port Merrow, emailed to you each day."
DESCRIPTION = "News from the harbour, the region and beyond, printed in Port Merrow since the lamps were gas."
POSTAL_ADDRESS = "The Merrow Lantern, 4 Rope Walk, 1207 Port Merrow, Norvia"
LANGUAGE = "en"


@dataclass(frozen=True, slots=True)
class SampleSource:
    """One feed of the sample publication; ``section`` is empty where each article names its own."""

    path: str
    genre: Genre
    section: str
    title: str


SAMPLE_SOURCES = (
    SampleSource("/feeds/news.xml", Genre.NEWS, "", "The Merrow Lantern: News"),
    SampleSource("/feeds/region.atom", Genre.NEWS, "Region", "The Merrow Lantern: Region"),
    SampleSource("/feeds/world.rdf", Genre.NEWS, "World", "The Merrow Lantern: World"),
    SampleSource("/feeds/blog.json", Genre.BLOG, "", "The Merrow Lantern: Blogs"),
)
