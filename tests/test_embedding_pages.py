"""Guards the pages on embedding in Python: their code runs, the examples they name are there."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
NAMES = ("middleware", "raise-chat", "subgraph", "tool")
PAGES = [ROOT / "docs" / "embedding" / f"{name}.md" for name in NAMES]
BLOCKS = [
    (f"{page.name} {place}", code)
    for page in PAGES
    for place, code in enumerate(
        re.findall(r"^```python\n(.*?)^```", page.read_text(encoding="utf-8"), re.M | re.S)
    )
]


@pytest.mark.parametrize("code", [code for _, code in BLOCKS], ids=[name for name, _ in BLOCKS])
def test_python_blocks_run_and_print(code: str, tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip()


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_a_page_has_code_and_names_examples_that_exist(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    assert "```python" in text
    named = re.findall(r"examples/[a-z_]+\.py", text)
    assert named
    assert [name for name in named if not (ROOT / name).exists()] == []
