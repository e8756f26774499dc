"""Reading the YAML files that ship with the package: each is checked against a schema on load."""

from __future__ import annotations

from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any, TypeVar

from pydantic import TypeAdapter, ValidationError

from .errors import DataError

T = TypeVar("T")


def load_yaml(source: Path | Traversable, schema: type[T]) -> T:
    """Read one YAML file and validate it.

    Args:
        source: The file; a package resource or a path.
        schema: What the file must hold, for example ``list[Attribute]``.

    Raises:
        DataError: The file is missing, is not YAML, or does not fit the schema.
    """
    import yaml

    loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        raw: Any = yaml.load(source.read_text(encoding="utf-8"), Loader=loader)  # noqa: S506 (safe)
    except FileNotFoundError as error:
        raise DataError(f"{source} is missing; install raise-penguin again") from error
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise DataError(f"{source} cannot be read as YAML: {error}") from error
    try:
        return TypeAdapter(schema).validate_python(raw)
    except ValidationError as error:
        raise DataError(f"{source} does not fit its schema: {first_problem(error)}") from error


def first_problem(error: ValidationError) -> str:
    """The first problem of a validation error in one line: where, and what."""
    problem = error.errors(include_url=False)[0]
    where = ".".join(str(part) for part in problem["loc"]) or "(top level)"
    return f"{where}: {problem['msg']}"
