"""A run's receipt on the terminal."""

from typing import Any

import typer

from newsletter.schedule.receipt import plain, receipt, told_lines
from newsletter.schedule.verdict import VerdictKind

__all__ = ["is_settled", "plain", "print_receipt", "receipt"]


def print_receipt(told: dict[str, Any]) -> None:
    """Print a receipt for a person."""
    for line in told_lines(told):
        typer.echo(line)


def is_settled(told: dict[str, Any]) -> bool:
    """Whether the run ended well: every delivery has its outcome, or there was rightly none to make."""
    return told["verdict"] in {VerdictKind.SENT, VerdictKind.SKIPPED}
