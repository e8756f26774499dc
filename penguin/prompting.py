"""Prompts: a Markdown file each, with a version; a person's words are data, no instructions."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from .errors import DataError

if TYPE_CHECKING:
    from langchain_core.messages import BaseMessage

FRONT_MATTER = re.compile(r"\A---\n(.*?)\n---\n(.*)\Z", re.DOTALL)
MOST_CHARACTERS = 20_000
"""Longest text that one field of the data may hold; more is cut, and says so."""


@dataclass(frozen=True)
class Prompt:
    """Instructions for a role."""

    name: str
    version: int
    role: str
    schema: str
    """Name of the answer's schema; "text" for free text."""
    instructions: str

    @property
    def id(self) -> str:
        """Name and version, as stored with whatever the prompt produced."""
        return f"raise-penguin/{self.name} v{self.version}"

    def messages(
        self, data: Mapping[str, Any], trusted: Mapping[str, Any] | None = None
    ) -> list[BaseMessage]:
        """The messages for a model.

        Args:
            data: What the role works on, a person's words among it. Goes into a fence of its own as
                JSON in which no angle bracket survives, so nothing in it can close the fence.
            trusted: Values of our own that the instructions' template may use.
        """
        from jinja2 import StrictUndefined
        from jinja2.sandbox import SandboxedEnvironment
        from langchain_core.messages import HumanMessage, SystemMessage

        environment = SandboxedEnvironment(undefined=StrictUndefined, autoescape=False)
        body = environment.from_string(self.instructions).render(**(trusted or {}))
        system = f"[{self.id}]\n{body.strip()}"
        return [SystemMessage(system), HumanMessage(f"<data>\n{fenced(data)}\n</data>")]


def fenced(data: Mapping[str, Any]) -> str:
    """Data as JSON that cannot leave its fence."""
    text = json.dumps(_cut(data), ensure_ascii=False, indent=1)
    for character in "<>&":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return text


def _cut(value: Any) -> Any:
    """The same data with long texts cut and control characters left out."""
    if isinstance(value, str):
        kept = "".join(letter for letter in value if letter.isprintable() or letter in "\n\t")
        if len(kept) > MOST_CHARACTERS:
            return f"{kept[:MOST_CHARACTERS]} [cut: {len(kept):,} characters]"
        return kept
    if isinstance(value, Mapping):
        return {str(key): _cut(item) for key, item in value.items()}  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType]
    if isinstance(value, (list, tuple)):
        return [_cut(item) for item in value]  # pyright: ignore[reportUnknownVariableType]
    return value


@lru_cache(maxsize=32)
def load_prompt(layer: str, name: str) -> Prompt:
    """A prompt file of a layer, e.g. ``load_prompt("graphs", "triage")``.

    Raises:
        DataError: The file is missing, or its front matter is not complete.
    """
    import yaml

    source = files(f"raise_penguin.{layer}") / "prompts" / f"{name}.md"
    try:
        match = FRONT_MATTER.match(source.read_text(encoding="utf-8"))
    except OSError as error:
        raise DataError(f"prompt {source} cannot be read: {error}") from error
    if not match:
        raise DataError(f"prompt {source} has no front matter between --- lines")
    head: Any = yaml.safe_load(match[1])
    try:
        return Prompt(
            name=str(head["name"]),
            version=int(head["version"]),
            role=str(head["role"]),
            schema=str(head["schema"]),
            instructions=match[2],
        )
    except (KeyError, TypeError, ValueError) as error:
        raise DataError(f"prompt {source} needs name, version, role and schema: {error}") from error
