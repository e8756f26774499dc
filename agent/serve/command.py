"""``raise-penguin serve``: the agent behind an OpenAI-compatible chat endpoint."""

from __future__ import annotations

import ipaddress
from collections.abc import Generator
from contextlib import closing, contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ...penguin.options import BaseUrl
from ..options import Country, Model, Policy, Questions, Selection, seen_to_open

if TYPE_CHECKING:
    import socket

    from ...graphs import RaiseContext
    from .settings import ServeSettings


def serve(
    *,
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port; 0 takes a free one.")] = 8321,
    key: Annotated[
        list[str] | None,
        typer.Option(
            envvar="RAISE_PENGUIN_KEYS",
            help="Bearer key that is let in; may be given again. Other users of the machine can "
            "read flags: better set the variable, keys parted by spaces.",
        ),
    ] = None,
    dialogues: Annotated[
        Path | None,
        typer.Option(help="SQLite file that keeps named threads; in memory if omitted."),
    ] = None,
    keep: Annotated[int, typer.Option(min=1, help="Threads kept in memory.")] = 1_000,
    rate: Annotated[
        str, typer.Option(help="Most requests of a key (of an address without keys).")
    ] = "60/minute",
    max_bytes: Annotated[int, typer.Option(min=1_000, help="Largest request body.")] = 1_000_000,
    cors_origin: Annotated[
        list[str] | None, typer.Option(help="Web origin whose pages may call; may be repeated.")
    ] = None,
    behind_proxy: Annotated[
        bool, typer.Option(help="Believe a proxy on this machine about who calls.")
    ] = False,
    model: Model = "offline",
    base_url: BaseUrl = "",
    selection: Selection = "model",
    budget: Questions = 3,
    country: Country = "",
    language: Annotated[
        str, typer.Option(help="Two-letter code for help in a crisis; the person's if omitted.")
    ] = "",
    policy_store: Policy = "",
) -> None:
    """Serve the agent to any chat front end that speaks OpenAI's protocol."""
    from ...penguin.errors import SettingsError

    missing = [name for name in ("starlette", "uvicorn", "limits") if find_spec(name) is None]
    if missing:
        raise SettingsError(
            f"{', '.join(missing)} not installed: pip install 'raise-penguin[serve]'"
        )
    from pydantic import ValidationError

    from ...graphs.context import RaiseContext
    from ...graphs.crisis.resources import resources_for
    from .settings import ServeSettings

    resources_for(country, "suicide")  # refuses a code that is no country before anyone talks
    if not key and not _on_loopback(host):
        raise SettingsError(
            f"--host {host} can be reached from other machines, and no key is asked for: set "
            "RAISE_PENGUIN_KEYS, or listen on 127.0.0.1"
        )
    names = ("*",) if key else (host, "localhost", "127.0.0.1", "[::1]", "::1")
    try:
        context = RaiseContext.model_validate(
            {
                "model": model,
                "base_url": base_url,
                "selection": selection,
                "budget": budget,
                "country": country,
                "language": language,
                "policy_store": seen_to_open(policy_store),
                "mode": "message",
            }
        )
        settings = ServeSettings.model_validate(
            {
                "keys": key or (),
                "rate": rate,
                "max_bytes": max_bytes,
                "dialogues": dialogues,
                "keep": keep,
                "origins": cors_origin or (),
                "hosts": names,  # without a key a page elsewhere must not reach us by another name
            }
        )
    except ValidationError as error:
        first = error.errors(include_input=False)[0]
        raise SettingsError(f"{first['loc'][0] if first['loc'] else ''}: {first['msg']}") from None
    if model != "offline":
        from ...graphs.roles import open_roles

        open_roles(model, base_url=base_url or None)  # a missing key is told before anyone talks
    with _kept_by_us(dialogues), _listen(host, port) as listening:
        _run(settings, context, listening, behind_proxy)


def _on_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


@contextmanager
def _kept_by_us(database: Path | None) -> Generator[None]:
    """Keep a file of dialogues to this server: turns wait for each other only within one.

    A lock of SQLite's on a file beside it holds on every system and ends with the process.
    """
    import sqlite3

    from ...penguin.errors import StoreError

    if database is None:
        yield
        return
    try:
        database.parent.mkdir(parents=True, exist_ok=True)
        with closing(sqlite3.connect(database)) as file:
            file.executescript("BEGIN IMMEDIATE; ROLLBACK")  # told before anybody is served
        lock = sqlite3.connect(f"{database}.lock", timeout=0, isolation_level=None)
    except (sqlite3.Error, OSError) as error:
        raise StoreError(
            f"{database} cannot keep dialogues: {error}; give another --dialogues"
        ) from error
    with closing(lock):
        try:
            lock.execute("BEGIN EXCLUSIVE")
        except sqlite3.OperationalError as error:
            raise StoreError(
                f"another server keeps dialogues in {database}; give another --dialogues"
            ) from error
        yield


def _listen(host: str, port: int) -> socket.socket:
    """A bound socket, so that a taken port is told in a line and a free one by its number."""
    import socket

    from ...penguin.errors import SettingsError

    try:
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
        return socket.create_server((host, port), family=family)
    except OSError as error:
        raise SettingsError(
            f"cannot listen on {host}:{port}: {error}; give another --port"
        ) from error


def _run(
    settings: ServeSettings, context: RaiseContext, listening: socket.socket, behind_proxy: bool
) -> None:
    """Serve until a signal; turns in progress end first."""
    import uvicorn

    from .application import serve_app

    address = listening.getsockname()
    host = f"[{address[0]}]" if ":" in address[0] else address[0]
    label = "offline, rule-based" if context.model == "offline" else context.model
    typer.echo(f"http://{host}:{address[1]}/v1 | model: {label} | Ctrl-C ends")
    config = uvicorn.Config(
        serve_app(settings, context=context),
        proxy_headers=behind_proxy,
        server_header=False,
        timeout_graceful_shutdown=settings.shutdown_seconds,
        log_level="info",
    )
    uvicorn.Server(config).run(sockets=[listening])
