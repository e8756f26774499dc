"""``raise-penguin eval``: measure conditions on scenarios, and show what came out."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ..agent.options import NeverAsk, Policy, Price, Questions, Selection, Stopping, Threshold
from ..penguin.options import BaseUrl
from .bench_command import bench

if TYPE_CHECKING:
    from ..penguin.judging.verdict import Judge
    from ..penguin.scenario import Scenario
    from .conditions import Condition
    from .dialogue import Dialogue
    from .results import Results

app = typer.Typer(help="Measure the agent on PENGUIN scenarios, and show what came out.")
app.add_typer(bench, name="bench")


@app.command()
def run(
    *,
    out: Annotated[Path, typer.Option(help="Folder of the run; an unfinished one goes on.")],
    conditions: Annotated[
        str, typer.Option(help="Comma-separated: context-free, raise, context-rich.")
    ] = "context-free,raise,context-rich",
    limit: Annotated[
        int, typer.Option(min=1, help="Scenarios at most, spread over the domains.")
    ] = 1_000_000,
    controls: Annotated[
        bool, typer.Option(help="Also harmless messages and ones in acute danger.")
    ] = True,
    data: Annotated[
        Path | None, typer.Option(help="JSONL of scenarios or reference queries; the demo set.")
    ] = None,
    model: Annotated[str, typer.Option(help="The agent's model, 'offline' for rules.")] = "offline",
    judge_model: Annotated[
        str, typer.Option(help="The judge's, several for a panel; as --model if omitted.")
    ] = "",
    judge_variant: Annotated[str, typer.Option(help="'rubric' or 'flow', for models.")] = "rubric",
    judge_samples: Annotated[int, typer.Option(min=1, help="Votes of each judge model.")] = 1,
    judge_blind: Annotated[
        bool, typer.Option("--judge-blind", help="Add a pass without the profile.")
    ] = False,
    user_model: Annotated[str, typer.Option(help="The user's; as --model if omitted.")] = "",
    user_behaviours: Annotated[
        str, typer.Option(help="Comma-separated; each person has one. See penguin users check.")
    ] = "",
    split: Annotated[
        str, typer.Option(help="train, validation or test; all of --data if omitted.")
    ] = "",
    base_url: BaseUrl = "",
    selection: Selection = "model",
    budget: Questions = 3,
    never_ask: NeverAsk = "",
    stopping: Stopping = "auto",
    threshold: Threshold = None,
    price: Price = None,
    policy: Policy = "",
    concurrency: Annotated[int, typer.Option(min=1, help="Dialogues in flight.")] = 16,
    seed: Annotated[int, typer.Option(help="Seed of the choice and the intervals.")] = 0,
    retry_unscored: Annotated[
        bool, typer.Option("--retry-unscored", help="Judge again what got no score.")
    ] = False,
) -> None:
    """Run an evaluation, or go on with it. Stop it at any time; what is done stays done."""
    from ..penguin.errors import SettingsError
    from ..policies.store import PolicyStore, shipped_store_path
    from .opening import chosen_scenarios, opened_conditions, opened_judge, reach_models
    from .results import Results
    from .settings import EvalSettings, data_hash, parse_conditions

    if selection not in ("model", "policy"):
        raise SettingsError(f"--selection {selection!r}: use 'model' or 'policy'")
    if judge_variant not in ("rubric", "flow"):
        raise SettingsError(f"--judge-variant {judge_variant!r}: use 'rubric' or 'flow'")
    wanted = parse_conditions(conditions)
    scenarios = chosen_scenarios(data, split, limit, seed, controls=controls and "raise" in wanted)
    behaviours = tuple(name.strip() for name in user_behaviours.split(",") if name.strip())
    with PolicyStore.open(policy or shipped_store_path()) as store:
        fingerprint = store.fingerprint[:16]
    from importlib.metadata import version

    settings = EvalSettings(
        conditions=wanted,
        limit=limit,
        controls=controls,
        model=model,
        judge_model=judge_model or model,
        judge_variant="flow" if judge_variant == "flow" else "rubric",
        judge_samples=judge_samples,
        judge_blind=judge_blind,
        user_model=user_model or model,
        user_behaviours=behaviours,
        base_url=base_url,
        selection="policy" if selection == "policy" else "model",
        budget=budget,
        never_ask=tuple(name.strip() for name in never_ask.split(",") if name.strip()),
        stopping=stopping,
        threshold=threshold,
        price=price,
        seed=seed,
        data=data_hash(scenarios),
        policy=fingerprint,
        version=version("raise-penguin"),
    )
    judge, chosen = opened_judge(settings), opened_conditions(settings, policy)
    reach_models(settings)
    with Results.start(out, settings) as results:
        try:
            _run(
                scenarios,
                chosen,
                judge,
                results,
                concurrency=concurrency,
                retry_unscored=retry_unscored,
            )
        except KeyboardInterrupt:
            results.write_transcripts()
            typer.echo(
                f"raise-penguin: stopped; run the same command again to go on with {out}", err=True
            )
            raise typer.Exit(130) from None
        results.write_transcripts()
        _print(results, as_json=False)


@app.command()
def show(
    folder: Annotated[Path, typer.Argument(help="Folder of the run.")],
    *,
    as_json: Annotated[bool, typer.Option("--json", help="All figures as JSON.")] = False,
    dialogue: Annotated[
        str, typer.Option(help="A scenario's id, or 'first': shows what was said under raise.")
    ] = "",
) -> None:
    """Show the table of a run, or one of its dialogues as a person saw it."""
    from .results import Results

    with Results.open(folder) as results:
        if dialogue:
            _print_dialogue(results, dialogue)
        else:
            _print(results, as_json=as_json)


def _run(
    scenarios: list[Scenario],
    conditions: list[Condition],
    judge: Judge,
    results: Results,
    *,
    concurrency: int,
    retry_unscored: bool,
) -> None:
    """Run with live progress."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    from .runner import run_evaluation

    console = Console(stderr=True)
    total = sum(
        1
        for scenario in scenarios
        for condition in conditions
        if scenario.kind == "sensitive" or condition.name == "raise"
    )
    judged = sum(len(conditions) for scenario in scenarios if scenario.kind == "sensitive")
    columns = (TextColumn("{task.description:>10}"), BarColumn(), MofNCompleteColumn())
    with Progress(*columns, TimeElapsedColumn(), console=console) as progress:
        tasks = {
            "dialogue": progress.add_task(
                "dialogues", total=total, completed=len(results.dialogues())
            ),
            "judgement": progress.add_task(
                "judgements", total=judged, completed=len(results.judgements())
            ),
        }
        asyncio.run(
            run_evaluation(
                scenarios,
                conditions,
                judge,
                results,
                concurrency=concurrency,
                retry_unscored=retry_unscored,
                on_progress=lambda step: progress.advance(tasks[step]),
            )
        )


def _print(results: Results, *, as_json: bool) -> None:
    from rich.console import Console

    from .report import print_summary
    from .summary import summarise

    summary = summarise(results)
    if as_json:
        typer.echo(summary.model_dump_json(indent=2))
        return
    print_summary(Console(highlight=False), summary, results.folder / "transcripts.jsonl")


def _shows_asking(dialogue: Dialogue) -> bool:
    """Whether a dialogue is one to show first: somebody was asked, and the reply is judged."""
    return dialogue.kind == "sensitive" and bool(dialogue.asked)


def _print_dialogue(results: Results, wanted: str) -> None:
    from rich.console import Console

    from ..penguin.errors import RunError
    from ..penguin.judging.verdict import DIMENSIONS, Verdict
    from .report import print_dialogue, scores_line

    held = {
        unit: one
        for unit, one in results.dialogues().items()
        if one.condition == "raise"
        and (_shows_asking(one) if wanted == "first" else one.scenario == wanted)
    }
    if not held:
        raise RunError(f"{results.folder} holds no dialogue {wanted!r} under raise")
    unit, dialogue = next(iter(held.items()))
    verdict = results.judgements().get(unit)
    scores = "no score"
    if isinstance(verdict, Verdict):
        values: dict[str, float] = {name: verdict.score(name) for name in DIMENSIONS}
        scores = "judge: " + scores_line({**values, "mean": verdict.mean})
    print_dialogue(Console(highlight=False), dialogue, scores, results.settings().labels)
