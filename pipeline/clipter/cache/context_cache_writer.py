"""Writes the shards of a context cache, each at once or not at all."""

from __future__ import annotations

import json
import os
from pathlib import Path
from types import TracebackType
from typing import Any

from safetensors.torch import save
from torch import Tensor

from pipeline.clipter.cache.context_cache import (
    HEADER,
    ContextCache,
    compare_fingerprints,
    read_header,
    to_half,
)


class ContextCacheWriter:
    """Adds photos to a context cache, a new one or one of the same encoder.

    Shards appear under their name only when they are whole, so a run that is interrupted leaves
    a cache that is good for all its photos but those of the last shard; leaving the ``with``
    block, by an error too, writes the shard that was begun.

    Args:
        directory: The folder.
        encoder: The context encoder: its ``fingerprint``, ``identity``, ``embed_dim`` (C) and
            ``num_tokens`` (S) are kept.
        shard_photos: Photos of a shard.

    Raises:
        ValueError: If the folder holds the tokens of another encoder; says what differs.
    """

    def __init__(self, directory: str | Path, encoder: Any, shard_photos: int = 512) -> None:
        if shard_photos < 1:
            raise ValueError(f'shard_photos must be at least 1, got {shard_photos}.')
        self.directory = Path(directory)
        self.fingerprint: dict[str, Any] = encoder.fingerprint
        self.shard_photos = shard_photos
        self._shape = (encoder.num_tokens, encoder.embed_dim)
        header = read_header(self.directory)
        if header is None:
            self.directory.mkdir(parents=True, exist_ok=True)
            header = {
                'fingerprint': self.fingerprint,
                'identity': encoder.identity,
                'embed_dim': encoder.embed_dim,
                'num_tokens': encoder.num_tokens,
            }
            _write(self.directory / HEADER, (json.dumps(header, indent=2) + '\n').encode())
        else:
            differences = compare_fingerprints(header['fingerprint'], self.fingerprint)
            if differences:
                raise ValueError(
                    f'{self.directory} holds the tokens of another encoder: '
                    f'{"; ".join(differences)}. Write to another folder, or delete this one.'
                )
        self._written = set(ContextCache(self.directory).keys())
        self._pending: dict[str, Tensor] = {}

    def __contains__(self, key: str) -> bool:
        return key in self._written or key in self._pending

    def keys(self) -> frozenset[str]:
        """Photos that are on disk."""
        return frozenset(self._written)

    def add(self, key: str, tokens: Tensor) -> None:
        """Keep the tokens of a photo.

        Args:
            key: Its ``photo_key``.
            tokens: (S, C), of any floating point type; stored as float16.

        Raises:
            ValueError: If they have another shape, or overflow half precision.
        """
        if tuple(tokens.shape) != self._shape:
            raise ValueError(f'wanted tokens (S, C) = {self._shape}, got {tuple(tokens.shape)}.')
        self._pending[key] = to_half(tokens)
        if len(self._pending) >= self.shard_photos:
            self.flush()

    def flush(self) -> None:
        """Write the shard that is begun, if any."""
        if not self._pending:
            return
        # Named by its first photo: two processes that fill one cache do not meet.
        path = self.directory / f'tokens-{next(iter(self._pending))[:16]}-{os.getpid()}.safetensors'
        _write(path, save(self._pending, {'fingerprint': json.dumps(self.fingerprint)}))
        self._written.update(self._pending)
        self._pending = {}

    def __enter__(self) -> ContextCacheWriter:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.flush()


def _write(path: Path, data: bytes) -> None:
    """Put a whole file in place: after a power cut, too, there is all of it or none."""
    beside = path.with_name(f'.{path.name}.{os.getpid()}')
    try:
        with open(beside, 'wb') as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.replace(beside, path)
    finally:
        beside.unlink(missing_ok=True)
