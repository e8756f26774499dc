"""The ``raise-penguin`` command: the front door to every layer, each loaded when it is used."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from ..penguin.errors import RaisePenguinError

app = typer.Typer(
    name="raise-penguin",
    help="RAISE asks the few facts it must know before it answers a sensitive message; "
    "PENGUIN measures the difference. Everything runs offline unless a model is named.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)


def _version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version

        typer.echo(f"raise-penguin {version('raise-penguin')}")
        raise typer.Exit


@app.callback()
def root(
    version: Annotated[
        bool,
        typer.Option("--version", callback=_version, is_eager=True, help="Show the version."),
    ] = False,
) -> None:
    """Options of the whole command."""
    del version


def _mount() -> None:
    """Hang each layer's own commands below the root."""
    from ..evals.command import app as eval_app
    from ..evals.policy_command import calibrate, evaluate
    from ..graphs.crisis.command import app as crisis_app
    from ..penguin.command import app as penguin_app
    from ..penguin.judge_command import app as judge_app
    from ..policies.policy_command import app as policy_app
    from .chat_command import chat
    from .doctor import doctor
    from .explain_command import explain
    from .graph_command import graph
    from .memory_command import app as memory_app
    from .plan_command import app as plan_app
    from .serve.command import serve

    app.command()(chat)
    app.command()(serve)
    app.command()(explain)
    app.add_typer(eval_app, name="eval")
    app.add_typer(plan_app, name="plan")
    policy_app.command("eval")(evaluate)
    policy_app.command()(calibrate)
    app.add_typer(policy_app, name="policy")
    app.add_typer(crisis_app, name="crisis")
    app.add_typer(penguin_app, name="penguin")
    app.add_typer(judge_app, name="judge")
    app.add_typer(memory_app, name="memory")
    app.command()(doctor)
    app.command()(graph)


_mount()


def main() -> None:
    """Run the command; an error of ours is one line on stderr and status 2."""
    try:
        app()
    except RaisePenguinError as error:
        typer.echo(f"raise-penguin: {' '.join(str(error).split())}", err=True)
        sys.exit(2)
    except KeyboardInterrupt:
        typer.echo("raise-penguin: stopped", err=True)
        sys.exit(130)


if __name__ == "__main__":
    main()
