"""The error of a request."""

from __future__ import annotations


class RequestError(Exception):
    """A request that cannot be answered with words.

    Args:
        status: HTTP status of the answer.
        message: One sentence: what was wanted, what came, what to do.
        headers: Further headers of the answer.
    """

    def __init__(self, status: int, message: str, headers: dict[str, str] | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.headers = headers or {}
