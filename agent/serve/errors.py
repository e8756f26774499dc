"""Errors as OpenAI's clients read them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from starlette.responses import JSONResponse

IN_DANGER = "If somebody is in danger, call your local emergency number now."
"""Ends every refusal of a message, which may have been a cry for help."""


class ApiError(Exception):
    """A request that is not answered, and why.

    Args:
        status: HTTP status.
        message: What was wrong and what to do.
        code: OpenAI's code, or one of ours where it has none.
        param: The field that is to blame.
        headers: Further headers.
    """

    def __init__(
        self,
        status: int,
        message: str,
        *,
        code: str,
        param: str | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.body = error_body(status, message, code=code, param=param)
        self.headers = dict(headers or {})

    def response(self) -> JSONResponse:
        """The error as an HTTP response."""
        return JSONResponse(self.body, self.status, self.headers)


def error_body(status: int, message: str, *, code: str, param: str | None = None) -> dict[str, Any]:
    """OpenAI's error object."""
    types = {401: "authentication_error", 429: "rate_limit_error", 500: "server_error"}
    kind = types.get(status, "invalid_request_error")
    return {"error": {"message": message, "type": kind, "param": param, "code": code}}
