"""The graph's door: input that cannot be read is refused before a checkpoint of it is written."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from langgraph.channels import EphemeralValue

from .words import check_input


class ReadableInput(EphemeralValue[Any]):
    """Takes the place of the channel that LangGraph (1.2) puts a run's input into.

    A node would look at the input only when its checkpoint is written already.
    """

    def update(self, values: Sequence[Any]) -> bool:
        """Take the input.

        Raises:
            MessageError: It holds no message that can be read.
        """
        for value in values:
            check_input(value)
        return super().update(values)
