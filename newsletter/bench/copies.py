"""The messages that the readers of the benchmark's edition get, made as the product makes them."""

import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass

from newsletter.bench.stage import Stage, personal_slots
from newsletter.delivery.messages.composer import Composer, load_copy
from newsletter.services import Services

_COMPILED = 15
_ROUNDS = 5


class Copies:
    """Messages of one edition, any reader's."""

    def __init__(self, services: Services, stage: Stage) -> None:
        """Compile the edition."""
        self._composer = Composer(services.post, load_copy(services.post, stage.edition_id))

    def copy(self, number: int) -> bytes:
        """Return the message of the reader with this number."""
        address = f"reader.{number:07}@mail{number % 50:02}.example"
        return self._composer.message(number, address)


@dataclass(frozen=True, slots=True)
class MakingFigures:
    """What making messages costs without sending them: medians of CPU time of one process."""

    microseconds_per_message: float
    milliseconds_per_compile: float
    message_bytes: int
    personal_slots: int


def measure_making(services: Services, stage: Stage, messages: int) -> MakingFigures:
    """Compile the edition some times and make this many messages some times."""
    compiling = [_cpu(lambda: Copies(services, stage)) for _ in range(_COMPILED)]
    copies = Copies(services, stage)

    def make() -> None:
        for number in range(messages):
            copies.copy(number)

    making = [_cpu(make) / messages for _ in range(_ROUNDS)]
    return MakingFigures(
        microseconds_per_message=round(1e6 * statistics.median(making), 2),
        milliseconds_per_compile=round(1e3 * statistics.median(compiling), 2),
        message_bytes=len(copies.copy(1)),
        personal_slots=personal_slots(services, stage),
    )


def _cpu(work: Callable[[], object]) -> float:
    began = time.process_time()
    work()
    return time.process_time() - began
