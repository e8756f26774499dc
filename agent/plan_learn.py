"""``raise-penguin plan learn``: what answers are worth, from the replies of planning."""

from __future__ import annotations

import asyncio
import sys
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from .plan_models import Workers


def learn(
    *,
    out: Annotated[Path, typer.Option(help="Policy store with plans; it is written.")],
    more: Annotated[
        int, typer.Option(min=0, help="Further sets to score for each message, drawn at random.")
    ] = 0,
    depth: Annotated[int, typer.Option(min=1, help="Attributes in a further set, at most.")] = 4,
    people: Annotated[int, typer.Option(min=2, help="People a message, as in 'plan run'.")] = 8,
    model: Annotated[
        str, typer.Option(help="Writes the replies: 'offline' or a model.")
    ] = "offline",
    judge_model: Annotated[str, typer.Option(help="Judges them; as --model if omitted.")] = "",
    base_url: Annotated[str, typer.Option(help="URL of an OpenAI-compatible server.")] = "",
    in_flight: Annotated[int, typer.Option(min=1, help="Replies written and judged at once.")] = 8,
    budget_evaluations: Annotated[
        int | None, typer.Option(min=0, help="Stop after so many evaluations were paid for.")
    ] = None,
    budget_calls: Annotated[
        int | None, typer.Option(min=0, help="Stop after so many calls of models.")
    ] = None,
    budget_money: Annotated[
        float | None, typer.Option(min=0, help="Stop when so much is spent; needs the prices.")
    ] = None,
    price_in: Annotated[float, typer.Option(min=0, help="Of a million tokens read.")] = 0.0,
    price_out: Annotated[float, typer.Option(min=0, help="Of a million tokens written.")] = 0.0,
    cache: Annotated[
        Path | None,
        typer.Option(help="What 'plan run' paid for, a file that exists; beside --out if omitted."),
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", help="Pay a model without asking.")] = False,
    seed: Annotated[
        int, typer.Option(min=0, help="Seed of people and sets, as in 'plan run'.")
    ] = 0,
) -> None:
    """Learn how one answer changes what the other questions are worth, and store it.

    Sets that 'plan run' had scored with the same people and models cost nothing again.
    """
    from rich.console import Console
    from rich.progress import Progress

    from ..penguin.errors import SettingsError
    from ..policies.budget import Budget
    from ..policies.evaluator import PlanSettings
    from ..policies.learning import learn_answers
    from ..policies.planners import planner_named
    from ..policies.scoring import RewardError
    from ..policies.store import PolicyStore
    from .plan_models import Workers, open_evaluator

    console = Console(highlight=False)
    workers = Workers(
        model=model,
        judge_model=judge_model or model,
        base_url=base_url,
        in_flight=in_flight,
        budget=Budget(
            evaluations=budget_evaluations,
            calls=budget_calls,
            money=budget_money,
            price_in=price_in,
            price_out=price_out,
        ),
        store=out,
        cache=cache,
    )
    PolicyStore.open(out, write=True).close()  # what is no store is told before a model is asked
    _look_for_cache(workers)
    if workers.pays and not yes:
        if not sys.stdin.isatty():
            raise SettingsError("this may pay for a model: add --yes to go on without being asked")
        typer.confirm("This pays for every set that is not in the cache. Go on?", abort=True)
    settings = PlanSettings(
        planner=planner_named("surrogate"), depth=depth, people=people, seed=seed
    )
    with ExitStack() as opened:
        store = opened.enter_context(PolicyStore.open(out, write=True))
        records = store.records()
        costs = workers.costs([record.situation for record in records])
        evaluator = open_evaluator(workers, costs, opened)
        bars = Progress(console=console, disable=not console.is_terminal)
        unscored: list[RewardError] = []
        with bars:
            messages = bars.add_task("messages", total=len(records))
            answers = asyncio.run(
                learn_answers(
                    records,
                    settings,
                    evaluator,
                    more=more,
                    on_progress=lambda: bars.advance(messages),
                    on_unscored=unscored.append,
                )
            )
        store.put_answers(answers)
        if unscored:
            console.print(
                f"{len(unscored)} sets got no score and were left out, the last because: "
                f"{unscored[-1]}",
                soft_wrap=True,
            )
        console.print(
            f"learnt from {answers.replies:,} judged replies (writer: {workers.model}, judge: "
            f"{workers.judge_model}); {out} is now {store.fingerprint[:12]}",
            soft_wrap=True,
        )


def _look_for_cache(workers: Workers) -> None:
    """Tell before anything is paid for that nothing of what was paid for is found.

    Raises:
        SettingsError: A cache is named and does not exist: a typing error would be paid for.
    """
    from ..penguin.errors import SettingsError

    path = workers.cache_path
    if path is None or path.exists():
        return
    if workers.cache:
        raise SettingsError(
            f"--cache {path}: there is no such file, so every set would be scored anew; name the "
            "one that 'plan run' filled, or leave --cache out"
        )
    typer.echo(f"there is no {path} of 'plan run': every set is scored and paid for anew", err=True)
