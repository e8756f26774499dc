"""``raise-penguin doctor``: what is installed, what works, what is missing and how to get it."""

from __future__ import annotations

import asyncio
import os
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from ..penguin.errors import RaisePenguinError
from ..penguin.options import BaseUrl

if TYPE_CHECKING:
    from collections.abc import Iterator

Mark = Literal["ok", "note", "missing"]


@dataclass(frozen=True)
class Finding:
    """One line of the doctor's report."""

    mark: Mark
    part: str
    detail: str


def doctor(
    *,
    model: Annotated[
        str, typer.Option(help="A chat model to try, e.g. openai:gpt-4o-mini.")
    ] = "offline",
    base_url: BaseUrl = "",
    country: Annotated[
        str, typer.Option(help="Two-letter code whose help lines to look for.")
    ] = "",
    resources: Annotated[str, typer.Option(help="A file of help lines of your own.")] = "",
    language: Annotated[str, typer.Option(help="Language that a help line should speak.")] = "",
) -> None:
    """Check the installation. Exit status 2 where something that is asked for does not work."""
    from rich.console import Console
    from rich.table import Table

    console = Console(highlight=False)
    findings = [
        *_versions(),
        *_policy(),
        *_index(),
        *_crisis(country, resources, language),
        *_dialogue(),
        *_model(model, base_url),
    ]
    table = Table("", "part", "what was found", box=None, pad_edge=False)
    colours = {"ok": "green", "note": "yellow", "missing": "red"}
    for finding in findings:
        table.add_row(f"[{colours[finding.mark]}]{finding.mark}[/]", finding.part, finding.detail)
    console.print(table)
    if any(finding.mark == "missing" for finding in findings):
        raise typer.Exit(2)


def _versions() -> Iterator[Finding]:
    from importlib.metadata import version

    python = ".".join(map(str, sys.version_info[:3]))
    yield Finding("ok", "python", python)
    for name in ("raise-penguin", "langgraph", "langchain-core", "langchain-openai"):
        yield Finding("ok", name, version(name))


def _policy() -> Iterator[Finding]:
    """The shipped plans and the embedders that find them."""
    from ..penguin.embedding import embedder_named
    from ..policies.stop_calibration import shipped_calibration
    from ..policies.store import PolicyStore, shipped_store_path

    try:
        with PolicyStore.open(shipped_store_path()) as store:
            nearest = store.nearest("Should I leave my job without another one?", k=1)
            detail = f"{len(store.records())} plans, embedder {store.embedder.name}"
            yield Finding("ok" if nearest else "missing", "policy store", detail)
            fits = store.fingerprint.startswith(shipped_calibration().policy)
            detail = "calibrated for the shipped policy"
            advice = "calibrated for another policy: run 'raise-penguin policy calibrate'"
            yield Finding("ok" if fits else "note", "price of asking", detail if fits else advice)
    except RaisePenguinError as error:
        yield Finding("missing", "policy store", str(error))
    try:
        yield Finding("ok", "embedder minilm", embedder_named("minilm").name)
    except RaisePenguinError as error:
        yield Finding("note", "embedder minilm", str(error))


def _index() -> Iterator[Finding]:
    from ..policies.indexes import WHY_AUTO, pgvector_status, vss_status

    yield Finding("ok", "index auto", WHY_AUTO)
    for name, found in (("vss", vss_status()), ("pgvector", pgvector_status())):
        yield Finding("ok" if found.works else "note", f"index {name}", found.reason)


def _crisis(country: str, resources: str, language: str) -> Iterator[Finding]:
    """Whether there are help lines, and what the country asked about lacks."""
    from ..graphs.crisis.coverage import SPOKEN, coverage_of
    from ..graphs.crisis.resources import INTERNATIONAL, iso_codes, load_resources

    path = Path(resources) if resources else None
    try:
        lines = load_resources(path)
        named = {line.country_code for line in lines} - {INTERNATIONAL}
        yield Finding("ok", "help lines", f"{len(lines)} entries, {len(named)} countries")
        code = country.upper()
        if not code:
            yield Finding("note", "country", "none given: help names international directories")
            return
        if code not in iso_codes():
            yield Finding("missing", "country", f"{country!r} is no ISO 3166-1 code, such as GB")
            return
        found = coverage_of(code, path)
    except RaisePenguinError as error:
        yield Finding("missing", "help lines", str(error))
        return
    if not found.emergency:
        yield Finding("note", f"{code} emergency", "no number: 'your local emergency number'")
    kinds: tuple[tuple[Mark, tuple[str, ...], str], ...] = (
        ("ok", found.own_line, "a line of its own"),
        ("note", found.general_only, "no line of its own: the general crisis line is named"),
        ("missing", found.none, "no line fits: international directories are named; add one"),
    )
    for mark, dangers, detail in kinds:
        for danger in dangers:
            yield Finding(mark, f"{code} {danger}", detail)
    for line in found.thin:
        yield Finding("note", f"{code} {line.kind}", f"{line.name}: {line.note}")
    if language and SPOKEN.get(language, language) not in found.languages:
        told = ", ".join(sorted(found.languages)) or "none says"
        yield Finding("note", f"{code} language", f"no line says it speaks {language} ({told})")


def _dialogue() -> Iterator[Finding]:
    """One offline dialogue through the graph."""
    from langgraph.checkpoint.memory import InMemorySaver

    from ..graphs import Dialogues, build_raise_graph

    talk = Dialogues(build_raise_graph(checkpointer=InMemorySaver()))
    turn = talk.send_sync("doctor", "Should I quit my job before I have found another one?")
    works = turn.kind == "question" and not turn.state.get("degraded")
    detail = f"asks first: {turn.text}" if works else f"unexpected: {turn.kind}: {turn.text}"
    yield Finding("ok" if works else "missing", "graph (offline)", detail)


def _model(model: str, base_url: str) -> Iterator[Finding]:
    """Whether the chat model answers; offline where none is named."""
    if model == "offline":
        key = "set" if os.environ.get("OPENAI_API_KEY") else "not set"
        yield Finding(
            "note",
            "chat model",
            f"offline rules; OPENAI_API_KEY is {key}; try one with --model openai:gpt-4o-mini",
        )
        return
    from ..graphs.roles import open_roles

    try:
        roles = open_roles(model, base_url=base_url or None, time_limit=30)
        found = asyncio.run(roles.triage.triage("Which documents do I need for a visa?"))
        yield Finding("ok", "chat model", f"{model} answers (triage: {found.level})")
    except RaisePenguinError as error:
        yield Finding("missing", "chat model", f"{model}: {error}")
