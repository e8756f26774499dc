"""How well danger is seen in the labelled messages: counts, and their 95 % intervals."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from math import sqrt

from .danger import DangerReading, read_danger
from .message_set import LabelledMessage

Z95 = 1.959964


@dataclass(frozen=True)
class Tally:
    """Messages of one group, and in how many danger was seen."""

    group: str
    acute: int
    seen: int
    calm: int
    alarms: int
    same_kind: int
    """Of the acute ones seen, those whose kind of danger is the labelled one."""


def wilson(hits: int, of: int) -> tuple[float, float]:
    """95 % interval of a share (Wilson 1927); 0 to 1 where nothing was counted."""
    if of == 0:
        return 0.0, 1.0
    share, spread = hits / of, Z95**2 / of
    middle = share + spread / 2
    width = Z95 * sqrt(share * (1 - share) / of + spread / (4 * of))
    return max(0.0, (middle - width) / (1 + spread)), min(1.0, (middle + width) / (1 + spread))


def tallies(
    messages: Iterable[LabelledMessage],
    group: Callable[[LabelledMessage], str],
    read: Callable[[str], DangerReading] = read_danger,
) -> list[Tally]:
    """Counts by group, in the order in which the groups first appear.

    Args:
        messages: What to read.
        group: The name of a message's group.
        read: By what to read: phrases and weights, or ``read_phrases`` alone.
    """
    pairs: dict[str, list[tuple[LabelledMessage, DangerReading]]] = {}
    for message in messages:
        pairs.setdefault(group(message), []).append((message, read(message.text)))
    return [_tally(name, found) for name, found in pairs.items()]


def _tally(group: str, pairs: list[tuple[LabelledMessage, DangerReading]]) -> Tally:
    acute = [(message, reading) for message, reading in pairs if message.danger]
    calm = [reading for message, reading in pairs if not message.danger]
    return Tally(
        group=group,
        acute=len(acute),
        seen=sum(bool(reading.danger) for _, reading in acute),
        calm=len(calm),
        alarms=sum(bool(reading.danger) for reading in calm),
        same_kind=sum(reading.danger == message.danger for message, reading in acute),
    )
