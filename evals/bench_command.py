"""``raise-penguin eval bench``: benchmarks with known answers, and what the graph itself costs."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

bench = typer.Typer(help="Benchmarks with known answers.")


@bench.command("planning")
def bench_planning(
    *,
    seeds: Annotated[int, typer.Option(min=2, help="Messages a table.")] = 150,
    quick: Annotated[bool, typer.Option("--quick", help="Two small tables.")] = False,
    part: Annotated[
        list[str] | None, typer.Option(help="'synergies', 'trees' or 'priors', repeatable; all.")
    ] = None,
    out: Annotated[
        Path | None, typer.Option(help="Folder that keeps what is done; the same one goes on.")
    ] = None,
    processes: Annotated[int | None, typer.Option(min=1, help="One a core.")] = None,
) -> None:
    """Share of the best choice that each planner finds on synthetic rewards."""
    from .benchmarks.planning import main

    main(seeds=seeds, quick=quick, part=part, out=out, processes=processes)


@bench.command("properties")
def bench_properties(
    *,
    dialogues: Annotated[int, typer.Option(min=1, help="Random dialogues.")] = 2_000,
    races: Annotated[int, typer.Option(min=0, help="Dialogues that two processes answer.")] = 50,
    kills: Annotated[int, typer.Option(min=0, help="Dialogues with one kill -9.")] = 20,
    seed: Annotated[int, typer.Option(min=0, help="Draws the dialogues.")] = 0,
    processes: Annotated[int, typer.Option(min=1, help="Processes that share the work.")] = 2,
) -> None:
    """Broken promises in random dialogues with hostile words and failures, by checkpointer."""
    from .benchmarks.dialogue_properties import main

    main(dialogues=dialogues, races_of=races, kills_of=kills, seed=seed, processes=processes)


@bench.command("real")
def bench_real(
    *,
    policy: Annotated[Path | None, typer.Option(help="Earlier plans; the shipped store.")] = None,
    situations: Annotated[int, typer.Option(min=2, help="Held-out situations.")] = 35,
    people: Annotated[int, typer.Option(min=2, help="People in the pool of each.")] = 12,
    batch: Annotated[int, typer.Option(min=1, help="Of these an evaluation, when noisy.")] = 4,
    depth: Annotated[int, typer.Option(min=1, max=5, help="Questions, the paper's k.")] = 3,
    seeds: Annotated[int, typer.Option(min=1, help="Searches a situation.")] = 3,
    seed: Annotated[int, typer.Option(min=0, help="Draws the pools.")] = 0,
    cache: Annotated[Path | None, typer.Option(help="File that keeps the scores.")] = None,
    processes: Annotated[int | None, typer.Option(min=1, help="One a core.")] = None,
) -> None:
    """Share of the best choice that each planner finds on the offline reward."""
    from .benchmarks.real_planning import main

    main(
        policy=policy,
        situations=situations,
        people=people,
        batch=batch,
        depth=depth,
        seeds=seeds,
        seed=seed,
        cache=cache,
        processes=processes,
    )


@bench.command("overhead")
def bench_overhead(
    *,
    dialogues: Annotated[int, typer.Option(min=1, help="Dialogues counted a row.")] = 50,
) -> None:
    """Time and bytes of the graph itself, beside an empty graph of the same shape."""
    from .benchmarks.overhead import main

    main(dialogues)


@bench.command("first-token")
def bench_first_token(
    *,
    latency: Annotated[float, typer.Option(min=0.01, help="Of the loopback server, s.")] = 0.5,
    times: Annotated[int, typer.Option(min=1, help="Turns measured a row.")] = 5,
    model: Annotated[str, typer.Option(help="With --base-url: e.g. openai:my-model.")] = "",
    base_url: Annotated[str, typer.Option(help="A server of yours in place of loopback.")] = "",
) -> None:
    """Time to the first word of a question and of a reply, in multiples of the server's own."""
    from .benchmarks.first_token import main

    main(latency=latency, times=times, model=model, base_url=base_url)
