"""``raise-penguin plan``: make and read a policy, the stored orders of questions."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from ..penguin.facts import Facts
    from ..penguin.judging.verdict import Judge
    from ..policies.plan import Prior
    from ..policies.reward import Writer

app = typer.Typer(help="Plan which questions to ask, offline, and read what was planned.")


@app.command()
def run(
    *,
    out: Annotated[Path, typer.Option(help="Policy store to write; an existing one goes on.")],
    planner: Annotated[
        str,
        typer.Option(help="surrogate, mcts (the paper's), greedy, static, random or exhaustive."),
    ] = "surrogate",
    depth: Annotated[int, typer.Option(min=1, max=10, help="Questions in a plan.")] = 5,
    evaluations: Annotated[
        int, typer.Option(min=0, help="Most evaluations of sets of attributes for one message.")
    ] = 150,
    people: Annotated[
        int, typer.Option(min=1, help="People drawn for each message; a reply for each is judged.")
    ] = 6,
    situations: Annotated[
        str, typer.Option(help="Comma-separated situation ids; all of them if omitted.")
    ] = "",
    model: Annotated[
        str, typer.Option(help="Writes the replies: 'offline' or a model.")
    ] = "offline",
    judge_model: Annotated[str, typer.Option(help="Judges them; as --model if omitted.")] = "",
    prior_model: Annotated[
        str, typer.Option(help="Ranks attributes at each node; the paper's ranking if omitted.")
    ] = "",
    base_url: Annotated[str, typer.Option(help="URL of an OpenAI-compatible server.")] = "",
    seed: Annotated[int, typer.Option(help="Seed of people and search.")] = 0,
) -> None:
    """Search the best questions for each kind of message and store them."""
    from rich.console import Console
    from rich.progress import Progress

    from ..penguin.domains import load_situations
    from ..penguin.errors import SettingsError
    from ..policies.planners import planner_named
    from ..policies.planning import plan_situations
    from ..policies.store import PolicyStore

    known = load_situations()
    wanted = [name.strip() for name in situations.split(",") if name.strip()] or list(known)
    if unknown := [name for name in wanted if name not in known]:
        raise SettingsError(f"no situation named {', '.join(unknown)}; see penguin/data/domains")
    search, writer, judge = (
        planner_named(planner),
        _writer(model, base_url),
        _judge(judge_model or model, base_url),
    )
    models = {"writer": model, "judge": judge_model or model}
    if prior_model:
        models["prior"] = prior_model
    console = Console(highlight=False)
    with (
        PolicyStore.open_or_create(out) as store,
        Progress(console=console, disable=not console.is_terminal) as progress,
    ):
        task = progress.add_task("planning", total=len(wanted))
        made = asyncio.run(
            plan_situations(
                store,
                wanted,
                planner=search,
                depth=depth,
                evaluations=evaluations,
                people=people,
                seed=seed,
                writer=writer,
                judge=judge,
                models=models,
                prompts={} if model == "offline" else {"judge": judge.name},
                prior=_prior(prior_model, base_url),
                on_progress=lambda: progress.advance(task),
            )
        )
        console.print(
            f"{made} plans made, {len(store.records())} in {out} "
            f"(writer: {model}, judge: {judge_model or model}; {store.fingerprint[:12]})"
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


def _writer(model: str, base_url: str) -> Writer:
    """Writes a reply from a message and facts, as the agent's own responder would."""
    from ..graphs.roles import ReplyRequest, open_roles

    responder = open_roles(model, base_url=base_url or None).respond

    async def write(query: str, domain: str, facts: Facts) -> str:
        request = ReplyRequest(query=query, domain=domain, facts=facts)
        return "".join([piece async for piece in responder.write(request)])

    return write


def _prior(model: str, base_url: str) -> Callable[[str], Prior]:
    """Makes the prior of a message: a model's ranking, or the paper's static one."""
    from ..policies.prior import RankedPrior

    if not model or model == "offline":
        return lambda _: RankedPrior()
    from ..penguin.models import open_model
    from ..policies.model_prior import ModelPrior

    opened = open_model(model, base_url=base_url or None)
    return lambda query: ModelPrior(opened, query)


def _judge(model: str, base_url: str) -> Judge:
    if model == "offline":
        from ..penguin.judging.offline import OfflineJudge

        return OfflineJudge()
    from ..penguin.judging.model_judge import ModelJudge
    from ..penguin.models import open_model

    return ModelJudge(open_model(model, base_url=base_url or None))
