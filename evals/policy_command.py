"""``raise-penguin policy``: how good a policy's retrieval is, and the price of its questions."""

from __future__ import annotations

import asyncio
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from ..policies.store import PolicyStore

Policy = Annotated[Path | None, typer.Option(help="Policy store; the shipped one.")]


def evaluate(
    *,
    policy: Policy = None,
    queries: Annotated[int, typer.Option(min=1, max=10, help="Messages a situation.")] = 10,
    people: Annotated[int, typer.Option(min=1, help="People for each held-out situation.")] = 4,
    as_json: Annotated[bool, typer.Option("--json", help="All figures as JSON.")] = False,
) -> None:
    """Measure retrieval: hits on other wordings, and planned gain kept on held-out situations."""
    import json
    from dataclasses import asdict

    from .benchmarks.retrieval import held_out_gain, hits

    with _opened(policy) as store:
        hit = hits(store, queries=queries)
        kept = asyncio.run(held_out_gain(store, people=people))
    if as_json:
        typer.echo(json.dumps({"hits": asdict(hit), "held_out": asdict(kept)}, indent=2))
        return
    typer.echo("writer: offline  judge: offline")
    typer.echo(
        f"{hit.messages} other wordings of {hit.situations} planned situations:\n"
        f"  nearest plan of the right situation {hit.situation_first:.1%}, "
        f"among {hit.k} {hit.situation_any:.1%}\n"
        f"  nearest plan of the right domain    {hit.domain_first:.1%}, "
        f"among {hit.k} {hit.domain_any:.1%}\n"
        f"  mean agreement of the neighbours    {hit.agreement:.2f}"
    )
    typer.echo(
        f"{kept.situations} held-out situations: the retrieved plan of {kept.depth} keeps "
        f"{kept.share:.1%} of the gain of each situation's own best set "
        f"({kept.low:.1%} to {kept.high:.1%}, 95 % over situations)"
    )


def calibrate(
    *,
    out: Annotated[Path, typer.Option(help="YAML file to write.")],
    policy: Policy = None,
    alpha: Annotated[
        float, typer.Option(help="Most expected shortfall against asking on, in points.")
    ] = 0.1,
    confidence: Annotated[float, typer.Option(min=0.5, max=0.999)] = 0.9,
    queries: Annotated[int, typer.Option(min=1, max=10, help="Messages a situation.")] = 3,
    people: Annotated[int, typer.Option(min=1, help="People a message.")] = 4,
    seed: Annotated[int, typer.Option(min=0, help="Seed of the people.")] = 0,
) -> None:
    """Set the price of a question on train and validation situations, each held out in turn."""
    import yaml

    from ..policies.stop_calibration import CalibrationFile
    from .benchmarks.cases import OFFLINE, HeldOutPolicy, SetScores, cases_of
    from .benchmarks.shortfall import BUDGETS, shortfalls

    splits = ("train", "validation")
    with _opened(policy) as store:
        cases = asyncio.run(cases_of(splits, queries=queries, people=people, seed=seed))
        found = asyncio.run(shortfalls(HeldOutPolicy(store), cases, SetScores()))
        made = CalibrationFile(
            policy=store.fingerprint[:16],
            models=OFFLINE,
            splits=splits,
            people=people,
            queries=queries,
            seed=seed,
            calibrations=tuple(
                found.calibrate(budget, alpha=alpha, confidence=confidence) for budget in BUDGETS
            ),
        )
    header = (
        "# Made by `raise-penguin policy calibrate`; the price of a question for each budget.\n"
    )
    text = yaml.safe_dump(made.model_dump(mode="json"), sort_keys=False, allow_unicode=True)
    out.write_text(header + text, encoding="utf-8")
    for one in made.calibrations:
        typer.echo(
            f"budget {one.budget}: price {one.price:g}, {one.questions:.2f} questions, shortfall "
            f"{one.shortfall:.3f} on {one.situations} situations; below {one.alpha:g} with "
            f"confidence {one.confidence:g} (offline)"
        )


@contextmanager
def _opened(policy: Path | None) -> Generator[PolicyStore]:
    """A policy store with something in it to measure.

    Raises:
        StoreError: It cannot be read, or holds no plan.
    """
    from ..penguin.errors import StoreError
    from ..policies.store import PolicyStore, shipped_store_path

    with PolicyStore.open(policy or shipped_store_path()) as store:
        if not store.records():
            raise StoreError(f"{policy} holds no plan; make some with `raise-penguin plan run`")
        yield store
