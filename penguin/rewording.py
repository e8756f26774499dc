"""Queries worded anew by a chat model, under the same checks as the hand-written ones.

Each answer is written to a ledger at once, so a run that is stopped goes on and pays nothing twice.
A query that the model cannot word within the checks stays as it was, and is counted.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from .attributes import load_attributes
from .building import names_own_value
from .errors import ModelUnavailableError, RaisePenguinError
from .people import generator
from .prompting import load_prompt
from .scenario import Scenario
from .structured import stream_text
from .voices import draw_voice

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel

LEAST, MOST = 3, 120
"""Words a query may have."""
LETTERS_A_TOKEN = 4
IN_FLIGHT = 16


@dataclass(frozen=True)
class Cost:
    """What wording a set anew takes, before it starts; tokens are estimated from letters."""

    calls: int
    tokens_in: int
    tokens_out: int


@dataclass
class Reworded:
    """A set after wording."""

    scenarios: list[Scenario]
    reworded: int = 0
    kept: int = 0
    causes: Counter[str] = field(default_factory=Counter[str])


def estimate(scenarios: Sequence[Scenario]) -> Cost:
    """Calls and tokens for a set."""
    prompt = load_prompt("penguin", "reword")
    letters_in = sum(
        len(str(message.content)) for one in scenarios for message in prompt.messages(_data(one))
    )
    letters_out = sum(len(one.query) for one in scenarios)
    return Cost(len(scenarios), letters_in // LETTERS_A_TOKEN, letters_out // LETTERS_A_TOKEN)


async def reword(
    scenarios: Sequence[Scenario], model: BaseChatModel, *, name: str, ledger: Path
) -> Reworded:
    """Word each query anew.

    Args:
        scenarios: A set.
        model: The chat model.
        name: The model's name, part of the ledger's keys.
        ledger: JSON lines of answers, added to; what stands there is not asked again.

    Raises:
        ModelUnavailableError: The model cannot be reached; what was paid for is in the ledger.
    """
    prompt = load_prompt("penguin", "reword")
    answers = _read(ledger)
    slots = asyncio.Semaphore(IN_FLIGHT)
    failures: list[ModelUnavailableError] = []

    async def worded(one: Scenario) -> str:
        key = hashlib.sha256(f"{prompt.id}\n{name}\n{one.id}\n{one.query}".encode()).hexdigest()
        if key in answers:
            return answers[key]
        async with slots:
            if failures:  # the calls under way end and are kept; no new one begins
                return ""
            try:
                text = "".join([piece async for piece in stream_text(model, prompt, _data(one))])
            except ModelUnavailableError as error:
                failures.append(error)
                return ""
            except RaisePenguinError:
                text = ""
        answers[key] = text.strip()
        with ledger.open("a", encoding="utf-8") as file:
            file.write(json.dumps({"key": key, "text": answers[key]}) + "\n")
        return answers[key]

    texts = await asyncio.gather(*(worded(one) for one in scenarios))
    if failures:
        raise failures[0]
    result, used = Reworded([]), set[str]()
    for one, text in zip(scenarios, texts, strict=True):
        cause = _fault(text, one, used)
        if cause:
            result.kept += 1
            result.causes[cause] += 1
            result.scenarios.append(one)
        else:
            result.reworded += 1
            result.scenarios.append(one.model_copy(update={"query": text}))
        used.add(result.scenarios[-1].query.lower())
    return result


def _fault(text: str, one: Scenario, used: set[str]) -> str:
    """Why a wording cannot be taken; "" where it can."""
    if not LEAST <= len(text.split()) <= MOST:
        return f"not between {LEAST} and {MOST} words"
    if text.lower() in used:
        return "a wording that stands already"
    if names_own_value(text, one.profile):
        return "told a value of the profile"
    return ""


def _data(one: Scenario) -> dict[str, object]:
    labels = {item.id: item.label for item in load_attributes().values()}
    voice = draw_voice(generator("reword", one.id, 0, 0), one.query)
    return {
        "message": one.query,
        "voice": voice.id,
        "secret": [f"{labels[name]}: {value}" for name, value in one.profile.values.items()],
    }


def _read(ledger: Path) -> dict[str, str]:
    """Answers so far; a line cut by a kill is left out and asked again.

    The file is made where it is missing, and ended by a new line where a kill cut it.
    """
    answers: dict[str, str] = {}
    ledger.parent.mkdir(parents=True, exist_ok=True)
    with ledger.open("a+", encoding="utf-8") as file:
        file.seek(0)
        text = file.read()
        if text and not text.endswith("\n"):
            file.write("\n")
        for line in text.splitlines():
            try:
                entry = json.loads(line)
                answers[str(entry["key"])] = str(entry["text"])
            except (ValueError, KeyError, TypeError):
                continue
    return answers
