"""Embedders: texts to unit vectors. A store remembers which one made it."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from langchain_core.embeddings import Embeddings

Vectors = npt.NDArray[np.float32]

PROBE = "I have been thinking about leaving and I do not know whom to talk to."


class Embedder(Protocol):
    """Turns texts into vectors of length 1."""

    @property
    def name(self) -> str:
        """Names the model, so that a store can refuse another."""
        ...

    @property
    def width(self) -> int:
        """Numbers in a vector."""
        ...

    def embed(self, texts: Sequence[str]) -> Vectors:
        """Vectors of the texts, shape (len(texts), width)."""
        ...


class WordLlamaEmbedder:
    """The default: static word vectors in a 19 MB wheel, no download (256 numbers)."""

    name = "wordllama-l2_supercat_256"
    width = 256

    def __init__(self) -> None:
        self._model: Any = None
        self._lock = threading.Lock()

    def embed(self, texts: Sequence[str]) -> Vectors:
        """Vectors of the texts; the model is loaded at the first call."""
        with self._lock:
            if self._model is None:
                self._model = _load_wordllama()
        return _unit(np.asarray(self._model.embed(list(texts)), dtype=np.float32))


def _load_wordllama() -> Any:
    """Load the weights that the wheel carries; without a cache folder it would download them."""
    import logging
    from pathlib import Path

    root = logging.getLogger()
    level, handlers = root.level, list(root.handlers)
    import wordllama

    # wordllama 0.4 sets up the root logger on import; a host application's logging is its own
    root.setLevel(level)
    root.handlers[:] = handlers
    folder = Path(wordllama.__file__).parent
    return wordllama.WordLlama.load(cache_dir=folder, disable_download=True)


class LangChainEmbedder:
    """Any LangChain ``Embeddings``.

    Args:
        embeddings: The embeddings.
        name: Names the model, for the store.
    """

    def __init__(self, embeddings: Embeddings, name: str) -> None:
        self.name = name
        self._embeddings = embeddings
        self._width: int | None = None

    @property
    def width(self) -> int:
        """Numbers in a vector, found by embedding the probe text once."""
        if self._width is None:
            self._width = len(self._embeddings.embed_query(PROBE))
        return self._width

    def embed(self, texts: Sequence[str]) -> Vectors:
        """Vectors of the texts."""
        return _unit(np.array(self._embeddings.embed_documents(list(texts)), dtype=np.float32))


def fingerprint(embedder: Embedder) -> str:
    """Identity of an embedder: its name, width and what it makes of a probe text.

    Two models of the same width give wrong neighbours in silence; the probe's vector tells them
    apart. It is rounded, since the last bits differ between processors.
    """
    vector = np.round(embedder.embed([PROBE]), 3) + np.float32(0)  # no minus zero
    shown: bytes = vector.astype("<f4").tobytes()
    key = f"{embedder.name}/{embedder.width}/".encode() + shown
    return hashlib.sha256(key).hexdigest()


def _unit(vectors: Vectors) -> Vectors:
    """Vectors of length 1; a text without any known word stays the zero vector."""
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    return (vectors / np.where(lengths == 0, 1, lengths)).astype(np.float32)
