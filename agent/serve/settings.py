"""What the operator of an endpoint sets: who may come in, how often, and what is kept."""

from __future__ import annotations

import hashlib
from pathlib import Path

from limits import RateLimitItem, parse
from pydantic import BaseModel, ConfigDict, Field, SecretStr, field_validator


class ServeSettings(BaseModel):
    """Settings of the endpoint; what the agent itself does is set by ``RaiseContext``.

    Example:
        >>> ServeSettings(rate="5/second").rate
        '5/second'
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    keys: tuple[SecretStr, ...] = Field(
        default=(), description="Bearer keys that are let in; none: everybody is."
    )
    rate: str = Field(
        default="60/minute", description="Most requests of a key, or of an address without keys."
    )
    max_bytes: int = Field(default=1_000_000, ge=1_000, description="Largest request body.")
    body_seconds: float = Field(default=30, gt=0, description="Longest time a body may take.")
    waiting: int = Field(
        default=4, ge=0, description="Requests that may wait for the one running in their thread."
    )
    dialogues: Path | None = Field(
        default=None, description="SQLite file that keeps named threads; in memory when omitted."
    )
    keep: int = Field(
        default=1_000, ge=1, description="Threads kept in memory; the longest unused one goes."
    )
    origins: tuple[str, ...] = Field(
        default=(), description="Web origins whose pages may call the endpoint (CORS)."
    )
    hosts: tuple[str, ...] = Field(
        default=("*",), description="Host headers that are answered; all when omitted."
    )
    shutdown_seconds: int = Field(
        default=30, ge=0, description="How long turns in progress may take to end on shutdown."
    )

    @field_validator("rate")
    @classmethod
    def _rate_is_read(cls, rate: str) -> str:
        parse(rate)
        return rate

    @field_validator("keys")
    @classmethod
    def _keys_are_long(cls, keys: tuple[SecretStr, ...]) -> tuple[SecretStr, ...]:
        if any(len(key.get_secret_value()) < 16 for key in keys):  # noqa: PLR2004
            raise ValueError("a key is shorter than 16 characters, so it can be guessed")
        return keys

    @property
    def rate_limit(self) -> RateLimitItem:
        """The rate as the limiter reads it."""
        return parse(self.rate)

    def key_digests(self) -> tuple[bytes, ...]:
        """SHA-256 of each key: of equal length, and what thread names carry instead of the key."""
        return tuple(hashlib.sha256(key.get_secret_value().encode()).digest() for key in self.keys)
