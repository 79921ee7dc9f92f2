"""The keys of a server."""

from __future__ import annotations

import hashlib
import hmac
import os
from collections.abc import Iterable
from pathlib import Path

from pipeline.serve.errors import RequestError


def read_keys(path: str | os.PathLike[str]) -> list[str]:
    """Read keys, one per line. Empty lines and lines with '#' are ignored.

    Raises:
        ValueError: If the file contains no key, or a key is not ASCII.
        OSError: If the file cannot be read.
    """
    lines = [line.strip() for line in Path(path).read_text(encoding='utf-8').splitlines()]
    keys = [line for line in lines if line and not line.startswith('#')]
    if not keys:
        raise ValueError(f'{path}: wanted one key per line, got none; write a key into it.')
    if not all(key.isascii() and ' ' not in key for key in keys):
        raise ValueError(f'{path}: wanted keys of ASCII characters without blanks.')
    return keys


class KeyCheck:
    """Checks the key of a request in a time that does not depend on the key.

    Args:
        keys: Accepted keys. Without keys every request is accepted.
    """

    def __init__(self, keys: Iterable[str] = ()) -> None:
        self._digests = [_digest(key) for key in keys]

    @property
    def is_required(self) -> bool:
        """Whether requests require a key."""
        return bool(self._digests)

    def check(self, authorization: str | None, x_api_key: str | None) -> None:
        """Check the headers ``Authorization: Bearer KEY`` and ``X-API-Key: KEY``.

        Raises:
            RequestError: 401 if neither contains an accepted key.
        """
        if not self._digests:
            return
        scheme, _, token = (authorization or '').partition(' ')
        given = token.strip() if scheme.lower() == 'bearer' else x_api_key or ''
        digest = _digest(given)
        # All keys are compared, so that the time does not depend on their order.
        matches = [hmac.compare_digest(digest, other) for other in self._digests]
        if not any(matches):
            got = 'another key' if given else 'no key'
            raise RequestError(
                401,
                f'wanted a key of this server, got {got}; send the header Authorization: Bearer '
                'KEY or X-API-Key: KEY.',
                {'WWW-Authenticate': 'Bearer'},
            )


def _digest(key: str) -> bytes:
    return hashlib.sha256(key.encode('utf-8', 'replace')).digest()
