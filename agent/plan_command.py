"""``raise-penguin plan``: make and read a policy, the stored orders of questions."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(help="Plan which questions to ask, and read what was planned.")


@app.command()
def run(
    *,
    out: Annotated[Path, typer.Option(help="Policy store to write; an existing one goes on.")],
    planner: Annotated[str, typer.Option(help="'mcts' (the paper's) or 'exhaustive'.")] = "mcts",
    depth: Annotated[int, typer.Option(min=1, max=10, help="Questions in a plan.")] = 5,
    evaluations: Annotated[
        int, typer.Option(min=2, help="Most sets of attributes scored for one message.")
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
    branch: Annotated[
        bool, typer.Option("--branch/--no-branch", help="Let the order depend on answers.")
    ] = False,
    estimate: Annotated[
        bool, typer.Option("--estimate", help="Say what it costs at most, and stop.")
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Pay a model without asking.")] = False,
    seed: Annotated[int, typer.Option(help="Seed of people and search.")] = 0,
) -> None:
    """Search the best questions for each kind of message and store them.

    Stop it at any time; the same command goes on, and pays for nothing twice.
    """
    from ..policies.budget import Budget
    from ..policies.planners import planner_named
    from ..policies.planning import PlanSettings
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
                seed=seed,
                cost_weight=cost_weight,
                branch=branch,
            ),
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
            cache=cache,
            start_from=start_from,
            estimate_only=estimate,
            yes=yes,
        )
    )


@app.command()
def show(
    store: Annotated[Path | None, typer.Argument(help="Policy store; the shipped one.")] = None,
    *,
    query: Annotated[str, typer.Option(help="Show the plans nearest to this message.")] = "",
    index: Annotated[str, typer.Option(help="'auto', 'exact' or 'vss'.")] = "auto",
) -> None:
    """Show the plans of a store, or those nearest to a message."""
    from rich.console import Console
    from rich.table import Table

    from ..policies.store import PolicyStore, shipped_store_path

    console = Console(highlight=False)
    with PolicyStore.open(store or shipped_store_path()) as opened:
        table = Table("message", "questions, in order", "gain")
        if query:
            table.add_column("cosine")
            for near in opened.nearest(query, k=5, index=index):
                gain = near.values[-1] - near.values[0]
                table.add_row(
                    near.query, ", ".join(near.path), f"{gain:+.2f}", f"{near.similarity:.2f}"
                )
        else:
            for record in opened.records():
                gain = record.values[-1] - record.values[0]
                table.add_row(record.query, ", ".join(record.path), f"{gain:+.2f}")
        console.print(table)
        models = sorted({str(record.provenance.models) for record in opened.records()})
        console.print(f"planned with {'; '.join(models)}; fingerprint {opened.fingerprint[:12]}")


def _situations(named: str, split: str) -> tuple[str, ...]:
    """The situations to plan, by name or by split.

    Raises:
        SettingsError: There is no such one.
    """
    from ..penguin.domains import load_situations
    from ..penguin.errors import SettingsError

    known = load_situations()
    wanted = tuple(name.strip() for name in named.split(",") if name.strip())
    if unknown := [name for name in wanted if name not in known]:
        raise SettingsError(f"no situation named {', '.join(unknown)}; see penguin/data/domains")
    if split not in ("train", "validation", "test", "all"):
        raise SettingsError(f"--split {split!r}: use train, validation, test or all")
    return wanted or tuple(name for name, (_, one) in known.items() if split in ("all", one.split))
