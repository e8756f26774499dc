"""Guards the notebook: every cell runs, and says what the page about it promises."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbclient import NotebookClient

NOTEBOOK = Path(__file__).parents[2] / "examples" / "raise_penguin.ipynb"


def read() -> Any:
    return nbformat.read(NOTEBOOK, 4)  # pyright: ignore[reportUnknownVariableType]


def printed(notebook: Any) -> list[str]:
    """What each code cell printed."""
    return [
        "".join(str(output.get("text", "")) for output in cell.outputs)
        for cell in notebook.cells
        if cell.cell_type == "code"
    ]


def test_stored_outputs_are_small_and_name_no_machine() -> None:
    assert NOTEBOOK.stat().st_size < 50_000
    talk, log, plans, measured = printed(read())
    assert "asked because" in talk
    assert "triage" in log
    assert "1 plans made" in plans
    assert "offline" in measured
    assert str(Path.home()) not in NOTEBOOK.read_text()


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_every_cell_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}")
    notebook = read()
    NotebookClient(notebook, timeout=200, kernel_name="python3").execute()
    talk, log, plans, measured = printed(notebook)
    assert talk.count("asked because") <= 3
    assert "asked because" in talk
    assert "answers" in log
    assert "1 plans made" in plans
    assert "raise - context-free" in measured
