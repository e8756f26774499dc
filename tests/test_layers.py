"""Guards the layers: penguin <- policies <- graphs <- agent <- evals, read from the imports."""

from __future__ import annotations

import ast
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
LAYERS = ("penguin", "policies", "graphs", "agent", "evals")
FRONT_DOOR = "agent/cli.py"


def imported_layers(source: Path) -> set[str]:
    """The layers that a file imports, wherever in the file it does."""
    place = source.relative_to(ROOT).parent.parts
    found: set[str] = set()
    for node in ast.walk(ast.parse(source.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.level:
            target = [*place[: len(place) - node.level + 1], *(node.module or "").split(".")]
            found |= {target[0]} if target[0] else {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= {name for name in [_of_package(node.module)] if name}
        elif isinstance(node, ast.Import):
            found |= {name for name in map(_of_package, (a.name for a in node.names)) if name}
    return found & set(LAYERS)


def _of_package(module: str) -> str:
    parts = module.split(".")
    return parts[1] if parts[0] == "raise_penguin" and len(parts) > 1 else ""


def files() -> list[Path]:
    return [path for layer in LAYERS for path in sorted((ROOT / layer).rglob("*.py"))]


def test_every_import_points_left() -> None:
    wrong = [
        f"{path.relative_to(ROOT)} imports {layer}"
        for path in files()
        if str(path.relative_to(ROOT)) != FRONT_DOOR
        for layer in imported_layers(path)
        if LAYERS.index(layer) > LAYERS.index(path.relative_to(ROOT).parts[0])
    ]
    assert wrong == []


def test_the_reading_of_imports_sees_them() -> None:
    assert "policies" in imported_layers(ROOT / "graphs" / "equipment.py")
    assert "penguin" in imported_layers(ROOT / "graphs" / "nodes" / "select.py")
    assert imported_layers(ROOT / FRONT_DOOR) >= {"evals", "penguin"}


def test_every_package_is_typed_and_listed() -> None:
    listed = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    for folder in {path.parent.relative_to(ROOT) for path in files()}:
        assert f'"raise_penguin.{".".join(folder.parts)}"' in listed, folder
    assert all((ROOT / layer / "py.typed").exists() for layer in LAYERS)
