"""The graph's picture as SVG: drawn from the graph itself, without a renderer or a web service."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from langchain_core.runnables.graph import Edge, Graph

WIDTH, LINE, PADDING = 300, 17, 12
"""Of a box: its width, the height of a line of text, and the space round it."""
GAP, DROP, MARGIN = 70, 56, 90
"""Between two boxes side by side, between two rows, and at the sides for edges that go back."""
CHARACTERS = 46
"""Of a description in one line."""
BOLD = ' font-weight="bold" font-size="14"'


@dataclass(frozen=True)
class Box:
    """A node where it is drawn: its middle, its size, its lines of text, the first its name."""

    x: float
    top: float
    width: float
    height: float
    lines: tuple[str, ...]

    @property
    def bottom(self) -> float:
        """Its lower edge."""
        return self.top + self.height

    @property
    def middle(self) -> float:
        """Half-way down."""
        return self.top + self.height / 2


def svg(graph: Graph) -> str:
    """The picture of a graph whose nodes carry descriptions in their metadata.

    Rows follow the longest way from the start; an edge that leads back goes round the left, one
    that skips a row round the right. Edges that depend on a decision are dashed.
    """
    rows = _rows(graph)
    boxes = _boxes(graph, rows)
    rank = {name: number for number, row in enumerate(rows) for name in row}
    width = max(len(row) for row in rows) * (WIDTH + GAP) - GAP + 2 * MARGIN
    height = max(box.bottom for box in boxes.values()) + PADDING
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width:g}" height="{height:g}" '
        f'viewBox="0 0 {width:g} {height:g}" font-family="sans-serif" font-size="12">',
        "<title>The RAISE graph</title>",
        '<defs><marker id="head" viewBox="0 0 8 8" refX="8" refY="4" markerWidth="8" '
        'markerHeight="8" orient="auto"><path d="M0 0L8 4L0 8z" fill="#555"/></marker></defs>',
        f'<rect width="{width:g}" height="{height:g}" fill="#fff"/>',
        *(_line(edge, boxes, rank) for edge in _edges(graph)),
        *(_drawn(box) for box in boxes.values()),
        "</svg>",
    ]
    return "\n".join(parts) + "\n"


def _edges(graph: Graph) -> list[Edge]:
    """In an order that does not depend on how the graph was built."""
    return sorted(graph.edges, key=lambda edge: (edge.source, edge.target))


def _rows(graph: Graph) -> list[list[str]]:
    """Nodes by their longest way from the start, not counting edges that lead back."""
    after: dict[str, list[str]] = {name: [] for name in graph.nodes}
    for edge in _edges(graph):
        after[edge.source].append(edge.target)
    rank: dict[str, int] = {}

    def visit(name: str, depth: int, way: tuple[str, ...]) -> None:
        if name in way:
            return
        rank[name] = max(rank.get(name, 0), depth)
        for following in after[name]:
            visit(following, depth + 1, (*way, name))

    visit("__start__", 0, ())
    forward = {name: rank.get(name, 0) for name in graph.nodes}
    last = max(forward.values())
    return [
        row
        for n in range(last + 1)
        if (row := [name for name in graph.nodes if forward[name] == n])
    ]


def _boxes(graph: Graph, rows: Sequence[Sequence[str]]) -> dict[str, Box]:
    most = max(len(row) for row in rows)
    centre = MARGIN + (most * (WIDTH + GAP) - GAP) / 2
    boxes: dict[str, Box] = {}
    top = float(PADDING)
    for row in rows:
        made = {name: _text(name, graph.nodes[name].metadata) for name in row}
        height = 0.0
        for place, (name, lines) in enumerate(made.items()):
            tall = len(lines) * LINE + 2 * PADDING
            x = centre + (place - (len(row) - 1) / 2) * (WIDTH + GAP)
            boxes[name] = Box(x, top, WIDTH if len(lines) > 1 else 90, tall, lines)
            height = max(height, tall)
        top += height + DROP
    return boxes


def _text(name: str, metadata: Mapping[str, object] | None) -> tuple[str, ...]:
    told = str((metadata or {}).get("description", ""))
    return (name.strip("_"), *textwrap.wrap(told, CHARACTERS))


def _drawn(box: Box) -> str:
    left, first = box.x - box.width / 2, box.top + PADDING + 0.75 * LINE
    round_end = box.height / 2 if len(box.lines) == 1 else 8
    text = "".join(
        f'<text x="{box.x:g}" y="{first + number * LINE:g}" text-anchor="middle"'
        f"{'' if number else BOLD}>{escape(line)}</text>"
        for number, line in enumerate(box.lines)
    )
    return (
        f'<rect x="{left:g}" y="{box.top:g}" width="{box.width:g}" height="{box.height:g}" '
        f'rx="{round_end:g}" fill="#eef3fb" stroke="#4a6fa5"/>{text}'
    )


def _line(edge: Edge, boxes: Mapping[str, Box], rank: Mapping[str, int]) -> str:
    a, b = boxes[edge.source], boxes[edge.target]
    steps = rank[edge.target] - rank[edge.source]
    if edge.source == edge.target:
        left = a.x - a.width / 2
        path = f"M{left:g} {a.middle + 10:g}C{left - 60:g} {a.middle + 40:g} "
        path += f"{left - 60:g} {a.middle - 40:g} {left:g} {a.middle - 10:g}"
    elif steps <= 0:
        start, end = a.x - a.width / 2, b.x - b.width / 2
        beside = min(start, end) - 50
        path = f"M{start + 30:g} {a.top:g}C{beside:g} {a.top - 40:g} "
        path += f"{beside:g} {b.middle:g} {end:g} {b.middle:g}"
    elif steps == 1:
        path = f"M{a.x:g} {a.bottom:g}C{a.x:g} {a.bottom + DROP / 2:g} "
        path += f"{b.x:g} {b.top - DROP / 2:g} {b.x:g} {b.top:g}"
    else:
        start, end = a.x + a.width / 2, b.x + b.width / 2 - 60
        path = f"M{start:g} {a.middle:g}C{end + 40:g} {a.middle:g} "
        path += f"{end:g} {a.bottom + DROP:g} {end:g} {b.top:g}"
    dashes = ' stroke-dasharray="5 4"' if edge.conditional else ""
    return f'<path d="{path}" fill="none" stroke="#555" marker-end="url(#head)"{dashes}/>'
