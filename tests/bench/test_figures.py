"""Figures as people and machines are told them."""

from newsletter.bench.figures import Figures, lines

FIGURES = Figures(
    recipients=2000,
    accepted=1999,
    outcomes={"accepted": 1999, "failed": 1},
    seconds=0.123456,
    planning_seconds=0.01,
    messages_per_second=16191.98,
    cpu_seconds_per_1000={"sender": 0.04123456, "postgres": 0.004, "broker": 0.0},
    peak_rss_mib={"worker": 57.84},
    workers=2,
    message_bytes=57132,
    personal_slots=61,
)


def test_for_a_person() -> None:
    """Four lines say it all, what was not accepted first of all."""
    told = lines(FIGURES)
    assert "1,999 of 2,000 accepted, 1 failed; 57,132 octets each" == told[0]
    assert "0.12 s, 0.01 s of it planning: 16,192 messages a second with 2 workers" == told[1]
    assert "CPU seconds per 1,000: sender 0.0412, postgres 0.0040, broker 0.0000" == told[2]


def test_for_a_machine() -> None:
    """Nothing is told more exactly than it was measured."""
    told = FIGURES.told()
    assert {"sender": 0.0412, "postgres": 0.004, "broker": 0.0} == told["cpu_seconds_per_1000"]
    assert 0.1235 == told["seconds"]
    assert 1999 == told["accepted"]
