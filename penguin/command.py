"""``raise-penguin penguin``: build the benchmark, check it, look at it, read other people's."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from .discover_command import discover
from .options import BaseUrl
from .reading_command import reading
from .users_command import app as users_app

if TYPE_CHECKING:
    from .quality import Quality
    from .scenario import Scenario

app = typer.Typer(help="Build, check and read benchmark scenarios.")
app.command()(discover)
app.command()(reading)
app.add_typer(users_app, name="users")

Data = Annotated[Path, typer.Argument(help="JSONL, Parquet, CSV or JSON of any known format.")]


@app.command()
def build(
    *,
    out: Annotated[
        Path, typer.Option(help="A .jsonl, .parquet or .json file; without a dot, a folder.")
    ],
    seed: Annotated[int, typer.Option(min=0, help="Everything is drawn from it.")] = 0,
    domains: Annotated[str, typer.Option(help="Comma-separated domain ids; all.")] = "",
    people: Annotated[int, typer.Option(min=1, help="People a domain, ten queries each.")] = 100,
    posts: Annotated[int, typer.Option(min=0, help="Posts a domain, one person each.")] = 1_000,
    model: Annotated[
        str, typer.Option(help="A chat model that words each query anew; none if omitted.")
    ] = "",
    base_url: BaseUrl = "",
    price_in: Annotated[float, typer.Option(help="Money for a million tokens in.")] = 0.0,
    price_out: Annotated[float, typer.Option(help="Money for a million tokens out.")] = 0.0,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask before a model is paid.")] = False,
) -> None:
    """Make the benchmark: 14,000 scenarios, the same bytes from the same seed anywhere."""
    from .building import build_scenarios
    from .formats.writing import manifest, write_manifest, write_scenarios, writer_of
    from .hub import write_hub_folder

    if out.suffix:
        writer_of(out)  # before anything is built or paid for
    chosen = [name.strip() for name in domains.split(",") if name.strip()]
    scenarios = list(build_scenarios(seed, people=people, posts=posts, domains=chosen))
    if model:
        scenarios = _reworded(
            scenarios, out, model, base_url, price_in=price_in, price_out=price_out, yes=yes
        )
    found = manifest(scenarios, seed=seed) | ({"model": model} if model else {})
    if out.suffix:
        write_scenarios(out, scenarios)
        beside = write_manifest(out, found)
        typer.echo(f"wrote {out} and {beside}")
    else:
        write_hub_folder(out, scenarios, found)
        typer.echo(f"wrote the folder {out}")
    typer.echo(json.dumps(found, indent=2))


@app.command()
def validate(data: Data) -> None:
    """Check that every record can be read, that ids differ and that no split is crossed."""
    from .errors import DataError
    from .formats.loading import import_file

    found = import_file(data, skip_invalid=True)
    for raw in found.broken[:20]:
        typer.echo(f"{raw.where}: {raw.problem}", err=True)
    crossing = _crossing(found.scenarios)
    typer.echo(
        f"{len(found.scenarios)} scenarios and {len(found.profiles)} people without a query; "
        f"{len(found.broken)} records broken; {crossing} people or situations in two splits"
    )
    if found.broken or crossing or not (found.scenarios or found.profiles):
        raise DataError(f"{data} is not valid")


@app.command()
def stats(
    data: Annotated[
        Path | None, typer.Argument(help="A file of scenarios; the set of seed 0 if omitted.")
    ] = None,
    *,
    as_json: Annotated[bool, typer.Option("--json", help="All figures as JSON.")] = False,
) -> None:
    """Measure variety, length, readability, leaks and near copies."""
    from .building import build_scenarios
    from .embedding import WordLlamaEmbedder
    from .formats.loading import load_scenarios
    from .quality import measure_quality

    scenarios = load_scenarios(data) if data else list(build_scenarios(0))
    quality = measure_quality(scenarios, WordLlamaEmbedder())
    if as_json:
        typer.echo(json.dumps(quality.as_json(), indent=2))
    else:
        _print_quality(quality)


@app.command()
def sample(
    data: Annotated[
        Path | None, typer.Argument(help="A file of scenarios; the set of seed 0 if omitted.")
    ] = None,
    *,
    n: Annotated[int, typer.Option("-n", min=1, help="How many.")] = 5,
    seed: Annotated[int, typer.Option(help="Another seed chooses others.")] = 0,
    split: Annotated[str, typer.Option(help="train, validation or test; any.")] = "",
) -> None:
    """Show some scenarios as a person reads them, spread over domains and people."""
    from .building import build_scenarios
    from .domains import load_situations
    from .errors import DataError
    from .formats.loading import load_scenarios
    from .people import spread

    scenarios = load_scenarios(data) if data else list(build_scenarios(0))
    chosen = [one for one in scenarios if not split or one.split == split]
    if not chosen:
        there = ", ".join(sorted({one.split for one in scenarios} - {""})) or "none"
        raise DataError(f"no scenario is in the split {split!r}; there are: {there}")
    situations = load_situations()
    for one in spread(chosen, n, seed):
        known = ", ".join(f"{name}={value}" for name, value in one.profile.values.items())
        typer.echo(f"{one.id} [{one.domain}, {one.style or 'no style'}, {one.split or 'no split'}]")
        typer.echo(f"  {one.query}")
        typer.echo(f"  person: {known or 'nothing known'}")
        if one.profile.situation in situations:
            situation = situations[one.profile.situation][1]
            typer.echo(f"  risk: {situation.risk(one.profile.values)}")
            for need in situation.needs(one.profile.values):
                typer.echo(f"  must hold ({need.risk}): {need.holds}")
        typer.echo("")


@app.command()
def convert(
    data: Data,
    out: Annotated[Path, typer.Argument(help="A .jsonl, .parquet or .json file.")],
) -> None:
    """Write scenarios in another format."""
    from .formats.loading import load_scenarios
    from .formats.writing import write_scenarios

    scenarios = load_scenarios(data)
    write_scenarios(out, scenarios)
    typer.echo(f"wrote {len(scenarios)} scenarios to {out}")


@app.command("import")
def import_(
    data: Data,
    *,
    out: Annotated[Path, typer.Option(help="A .jsonl or .parquet file.")],
    skip_invalid: Annotated[
        bool, typer.Option("--skip-invalid", help="Put broken records aside in a file.")
    ] = False,
) -> None:
    """Read another source's records, and say by record what could not be used."""
    from .errors import DataError
    from .formats.loading import import_file
    from .formats.writing import write_scenarios

    found = import_file(data, skip_invalid=skip_invalid)
    if not (found.scenarios or found.profiles or found.broken):
        raise DataError(f"{data} holds no record")
    write_scenarios(out, found.scenarios)
    typer.echo(f"wrote {len(found.scenarios)} scenarios to {out}")
    if found.profiles:
        typer.echo(f"{len(found.profiles)} records are people without a query; nothing to ask")
    if found.unused:
        beside = out.with_name(f"{out.name}.unused.json")
        beside.write_text(json.dumps(found.unused, indent=1) + "\n", "utf-8")
        typer.echo(f"{len(found.unused)} records hold something that was not used: {beside}")
        for reason, count in _counted(found.unused)[:12]:
            typer.echo(f"  {count:>6}  {reason}")
    if found.broken:
        aside = out.with_name(f"{out.name}.rejected.jsonl")
        lines = [
            json.dumps(
                {"where": raw.where, "problem": raw.problem, "record": raw.record}, default=str
            )
            for raw in found.broken
        ]
        aside.write_text("\n".join(lines) + "\n", encoding="utf-8")
        typer.echo(f"{len(found.broken)} broken records are in {aside}; the first:")
        typer.echo(f"  {found.broken[0].where}: {found.broken[0].problem}")


def _counted(unused: dict[str, list[str]]) -> list[tuple[str, int]]:
    from collections import Counter

    return Counter(reason for reasons in unused.values() for reason in reasons).most_common()


def _crossing(scenarios: list[Scenario]) -> int:
    from .quality import crossing_splits

    return crossing_splits(scenarios)


def _reworded(
    scenarios: list[Scenario], out: Path, model: str, base_url: str, **options: Any
) -> list[Scenario]:
    """Have a model word each query anew, after its price was shown and accepted."""
    import asyncio

    from .models import open_model
    from .rewording import estimate, reword

    chat = open_model(model, base_url=base_url or None)
    cost = estimate(scenarios)
    money = (cost.tokens_in * options["price_in"] + cost.tokens_out * options["price_out"]) / 1e6
    priced = f", {money:.2f} at the prices given" if money else ", no price given"
    typer.echo(
        f"{cost.calls:,} calls to {model}, about {cost.tokens_in:,} tokens in and "
        f"{cost.tokens_out:,} out{priced}"
    )
    if not options["yes"]:
        typer.confirm("Go on?", abort=True)
    done = asyncio.run(
        reword(scenarios, chat, name=model, ledger=out.with_name(f"{out.name}.rewords.jsonl"))
    )
    typer.echo(f"{done.reworded} queries worded anew; {done.kept} kept as they were:")
    for cause, count in sorted(done.causes.items()):
        typer.echo(f"  {count:>6}  {cause}")
    return done.scenarios


def _print_quality(quality: Quality) -> None:
    from rich.console import Console
    from rich.table import Table

    table = Table(show_header=False, box=None)
    figures = quality.as_json()
    for domain, shares in figures.pop("distinct_ngrams").items():
        figures[f"distinct 1-, 2-, 3-grams, {domain}"] = " ".join(map(str, shares))
    for name, value in figures.items():
        table.add_row(name.replace("_", " "), str(value).strip("{}").replace("'", ""))
    Console(width=140).print(table)
