"""Guards the pages: outputs shown are what the commands print, and links lead somewhere."""

from __future__ import annotations

import importlib.util
import re
import sys
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).resolve().parents[1]


def load() -> ModuleType:
    spec = importlib.util.spec_from_file_location("refresh", ROOT / "docs" / "refresh.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["refresh"] = module
    spec.loader.exec_module(module)
    return module


REFRESH = load()
SHOWN = [
    (page.name, command, output)
    for page in REFRESH.pages()
    for command, output in REFRESH.blocks(page.read_text(encoding="utf-8"))
]


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.parametrize(("page", "command", "output"), SHOWN, ids=[one[1] for one in SHOWN])
def test_a_page_shows_what_the_command_prints(page: str, command: str, output: str) -> None:
    assert REFRESH.run(command) == output, f"{page}: run make docs"


def test_a_block_is_found_and_replaced() -> None:
    page = "a\n<!-- run: raise-penguin doctor -->\n```text\nold\n```\nb\n"
    assert REFRESH.blocks(page) == [("raise-penguin doctor", "old\n")]

    def renewed(command: str) -> str:
        return f"new {command}\n"

    assert REFRESH.refreshed(page, renewed) == page.replace("old", "new raise-penguin doctor")


@pytest.mark.parametrize("page", REFRESH.pages(), ids=lambda page: page.name)
def test_links_to_files_lead_somewhere(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    links = re.findall(r"\]\((?!https?:|#|mailto:)([^)#]+)", text)
    missing = [link for link in links if not (page.parent / link).exists()]
    assert missing == []


@pytest.mark.parametrize("page", REFRESH.pages(), ids=lambda page: page.name)
def test_every_row_of_a_table_has_as_many_cells_as_its_header(page: Path) -> None:
    text = re.sub(r"^```.*?^```", "", page.read_text(encoding="utf-8"), flags=re.M | re.S)
    for table in re.findall(r"(?:^ *\|[^\n]*\n)+", text, re.M):
        rows = re.sub(r"`[^`\n]*`|\\\|", "code", table).strip().splitlines()
        cells = [row.strip().strip("|").count("|") for row in rows]
        uneven = [row for row, count in zip(rows, cells, strict=True) if count != cells[0]]
        assert uneven == []
