"""The time zones that a reader may choose from, as a list a person can find their place in."""

from functools import cache
from types import MappingProxyType
from zoneinfo import available_timezones

_REGIONS = frozenset(
    {"Africa", "America", "Antarctica", "Arctic", "Asia", "Atlantic", "Australia", "Europe", "Indian", "Pacific"}
)
"""Regions of the IANA database whose zones are named after places; the others are older names for the same."""


def zones_by_region(chosen: str) -> dict[str, tuple[str, ...]]:
    """Return the names of zones by their region, in order; ``chosen`` is among them whatever its name is."""
    regions = dict(_named_after_places())
    region = chosen.partition("/")[0]
    if chosen and chosen not in regions.get(region, ()):
        regions[region] = (chosen, *regions.get(region, ()))
    return regions


@cache
def _named_after_places() -> MappingProxyType[str, tuple[str, ...]]:
    names = sorted(name for name in available_timezones() if name.partition("/")[0] in _REGIONS)
    return MappingProxyType(
        {region: tuple(name for name in names if name.partition("/")[0] == region) for region in sorted(_REGIONS)}
    )
