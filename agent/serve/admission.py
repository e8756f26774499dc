"""Who is let in: the key, how often they come, and how much they bring."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import math
import time
from typing import TYPE_CHECKING

from limits.aio.storage import MemoryStorage
from limits.aio.strategies import MovingWindowRateLimiter
from starlette.requests import ClientDisconnect

from .errors import IN_DANGER, ApiError

if TYPE_CHECKING:
    from starlette.requests import Request

    from .settings import ServeSettings

OPEN = "open"
"""The caller where no key is asked for."""


class Admission:
    """The door of an endpoint.

    Args:
        settings: Keys, rate and size.
    """

    def __init__(self, settings: ServeSettings) -> None:
        self._settings = settings
        self._keys = settings.key_digests()
        self._rate = settings.rate_limit
        self._limiter = MovingWindowRateLimiter(MemoryStorage())

    async def caller(self, request: Request) -> str:
        """Name of whoever calls, under which their threads stand; a wrong key counts too.

        Raises:
            ApiError: 401 without a right key; 429 for too many requests.
        """
        caller = self._holder(request.headers.get("authorization", ""))
        address = request.client.host if request.client else ""
        counted = address if caller in (None, OPEN) else caller
        if not await self._limiter.hit(self._rate, str(counted)):
            reset, _ = await self._limiter.get_window_stats(self._rate, str(counted))
            wait = max(1, math.ceil(reset - time.time()))
            message = f"more than {self._settings.rate} requests; wait {wait} s. {IN_DANGER}"
            raise ApiError(
                429, message, code="rate_limit_exceeded", headers={"Retry-After": str(wait)}
            )
        if caller is None:
            message = "no such key; send it as 'Authorization: Bearer KEY'"
            headers = {"WWW-Authenticate": "Bearer"}
            raise ApiError(401, message, code="invalid_api_key", headers=headers)
        return caller

    def _holder(self, authorization: str) -> str | None:
        """The holder of a key, who is known by its digest; None for a wrong one.

        All keys are compared, each in constant time.
        """
        if not self._keys:
            return OPEN
        scheme, _, given = authorization.partition(" ")
        digest = hashlib.sha256(given.strip().encode("latin-1")).digest()
        right = [key for key in self._keys if hmac.compare_digest(key, digest)]
        return right[0].hex()[:16] if right and scheme.lower() == "bearer" else None

    async def body(self, request: Request) -> bytes:
        """The body, read no further than it may be long and no longer than it may take.

        JSON must say so: a web page elsewhere can then not post here without being asked about
        (CORS).

        Raises:
            ApiError: 413, 415, or 408 where it does not arrive.
        """
        kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
        if kind != "application/json":
            raise ApiError(415, "send Content-Type: application/json", code="content_type")
        try:
            async with asyncio.timeout(self._settings.body_seconds):
                return await self._read(request)
        except TimeoutError:
            raise ApiError(408, "the request did not arrive in time", code="timeout") from None
        except ClientDisconnect:
            raise ApiError(400, "the request broke off", code="broke_off") from None

    async def _read(self, request: Request) -> bytes:
        limit = self._settings.max_bytes
        announced = request.headers.get("content-length", "0")
        body = bytearray()
        if not (announced.isdecimal() and int(announced) > limit):
            async for piece in request.stream():
                body += piece
                if len(body) > limit:
                    break
            else:
                return bytes(body)
        message = (
            f"the request is larger than {limit:,} bytes: send fewer messages, or name a thread "
            f"and send the last message alone. {IN_DANGER}"
        )
        raise ApiError(413, message, code="request_too_large")
