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

    Every process writes files of its own, so several processes may use a folder. A process sees
    what others have written before it opened the folder. A map that was written in part when a
    process ended is ignored.

    Args:
        folder: Folder. It is created with the first map.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._maps: list[np.ndarray] = []
        self._rows: dict[bytes, tuple[int, int]] = {}
        self._new: list[np.ndarray] = []
        self._files: tuple[IO[bytes], IO[bytes]] | None = None
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
        return np.stack([self._maps[part][row] if part >= 0 else self._new[row]
                         for part, row in rows])  # fmt: skip

    def add(self, keys: Sequence[bytes], maps: np.ndarray) -> None:
        """Store maps.

        Args:
            keys: N different keys of 16 bytes.
            maps: (N, *shape) float16.
        """
        if self._files is None:
            self._files = self._create(maps.shape[1:])
        key_file, map_file = self._files
        # Maps first: a key without map would be wrong, a map without key is only lost.
        map_file.write(maps.tobytes())
        map_file.flush()
        key_file.write(b''.join(keys))
        key_file.flush()
        for key, each in zip(keys, maps):
            self._rows[key] = (-1, len(self._new))
            self._new.append(each)

    def close(self) -> None:
        """Close the files of this process."""
        for file in self._files or ():
            file.close()
        self._files = None

    def _create(self, shape: Sequence[int]) -> tuple[IO[bytes], IO[bytes]]:
        self.folder.mkdir(parents=True, exist_ok=True)
        path = self.folder / uuid.uuid4().hex
        path.with_suffix('.json').write_text(json.dumps(list(shape)), encoding='utf-8')
        return path.with_suffix('.keys').open('ab'), path.with_suffix('.maps').open('ab')

    def _open(self, path: Path) -> None:
        shape = tuple(json.loads(path.with_suffix('.json').read_text('utf-8')))
        keys, maps = path.read_bytes(), path.with_suffix('.maps')
        row_bytes = 2 * int(np.prod(shape))
        count = min(len(keys) // _KEY_BYTES, maps.stat().st_size // row_bytes)
        if count:
            opened = np.memmap(maps, np.float16, 'r', shape=(count, *shape))
            for row in range(count):
                key = keys[row * _KEY_BYTES : (row + 1) * _KEY_BYTES]
                self._rows.setdefault(key, (len(self._maps), row))
            self._maps.append(opened)
