"""Guards the graph's picture: it is the graph's, and the one in the pages is up to date."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from pathlib import Path

import pytest
from typer.testing import CliRunner

from raise_penguin.agent.cli import app
from raise_penguin.agent.graph_picture import svg
from raise_penguin.graphs import build_raise_graph
from raise_penguin.penguin.errors import SettingsError

ROOT = Path(__file__).resolve().parents[2]
SVG = "{http://www.w3.org/2000/svg}"


def test_the_picture_in_the_pages_is_the_graph_as_it_is() -> None:
    shown = (ROOT / "docs" / "images" / "graph.svg").read_text(encoding="utf-8")
    assert shown == svg(build_raise_graph().get_graph()), "run: make docs"


def test_every_node_and_edge_is_drawn_inside_the_picture() -> None:
    graph = build_raise_graph().get_graph()
    drawn = ET.fromstring(svg(graph))
    width, height = float(drawn.attrib["width"]), float(drawn.attrib["height"])
    boxes = drawn.findall(f"{SVG}rect")[1:]
    assert len(boxes) == len(graph.nodes)
    corners: set[tuple[float, float]] = set()
    for box in boxes:
        x, y, w, h = (float(box.attrib[name]) for name in ("x", "y", "width", "height"))
        assert 0 <= x < x + w <= width
        assert 0 <= y < y + h <= height
        corners.add((x, y))
    assert len(corners) == len(boxes)
    lines = drawn.findall(f"{SVG}path")
    assert len(lines) == len(graph.edges)
    dashed = [line for line in lines if "stroke-dasharray" in line.attrib]
    assert len(dashed) == sum(edge.conditional for edge in graph.edges)
    words = " ".join(text.text or "" for text in drawn.iter(f"{SVG}text"))
    for node in graph.nodes.values():
        if node.metadata:
            assert node.metadata["description"] in words


def test_text_and_files(tmp_path: Path) -> None:
    printed = CliRunner().invoke(app, ["graph"])
    assert printed.exit_code == 0
    assert "graph TD" in printed.output
    assert "select -.-> ask" in printed.output
    for name, start in (("g.svg", "<svg"), ("g.mmd", "---")):
        assert CliRunner().invoke(app, ["graph", "--out", str(tmp_path / name)]).exit_code == 0
        assert (tmp_path / name).read_text().startswith(start)


@pytest.mark.parametrize("name", ["g.gif", "file.txt/g.svg"])
def test_a_file_that_cannot_be_written_is_told(name: str, tmp_path: Path) -> None:
    (tmp_path / "file.txt").write_text("")
    done = CliRunner().invoke(app, ["graph", "--out", str(tmp_path / name)])
    assert isinstance(done.exception, SettingsError)
    assert str(tmp_path) in str(done.exception)
