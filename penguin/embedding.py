"""Embedders: texts to unit vectors. A store remembers which one made it."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import TYPE_CHECKING, Protocol

import numpy as np

from .embedders import MiniLMEmbedder, Vectors, WordLlamaEmbedder, unit
from .errors import ModelUnavailableError, SettingsError

if TYPE_CHECKING:
    from langchain_core.embeddings import Embeddings

__all__ = [
    "Embedder",
    "LangChainEmbedder",
    "MiniLMEmbedder",
    "Vectors",
    "WordLlamaEmbedder",
    "embedder_named",
    "fingerprint",
]

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
            self._width = len(self._documents([PROBE])[0])
        return self._width

    def embed(self, texts: Sequence[str]) -> Vectors:
        """Vectors of the texts.

        Raises:
            ModelUnavailableError: The service behind it does not answer.
        """
        if not texts:
            return np.zeros((0, self.width), np.float32)
        return unit(np.array(self._documents(list(texts)), dtype=np.float32))

    def _documents(self, texts: list[str]) -> list[list[float]]:
        try:
            return self._embeddings.embed_documents(texts)
        except Exception as error:
            raise ModelUnavailableError(
                f"embedder {self.name} does not answer ({type(error).__name__}: {error}): check "
                "its server and key"
            ) from error


def embedder_named(name: str) -> Embedder:
    """Open an embedder by name.

    Args:
        name: "wordllama" (the default), "minilm" (the paper's all-MiniLM-L6-v2; extra ``minilm``),
            the name that a store keeps of one of these, or "provider:model" for any embeddings
            that LangChain opens, e.g. "openai:text-embedding-3-small".

    Raises:
        SettingsError: There is none of that name, or its package or key is missing.
    """
    if name in ("wordllama", WordLlamaEmbedder.name):
        return WordLlamaEmbedder()
    if name in ("minilm", MiniLMEmbedder.name):
        return MiniLMEmbedder()
    provider, _, model = name.partition(":")
    if not (provider and model):
        raise SettingsError(
            f"no embedder {name!r}: use 'wordllama', 'minilm', or provider:model, e.g. "
            "openai:text-embedding-3-small"
        )
    from langchain.embeddings import init_embeddings

    try:
        return LangChainEmbedder(init_embeddings(model, provider=provider), name)
    except ImportError as error:
        raise SettingsError(f"embedder {name!r} needs a package: {error}") from error
    except Exception as error:  # a provider's own: a missing key, a setting it does not take
        raise SettingsError(f"embedder {name!r} cannot be opened: {error}") from error


def fingerprint(embedder: Embedder) -> str:
    """Identity of an embedder: its name, width and what it makes of a probe text.

    Two models of the same width give wrong neighbours in silence; the probe's vector tells them
    apart. It is rounded, since the last bits differ between processors.
    """
    vector = np.round(embedder.embed([PROBE]), 3) + np.float32(0)  # no minus zero
    shown: bytes = vector.astype("<f4").tobytes()
    key = f"{embedder.name}/{embedder.width}/".encode() + shown
    return hashlib.sha256(key).hexdigest()
