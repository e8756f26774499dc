"""``raise-penguin eval``: measure conditions on scenarios, and show what came out."""

from __future__ import annotations

import asyncio
import hashlib
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from ..penguin.judging.verdict import Judge
    from ..penguin.scenario import Scenario
    from .conditions import Condition, UserFactory
    from .dialogue import Dialogue
    from .results import Results
    from .settings import EvalSettings

app = typer.Typer(help="Measure the agent on PENGUIN scenarios, and show what came out.")
bench = typer.Typer(help="Benchmarks with known answers.")
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
    base_url: Annotated[str, typer.Option(help="URL of an OpenAI-compatible server.")] = "",
    selection: Annotated[
        str, typer.Option(help="Who chooses questions: 'model', or 'policy' for plans alone.")
    ] = "model",
    budget: Annotated[int, typer.Option(min=0, help="Most questions a message.")] = 3,
    never_ask: Annotated[
        str, typer.Option(help="Comma-separated attributes that are never asked for.")
    ] = "",
    stopping: Annotated[
        str, typer.Option(help="When to stop asking: auto, value, scale, binary or basic.")
    ] = "auto",
    threshold: Annotated[
        int | None, typer.Option(min=0, max=5, help="Completeness that is enough, for scale etc.")
    ] = None,
    price: Annotated[
        float | None, typer.Option(min=0, help="Points that a question's cost of 1 is worth.")
    ] = None,
    policy: Annotated[str, typer.Option(help="Policy store; the shipped one if omitted.")] = "",
    concurrency: Annotated[int, typer.Option(min=1, help="Dialogues in flight.")] = 16,
    seed: Annotated[int, typer.Option(help="Seed of the choice and the intervals.")] = 0,
    retry_unscored: Annotated[
        bool, typer.Option("--retry-unscored", help="Judge again what got no score.")
    ] = False,
) -> None:
    """Run an evaluation, or go on with it. Stop it at any time; what is done stays done."""
    from ..penguin.errors import SettingsError
    from ..policies.store import PolicyStore, shipped_store_path
    from .results import Results
    from .settings import EvalSettings, data_hash, parse_conditions

    if selection not in ("model", "policy"):
        raise SettingsError(f"--selection {selection!r}: use 'model' or 'policy'")
    if judge_variant not in ("rubric", "flow"):
        raise SettingsError(f"--judge-variant {judge_variant!r}: use 'rubric' or 'flow'")
    wanted = parse_conditions(conditions)
    scenarios = _scenarios(data, split, limit, seed, controls=controls and "raise" in wanted)
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
    judge, chosen = _judge(settings), _conditions(settings, policy)
    _reach(settings)
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
    seed: Annotated[int, typer.Option(help="Draws the dialogues.")] = 0,
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
    seed: Annotated[int, typer.Option(help="Draws the pools.")] = 0,
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


def _scenarios(
    data: Path | None, split: str, limit: int, seed: int, *, controls: bool
) -> list[Scenario]:
    """The scenarios of the run, the same ones on any machine."""
    from ..penguin.errors import DataError
    from ..penguin.formats.loading import load_scenarios
    from ..penguin.people import control_scenarios, demo_scenarios, spread

    source = load_scenarios(data) if data else demo_scenarios()
    source = [scenario for scenario in source if not split or scenario.split == split]
    if not source:
        raise DataError(f"{data or 'the demo set'} has no scenario in the split {split!r}")
    return [*spread(source, limit, seed), *(control_scenarios() if controls else [])]


def _conditions(settings: EvalSettings, policy: str) -> list[Condition]:
    from langgraph.checkpoint.memory import InMemorySaver

    from ..graphs import Dialogues, build_raise_graph
    from ..graphs.context import read_context
    from ..graphs.roles import OFFLINE, open_roles
    from ..penguin.users.behaviours import faults_by_design
    from .conditions import Direct, Raise, all_facts, no_facts

    context = read_context(
        {
            "model": settings.model,
            "base_url": settings.base_url,
            "selection": settings.selection,
            "budget": settings.budget,
            "never_ask": settings.never_ask,
            "stopping": settings.stopping,
            "threshold": settings.threshold,
            "price": settings.price,
            "policy_store": policy,
            # a simulated person by rules understands English alone, whatever they answer in
            "language": "en" if settings.user_model == OFFLINE else "",
        }
    )
    responder = open_roles(settings.model, base_url=settings.base_url or None).respond
    graph = build_raise_graph(checkpointer=InMemorySaver())
    dialogues = Dialogues(graph, context=context, durability="exit")
    made: dict[str, Condition] = {
        "context-free": Direct("context-free", responder, no_facts),
        "raise": Raise(
            dialogues,
            _users(settings),
            lambda scenario: faults_by_design(_behaviours(settings, scenario)),
        ),
        "context-rich": Direct("context-rich", responder, all_facts),
    }
    return [made[name] for name in settings.conditions]


def _reach(settings: EvalSettings) -> None:
    """Ask each chat model one small thing first: a dead one must not cost a whole table."""
    from ..penguin.models import open_model
    from ..penguin.structured import reach

    judges = {name.strip() for name in settings.judge_model.split(",")}
    names = {settings.model, settings.user_model, *judges} - {"offline"}
    for name in sorted(names):
        reach(open_model(name, base_url=settings.base_url or None))


def _users(settings: EvalSettings) -> UserFactory:
    """The people, each with a behaviour."""
    from ..penguin.users.behaviours import behaviours_named

    behaviours_named(settings.user_behaviours)
    if settings.user_model == "offline":
        from ..penguin.users.offline import OfflineUser

        return lambda scenario: OfflineUser(
            scenario.profile, seed=settings.seed, behaviours=_behaviours(settings, scenario)
        )
    from ..penguin.models import open_model
    from ..penguin.users.model_user import ModelUser

    model = open_model(settings.user_model, base_url=settings.base_url or None)
    return lambda scenario: ModelUser(
        model, scenario.profile, behaviours=_behaviours(settings, scenario)
    )


def _behaviours(settings: EvalSettings, scenario: Scenario) -> list[str]:
    """A person has one of the behaviours, by the hash of who they are."""
    if not settings.user_behaviours:
        return []
    place = int(hashlib.sha256(scenario.profile.id.encode()).hexdigest()[:8], 16)
    return [settings.user_behaviours[place % len(settings.user_behaviours)]]


def _judge(settings: EvalSettings) -> Judge:
    from ..penguin.judging.opening import open_judge

    return open_judge(
        settings.judge_model,
        base_url=settings.base_url,
        variant=settings.judge_variant,
        samples=settings.judge_samples,
        blind=settings.judge_blind,
        seed=settings.seed,
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
