"""Feature maps in files, by key."""

from __future__ import annotations

import json
import uuid
from collections.abc import Sequence
from pathlib import Path
from typing import IO

import numpy as np

_KEY_BYTES = 16


class FeatureStore:
    """A folder of float16 feature maps of one shape.

    Maps are read from the files, so the memory does not grow with their number. Every process
    writes files of its own, so several processes may use a folder. A process sees what others have
    written before it opened the folder. A map that was written in part when a process ended is
    ignored.

    Args:
        folder: Folder. It is created with the first map.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._maps: list[np.ndarray] = []
        self._rows: dict[bytes, tuple[int, int]] = {}
        self._own: _OwnFiles | None = None
        for path in sorted(folder.glob('*.keys')):
            self._open(path)

    def __contains__(self, key: bytes) -> bool:
        return key in self._rows

    def __len__(self) -> int:
        return len(self._rows)

    def read(self, keys: Sequence[bytes]) -> np.ndarray:
        """Maps of keys, (N, *shape) float16.

        Raises:
            KeyError: If a key is unknown.
        """
        rows = [self._rows[key] for key in keys]
        own = None if self._own is None else self._own.read()
        parts = self._maps if own is None else [*self._maps, own]
        return np.stack([parts[part][row] for part, row in rows])

    def add(self, keys: Sequence[bytes], maps: np.ndarray) -> None:
        """Store maps.

        Args:
            keys: N different keys of 16 bytes.
            maps: (N, *shape) float16.

        Raises:
            ValueError: If the maps have another shape than the first ones of this process.
        """
        if self._own is None:
            self._own = _OwnFiles(self.folder, maps.shape[1:])
        first = self._own.write(keys, maps)
        for row, key in enumerate(keys, first):
            self._rows[key] = (len(self._maps), row)

    def close(self) -> None:
        """Close the files of this process."""
        if self._own is not None:
            self._own.close()

    def _open(self, path: Path) -> None:
        shape = tuple(json.loads(path.with_suffix('.json').read_text('utf-8')))
        keys, maps = path.read_bytes(), path.with_suffix('.maps')
        count = min(len(keys) // _KEY_BYTES, maps.stat().st_size // (2 * int(np.prod(shape))))
        if count:
            for row in range(count):
                key = keys[row * _KEY_BYTES : (row + 1) * _KEY_BYTES]
                self._rows.setdefault(key, (len(self._maps), row))
            self._maps.append(np.memmap(maps, np.float16, 'r', shape=(count, *shape)))


class _OwnFiles:
    """The files that this process writes: keys, maps, and the shape of a map."""

    def __init__(self, folder: Path, shape: Sequence[int]) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / uuid.uuid4().hex
        path.with_suffix('.json').write_text(json.dumps(list(shape)), encoding='utf-8')
        self._shape = tuple(shape)
        self._path = path.with_suffix('.maps')
        self._maps: IO[bytes] = self._path.open('ab')
        self._keys: IO[bytes] = path.with_suffix('.keys').open('ab')
        self._count = 0
        self._mapped: np.ndarray | None = None

    def write(self, keys: Sequence[bytes], maps: np.ndarray) -> int:
        """Append maps; returns the row of the first one."""
        if maps.dtype != np.float16 or maps.shape[1:] != self._shape:
            raise ValueError(
                f'wanted float16 maps of {self._shape}, got {maps.dtype} of {maps.shape[1:]}: all '
                'crops need one size.'
            )
        first = self._count
        # Maps first: a key without map would be wrong, a map without key is only lost.
        self._maps.write(maps.tobytes())
        self._maps.flush()
        self._keys.write(b''.join(keys))
        self._keys.flush()
        self._count += len(keys)
        return first

    def read(self) -> np.ndarray:
        """All maps of this process."""
        if self._mapped is None or len(self._mapped) < self._count:
            shape = (self._count, *self._shape)
            self._mapped = np.memmap(self._path, np.float16, 'r', shape=shape)
        return self._mapped

    def close(self) -> None:
        """Close the files."""
        self._maps.close()
        self._keys.close()
