"""Guards the page on Studio: its code runs against the server as it stands."""

from __future__ import annotations

import re
import subprocess
import sys

import pytest
from development_server import ROOT, DevelopmentServer

PAGE = (ROOT / "docs" / "studio.md").read_text(encoding="utf-8")


@pytest.mark.slow
def test_the_code_of_the_page_runs(studio: DevelopmentServer) -> None:
    blocks = re.findall(r"^```python\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)
    code = "\n".join(blocks).replace("http://127.0.0.1:2024", studio.url)
    assert studio.url in code
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False, timeout=100
    )
    assert done.returncode == 0, done.stderr
    lines = done.stdout.strip().splitlines()
    assert " | " in lines[0]
    replies = [part for part in done.stdout.split("\n") if len(part.split()) > 30]
    assert len(replies) >= 2
