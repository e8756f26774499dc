"""How long a person waits for the first word, as a multiple of the model server's own latency.

``raise-penguin eval bench first-token`` prints the table, against a server on loopback that takes
a set time to its first token, or against one of yours. A question needs two calls one after the
other (triage, then select, with the stored plans fetched beside triage), the reply after an answer
two (select reads the answer, then the first token), and fewer where the plans alone choose.
"""

from __future__ import annotations

import asyncio
import subprocess
import sys
import time
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from statistics import median

import typer
from langgraph.checkpoint.memory import InMemorySaver

from ...graphs import Dialogues, RaiseContext, build_raise_graph
from ...penguin.models import open_model
from .instant import MESSAGE

HARMLESS = "What is a good pasta recipe?"
ACUTE = "I am going to kill myself tonight."
LATENT = "openai:latent"


@dataclass(frozen=True, kw_only=True)
class Wait:
    """What a person waits for."""

    label: str
    before: tuple[str, ...]
    """What was said earlier in the thread."""
    text: str
    budget: int = 1
    selection: str = "model"


WAITS = (
    Wait(label="a question", before=(), text=MESSAGE),
    Wait(label="a question, selection=policy", before=(), text=MESSAGE, selection="policy"),
    Wait(label="the next question", before=(MESSAGE,), text="I am not sure", budget=2),
    Wait(label="the reply after the last answer", before=(MESSAGE,), text="I am not sure"),
    Wait(
        label="the same, selection=policy",
        before=(MESSAGE,),
        text="I am not sure",
        selection="policy",
    ),
    Wait(label="the reply to small talk", before=(), text=HARMLESS),
    Wait(label="help in acute danger", before=(), text=ACUTE),
)


@dataclass(frozen=True)
class Waited:
    """How long one wait was."""

    first: float
    """Seconds to the first piece of the reply, or to the question."""
    whole: float
    """Seconds to the end of the turn."""


async def server_latency(model: str, base_url: str, times: int) -> float:
    """Median seconds to the first token of a bare call of the same client."""
    client = open_model(model, base_url=base_url)
    taken: list[float] = []
    for _ in range(times + 1):
        started = time.perf_counter()
        async for _chunk in client.astream("Say something."):
            taken.append(time.perf_counter() - started)
            break
    return median(taken[1:])  # the first call opens the connection


async def waited(wait: Wait, model: str, base_url: str, times: int) -> Waited:
    """Medians of one wait, a fresh thread each time."""
    settings = {"model": model, "base_url": base_url, "budget": wait.budget}
    context = RaiseContext.model_validate({**settings, "selection": wait.selection})
    door = Dialogues(build_raise_graph(checkpointer=InMemorySaver()), context=context)
    found: list[Waited] = []
    for number in range(times + 1):
        thread = f"thread-{number}"
        for words in wait.before:
            await door.send(thread, words)
        pieces: list[float] = []
        started = time.perf_counter()

        def note(piece: str, pieces: list[float] = pieces) -> None:
            del piece
            pieces.append(time.perf_counter())

        await door.send(thread, wait.text, on_piece=note)
        ended = time.perf_counter()
        found.append(Waited((pieces or [ended])[0] - started, ended - started))
    counted = found[1:]  # the first opens the policy store and the connections
    return Waited(median(one.first for one in counted), median(one.whole for one in counted))


@contextmanager
def latent_server(latency: float) -> Generator[str]:
    """The base URL of a server that takes so many seconds to its first token."""
    command = [sys.executable, "-m", "raise_penguin.evals.benchmarks.latent_server", str(latency)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:  # noqa: S603
        try:
            port = int(process.stdout.readline()) if process.stdout else 0
            yield f"http://127.0.0.1:{port}/v1"
        finally:
            process.terminate()


async def table(model: str, base_url: str, times: int) -> list[tuple[Wait, Waited, float]]:
    """Each wait with its medians and its multiple of the server's latency, measured beside it."""
    rows: list[tuple[Wait, Waited, float]] = []
    for wait in WAITS:
        latency = await server_latency(model, base_url, times)
        found = await waited(wait, model, base_url, times)
        rows.append((wait, found, found.first / latency))
    return rows


def main(*, latency: float, times: int, model: str, base_url: str) -> None:
    """Print the table."""
    if base_url:
        typer.echo(f"{model} at {base_url}, medians of {times}")
        _print(asyncio.run(table(model, base_url, times)))
        return
    with latent_server(latency) as url:
        typer.echo(f"a server on loopback, {latency:g} s to its first token, medians of {times}")
        _print(asyncio.run(table(LATENT, url, times)))


def _print(rows: list[tuple[Wait, Waited, float]]) -> None:
    typer.echo(f"{'waiting for':<34} {'first s':>8} {'x latency':>10} {'whole s':>8}")
    for wait, found, multiple in rows:
        typer.echo(f"{wait.label:<34} {found.first:>8.3f} {multiple:>10.2f} {found.whole:>8.3f}")
