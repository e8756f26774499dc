"""What must hold in every dialogue, counted over random ones on every checkpointer and mode.

``python -m raise_penguin.evals.benchmarks.dialogue_properties --dialogues 2000``
"""

from __future__ import annotations

import asyncio
import os
import sys
import tempfile
from collections import Counter
from collections.abc import Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from multiprocessing import get_context
from pathlib import Path

import typer
from rich.console import Console
from rich.table import Table

from ...policies.store import PolicyStore, shipped_store_path
from ..properties.agreement import BOTH_MODES, modes_agree
from ..properties.checks import CHECKS
from ..properties.holding import hold_together
from ..properties.plans import SAVERS, Plan, Saver, draw_plan
from ..properties.processes import kills, races
from ..properties.savers import open_saver, postgres_server, savers_with
from ..properties.trace import MODES, Trace

TOGETHER = 4
"""Dialogues held at once on the same checkpoints."""
SHARE = 20 * TOGETHER
"""Dialogues that a process takes at a time."""
RACES = "two processes, one answer taken"
KILLS = "killed -9, as if nothing happened"
SHOWN = 5
"""Violations printed of each property."""
SHIPPED_EVERY = 8
"""One group in so many has the shipped policy; the others one plan a domain, which is faster."""


@dataclass(frozen=True, order=True)
class Violation:
    """A promise that was not kept; the number and the seed draw the same dialogue again."""

    property: str
    saver: Saver
    mode: str
    number: int
    what: str


@dataclass
class Found:
    """What came out of some dialogues."""

    dialogues: Counter[tuple[Saver, str]] = field(default_factory=Counter[tuple[Saver, str]])
    """By saver and mode."""
    checked: Counter[str] = field(default_factory=Counter[str])
    """Dialogues in which a property was put to the test, by property."""
    occasions: Counter[str] = field(default_factory=Counter[str])
    counts: Counter[str] = field(default_factory=Counter[str])
    """What the dialogues were made of: turns, faults, troubled roles."""
    violations: list[Violation] = field(default_factory=list[Violation])

    def add(self, other: Found) -> None:
        """Take in the findings of other dialogues."""
        for name in ("dialogues", "checked", "occasions", "counts"):
            getattr(self, name).update(getattr(other, name))
        self.violations += other.violations

    def note(self, name: str, occasions: Iterable[str], plan: Plan, mode: str) -> None:
        """Count the occasions on which a property was tested in one dialogue."""
        results = list(occasions)
        self.checked[name] += bool(results)
        self.occasions[name] += len(results)
        self.violations += [
            Violation(name, plan.saver, mode, plan.number, what) for what in results if what
        ]


async def check_dialogues(
    numbers: Sequence[int], *, seed: int, folder: Path, postgres: str
) -> Found:
    """Draw dialogues, hold each in both modes, and check every promise.

    Args:
        numbers: Which dialogues.
        seed: Another seed draws others.
        folder: An empty folder for SQLite files.
        postgres: Address of a PostgreSQL server; "" leaves it out.
    """
    found, savers = Found(), savers_with(postgres)
    with (
        PolicyStore.open(shipped_store_path()) as shipped,
        PolicyStore.create(folder / "policy.sqlite") as small,
    ):
        small.add({record.domain: record for record in shipped.records()}.values())
        for saver in savers:
            own = [one for one in numbers if savers[one // TOGETHER % len(savers)] == saver]
            for start in range(0, len(own), TOGETHER):
                plans = [draw_plan(one, seed, saver) for one in own[start : start + TOGETHER]]
                group = own[start] // TOGETHER // len(savers)
                store = shipped if group % SHIPPED_EVERY == 0 else small
                found.counts["on the shipped policy"] += len(plans) * (store is shipped)
                held: list[list[Trace]] = []
                for mode in MODES:
                    async with open_saver(saver, folder, postgres) as opened:
                        held.append(await hold_together(plans, mode, opened, store))
                for traces in zip(*held, strict=True):
                    _check(found, traces)
    return found


def _check(found: Found, traces: Sequence[Trace]) -> None:
    """Check one dialogue, held in each mode."""
    for trace in traces:
        plan = trace.plan
        found.dialogues[plan.saver, trace.mode] += 1
        found.counts["turns"] += len(trace.exchanges)
        found.counts["faults"] += sum(len(one.came) for one in trace.exchanges)
        found.counts[f"roles {plan.breaks.trouble}"] += 1
        for name, check in CHECKS.items():
            found.note(name, check(trace), plan, trace.mode)
    if not any(trace.left_to_chance for trace in traces):
        found.note(BOTH_MODES, [modes_agree(*traces)], traces[0].plan, "both")


def run(dialogues: int, *, seed: int, processes: int, races_of: int, kills_of: int) -> Found:
    """Check many dialogues, in several processes, on servers and files made for it.

    Args:
        dialogues: How many.
        seed: Draws them.
        processes: Processes that share them.
        races_of: Dialogues in which two processes answer every question at once.
        kills_of: Dialogues in which the process is killed once.
    """
    found = Found()
    with postgres_server() as postgres, tempfile.TemporaryDirectory() as folder:
        shares = [range(dialogues)[start : start + SHARE] for start in range(0, dialogues, SHARE)]
        work = partial(_share, seed=seed, folder=folder, postgres=postgres)
        with ProcessPoolExecutor(processes, mp_context=get_context("spawn")) as pool:
            for number, part in enumerate(pool.map(work, shares), 1):
                found.add(part)
                done, broken = min(number * SHARE, dialogues), len(found.violations)
                typer.echo(f"{done:,} of {dialogues:,} dialogues, {broken} violations", err=True)
        found.add(asyncio.run(check_processes(races_of, kills_of, seed=seed, folder=Path(folder))))
    return found


def _share(numbers: Sequence[int], *, seed: int, folder: str, postgres: str) -> Found:
    own = Path(folder) / str(numbers[0])
    own.mkdir()
    return asyncio.run(check_dialogues(numbers, seed=seed, folder=own, postgres=postgres))


async def check_processes(races_of: int, kills_of: int, *, seed: int, folder: Path) -> Found:
    """Check what only real processes show; each question raced for and each kill counts as one."""
    found = Found()
    for name, held in (
        (RACES, await races(races_of, seed=seed, folder=folder)),
        (KILLS, await kills(kills_of, seed=seed, folder=folder)),
    ):
        found.checked[name] = found.occasions[name] = len(held)
        found.violations += [
            Violation(name, "SQLite", "interrupt", number, what)
            for number, what in enumerate(held)
            if what
        ]
    return found


def print_found(console: Console, found: Found) -> None:
    """Print one table: the properties, and violations by checkpointer and mode."""
    columns = sorted(found.dialogues, key=lambda one: (SAVERS.index(one[0]), one[1]))
    table = Table(box=None, pad_edge=False)
    for name in ("property", "dialogues", "occasions", "violations"):
        table.add_column(name, justify="left" if name == "property" else "right")
    for saver, mode in columns:
        table.add_column(f"{saver}\n{mode}", justify="right")
    table.add_row(
        "dialogues held", "", "", "", *(str(found.dialogues[column]) for column in columns)
    )
    for name in (*CHECKS, BOTH_MODES, RACES, KILLS):
        own = [one for one in found.violations if one.property == name]
        by_column = Counter((one.saver, one.mode) for one in own)
        cells = [""] * len(columns)
        if name in CHECKS:
            cells = [str(by_column[column]) for column in columns]
        table.add_row(
            name, str(found.checked[name]), str(found.occasions[name]), str(len(own)), *cells
        )
    console.print(table)
    console.print(", ".join(f"{name}: {count:,}" for name, count in sorted(found.counts.items())))
    shown = Counter[str]()
    for one in found.violations:
        shown[one.property] += 1
        if shown[one.property] <= SHOWN:
            console.print(
                f"{one.property}: dialogue {one.number} ({one.saver}, {one.mode}): {one.what}",
                markup=False,
            )


def main(*, dialogues: int, races_of: int, kills_of: int, seed: int, processes: int) -> None:
    """Print what was found; the options are those of ``raise-penguin eval bench properties``."""
    os.environ["LANGGRAPH_STRICT_MSGPACK"] = "true"  # read when LangGraph is imported below
    found = run(dialogues, seed=seed, processes=processes, races_of=races_of, kills_of=kills_of)
    print_found(Console(highlight=False, width=max(200, Console().width)), found)
    raise typer.Exit(1 if found.violations else 0)


if __name__ == "__main__":
    from ..bench_command import bench

    bench(["properties", *sys.argv[1:]])
