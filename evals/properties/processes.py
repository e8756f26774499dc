"""Two processes over one SQLite file: answers at once, and kill -9 in the middle of a turn."""

from __future__ import annotations

import asyncio
import sys
from asyncio.subprocess import PIPE, Process
from pathlib import Path

import numpy as np

from ...penguin.errors import RunError
from ...penguin.people import generator
from .words import words_for
from .worker import Order, Receipt

SAID = ("I'd rather not say", "I don't know", "I am 34 years old", "it's complicated")
MOST_TURNS = 12
LAST_WRITE = 8
"""No turn writes more often than this, or hardly any."""


class Worker:
    """A process that takes turns."""

    def __init__(self, database: Path) -> None:
        self._database = database
        self._process: Process | None = None

    async def take(self, order: Order) -> Receipt | None:
        """Carry out an order; None where the process was killed. A new one starts when needed."""
        if self._process is None:
            self._process = await asyncio.create_subprocess_exec(
                sys.executable,
                "-m",
                "raise_penguin.evals.properties.worker",
                str(self._database),
                stdin=PIPE,
                stdout=PIPE,
            )
        orders, receipts = self._pipes(self._process)
        orders.write(order.model_dump_json().encode() + b"\n")
        await orders.drain()
        line = await receipts.readline()
        if line:
            return Receipt.model_validate_json(line)
        await self.close()
        return None

    async def close(self) -> None:
        """End the process."""
        process, self._process = self._process, None
        if process is not None:
            self._pipes(process)[0].close()
            await process.wait()

    @staticmethod
    def _pipes(process: Process) -> tuple[asyncio.StreamWriter, asyncio.StreamReader]:
        if process.stdin is None or process.stdout is None:
            raise RunError("the worker was started without pipes")
        return process.stdin, process.stdout


async def races(number: int, *, seed: int, folder: Path) -> list[str]:
    """Two processes answer every question of some dialogues at once.

    Returns:
        For each question "" where exactly one answer was taken and stored, else what went wrong.
    """
    workers = [Worker(folder / "race.sqlite") for _ in range(2)]
    found: list[str] = []
    try:
        for place in range(number):
            found += await _race(workers, place, generator("properties", "race", place, seed))
    finally:
        for worker in workers:
            await worker.close()
    return found


async def _race(workers: list[Worker], place: int, rng: np.random.Generator) -> list[str]:
    thread, found = f"race-{place}", list[str]()
    opening = words_for("topic", float(rng.random()), f"zq{place}x")
    now = await workers[0].take(Order(thread=thread, text=opening))
    while now is not None and now.question_id is not None and len(found) < MOST_TURNS:
        before, said = now, [str(one) for one in rng.permutation(SAID)[:2]]
        both = await asyncio.gather(
            *(
                worker.take(Order(thread=thread, text=text, question_id=now.question_id))
                for worker, text in zip(workers, said, strict=True)
            )
        )
        now = await workers[0].take(Order(thread=thread, look=True))
        ended = [one for one in both if one is not None]
        if now is None or len(ended) < len(both):
            return [*found, "a process ended"]
        taken = [text for text, one in zip(said, ended, strict=True) if one.kind != "repeated"]
        wrong = len(taken) != 1 or now.said != (*before.said, *taken)
        alternate = now.agent == len(now.said)
        found.append(
            f"of {said} taken {taken}, stored {now.said[len(before.said) :]}, {now.agent} replies"
            if wrong or not alternate
            else ""
        )
    return found


async def kills(number: int, *, seed: int, folder: Path) -> list[str]:
    """Dialogues in which the process is killed once, at a random write of a random turn.

    Returns:
        For each kill "" where the dialogue ended as if nothing had happened, else what went wrong.
    """
    worker = Worker(folder / "kill.sqlite")
    found: list[str] = []
    try:
        for place in range(number):
            found += await _kill(worker, place, generator("properties", "kill", place, seed))
    finally:
        await worker.close()
    return found


async def _kill(worker: Worker, place: int, rng: np.random.Generator) -> list[str]:
    opening = words_for("topic", float(rng.random()), f"zq{place}x")
    said = [str(one) for one in rng.choice(SAID, size=MOST_TURNS)]
    due, at = int(rng.integers(3)), int(rng.integers(1, LAST_WRITE)) * int(rng.choice([-1, 1]))
    whole, _ = await _talk(worker, f"whole-{place}", opening, said, due=-1, at=0)
    cut, killed = await _talk(worker, f"cut-{place}", opening, said, due=due, at=at)
    if not killed:
        return []
    return ["" if cut == whole else f"killed at write {at} of turn {due}: {cut}, not {whole}"]


async def _talk(
    worker: Worker, thread: str, opening: str, said: list[str], *, due: int, at: int
) -> tuple[Receipt | None, bool]:
    """Hold a dialogue, the process being killed in one turn; how it ended, and whether it was."""
    killed, question = False, None
    now: Receipt | None = None
    for turn, text in enumerate([opening, *said]):
        order = Order(thread=thread, text=text, question_id=question)
        now = await worker.take(order.model_copy(update={"kill_at": at * (turn == due)}))
        if now is None:
            killed = True
            if question is None:
                now = await worker.take(Order(thread=thread, look=True))
            if now is None or now.kind == "new" or question is not None:
                now = await worker.take(order)
        if now is None or now.question_id is None:
            break
        question = now.question_id
    return await worker.take(Order(thread=thread, look=True)), killed
