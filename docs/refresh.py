"""Print the outputs in the pages anew: ``make docs`` writes them, a test holds them.

A block that follows ``<!-- run: raise-penguin ... -->`` is what that command prints.
"""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
BLOCK = re.compile(r"(<!-- run: (raise-penguin [^\n]+?) -->\n```text\n)(.*?)(?=^```)", re.M | re.S)


def pages() -> list[Path]:
    """All pages that may hold such blocks."""
    return [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]


def blocks(text: str) -> list[tuple[str, str]]:
    """The commands of a page, each with the output that stands there."""
    return [(command, output) for _, command, output in BLOCK.findall(text)]


def refreshed(text: str, run: Callable[[str], str]) -> str:
    """The page with each command's output as it is now."""
    return BLOCK.sub(lambda match: match[1] + run(match[2]), text)


def run(command: str) -> str:
    """What a command of ours prints, in an empty folder and 100 columns."""
    program = Path(sys.executable).with_name("raise-penguin")
    with tempfile.TemporaryDirectory() as folder:
        done = subprocess.run(
            [program, *shlex.split(command)[1:]],
            cwd=folder,
            env=os.environ | {"COLUMNS": "100", "TERM": "dumb"},
            capture_output=True,
            text=True,
            check=True,
        )
    lines = [line.rstrip() for line in done.stdout.strip("\n").splitlines()]
    return "\n".join(lines) + "\n"


def main() -> None:
    """Write all pages anew."""
    for page in pages():
        text = page.read_text(encoding="utf-8")
        now = refreshed(text, run)
        if now != text:
            page.write_text(now, encoding="utf-8")
            sys.stdout.write(f"{page.relative_to(ROOT)} changed\n")


if __name__ == "__main__":
    main()
