"""Writes the shards of a context cache atomically."""

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
    """Adds images to a new context cache, or to an existing cache of the same encoder.

    Shards are written atomically. An interrupted run loses only the images of its last shard.
    Leaving the ``with`` block writes the last shard, also after an error.

    Args:
        directory: Folder of the cache.
        encoder: Context encoder. Its ``fingerprint``, ``identity``, ``embed_dim`` (C) and
            ``num_tokens`` (S) are stored in the header.
        shard_photos: Number of images per shard.

    Raises:
        ValueError: If the folder contains tokens of another encoder. The message lists the
            differences.
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
        """Keys of the images that are on disk."""
        return frozenset(self._written)

    def add(self, key: str, tokens: Tensor) -> None:
        """Add the tokens of an image.

        Args:
            key: The ``photo_key`` of the image.
            tokens: (S, C) of any floating point dtype; stored as float16.

        Raises:
            ValueError: If the shape differs, or a value overflows float16.
        """
        if tuple(tokens.shape) != self._shape:
            raise ValueError(f'wanted tokens (S, C) = {self._shape}, got {tuple(tokens.shape)}.')
        self._pending[key] = to_half(tokens)
        if len(self._pending) >= self.shard_photos:
            self.flush()

    def flush(self) -> None:
        """Write the pending images as a shard, if there are any."""
        if not self._pending:
            return
        # Named by its first image and the process, so that two processes can fill one cache.
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
    """Write a file atomically. After a crash the path has the whole content or does not exist."""
    temporary = path.with_name(f'.{path.name}.{os.getpid()}')
    try:
        with open(temporary, 'wb') as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)
