"""Reading the YAML files that ship with the package, and those a user adds beside them.

``RAISE_PENGUIN_DATA`` may name a folder with files of the same names and formats:
``attributes.yaml``, ``network.yaml``, ``criteria.yaml``, ``behaviours.yaml``, ``languages.yaml``,
``voices.yaml``, ``triage.yaml``, ``domains/*.yaml``, ``guidance/topics.yaml`` and
``guidance/people.yaml``. Their entries join the shipped ones, so a new domain or attribute needs
data alone.
"""

from __future__ import annotations

import os
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any, TypeVar

from pydantic import TypeAdapter, ValidationError

from .errors import DataError

T = TypeVar("T")

DATA_VARIABLE = "RAISE_PENGUIN_DATA"


def data_files(layer: str, name: str) -> list[Traversable]:
    """The shipped file or folder of a layer's data, and the user's one where there is one.

    Args:
        layer: For example "penguin".
        name: Path below the layer's data folder, e.g. "attributes.yaml" or "domains".

    Raises:
        DataError: ``RAISE_PENGUIN_DATA`` names something that is no folder.
    """
    sources: list[Traversable] = [files(f"raise_penguin.{layer}") / "data" / name]
    if added := os.environ.get(DATA_VARIABLE):
        folder = Path(added)
        if not folder.is_dir():
            raise DataError(f"{DATA_VARIABLE}={added} is no folder; make it or unset the variable")
        if (folder / name).exists():
            sources.append(folder / name)
    return sources


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
        mend = "check the path" if isinstance(source, Path) else "install raise-penguin again"
        raise DataError(f"{source} is missing; {mend}") from error
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
    return f"{where}: {problem['msg'].removeprefix('Value error, ')}"
