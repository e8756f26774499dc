"""``raise-penguin plan``: make and read a policy, the stored orders of questions."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from .plan_learn import learn
from .plan_show import show

app = typer.Typer(help="Plan which questions to ask, and read what was planned.")
app.command()(show)
app.command()(learn)


@app.command()
def run(
    *,
    out: Annotated[
        Path,
        typer.Option(help="Policy store to write; one with plans of the same settings goes on."),
    ],
    planner: Annotated[
        str,
        typer.Option(
            help="surrogate, mcts (the paper's), mcts-earned (which trusts a ranking as far as "
            "scores bear it out), greedy, static, random, exhaustive or oracle (exhaustive without "
            "repeats: takes each score for the truth)."
        ),
    ] = "surrogate",
    depth: Annotated[int, typer.Option(min=1, help="Questions in a plan.")] = 5,
    evaluations: Annotated[
        int, typer.Option(min=0, help="Most evaluations of sets of attributes for one message.")
    ] = 150,
    people: Annotated[
        int, typer.Option(min=1, help="People drawn for an evaluation; a reply for each is judged.")
    ] = 8,
    split: Annotated[
        str, typer.Option(help="Situations to plan: train, validation, test or all.")
    ] = "train",
    situations: Annotated[
        str, typer.Option(help="Comma-separated situation ids; those of --split if omitted.")
    ] = "",
    messages: Annotated[
        int, typer.Option(min=1, help="Messages of each situation that get a plan.")
    ] = 1,
    model: Annotated[
        str, typer.Option(help="Writes the replies: 'offline' or a model.")
    ] = "offline",
    judge_model: Annotated[str, typer.Option(help="Judges them; as --model if omitted.")] = "",
    prior_model: Annotated[
        str, typer.Option(help="Ranks attributes at each node; the paper's ranking if omitted.")
    ] = "",
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
        typer.Option(help="What was paid for; beside --out if omitted, unused offline."),
    ] = None,
    cost_weight: Annotated[
        float, typer.Option(min=0, help="Points of score that a question of cost 1 is worth.")
    ] = 0.0,
    start_from: Annotated[
        str,
        typer.Option(help="Store whose plans help; 'none'; the shipped one for a model."),
    ] = "",
    replace: Annotated[
        bool,
        typer.Option(
            "--replace", help="Replace plans in --out that were made with other settings."
        ),
    ] = False,
    branch: Annotated[
        bool, typer.Option("--branch/--no-branch", help="Let the order depend on answers.")
    ] = False,
    estimate: Annotated[
        bool, typer.Option("--estimate", help="Say what it costs at most, and stop.")
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Pay a model without asking.")] = False,
    seed: Annotated[int, typer.Option(min=0, help="Seed of people and search.")] = 0,
) -> None:
    """Search the best questions for each kind of message and store them.

    Stop it at any time; the same command goes on, and pays for nothing twice.

    A plan in --out that was made with other settings is only replaced with --replace.
    """
    from ..policies.budget import Budget
    from ..policies.evaluator import PlanSettings
    from ..policies.planners import planner_named
    from .plan_models import Workers
    from .plan_run import PlanJob, run_job

    run_job(
        PlanJob(
            out=out,
            situations=_situations(situations, split),
            settings=PlanSettings(
                planner=planner_named(planner),
                depth=depth,
                evaluations=evaluations,
                people=people,
                messages=messages,
                seed=seed,
                cost_weight=cost_weight,
                branch=branch,
            ),
            workers=Workers(
                model=model,
                judge_model=judge_model or model,
                prior_model="" if prior_model == "offline" else prior_model,
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
            ),
            start_from=start_from,
            replace=replace,
            estimate_only=estimate,
            yes=yes,
        )
    )


def _situations(named: str, split: str) -> tuple[str, ...]:
    """The situations to plan, by name or by split; each once.

    Raises:
        SettingsError: There is no such one.
    """
    from ..penguin.domains import load_situations
    from ..penguin.errors import SettingsError

    known = load_situations()
    wanted = tuple(dict.fromkeys(name.strip() for name in named.split(",") if name.strip()))
    if named and not wanted:
        raise SettingsError(f"--situations {named!r} names none; leave it out for those of --split")
    if unknown := [name for name in wanted if name not in known]:
        raise SettingsError(f"no situation named {', '.join(unknown)}; see penguin/data/domains")
    if split not in ("train", "validation", "test", "all"):
        raise SettingsError(f"--split {split!r}: use train, validation, test or all")
    return wanted or tuple(name for name, (_, one) in known.items() if split in ("all", one.split))
