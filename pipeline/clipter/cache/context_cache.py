"""Scene tokens on disk: what the frozen encoder says of a photo is said once, not every epoch."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from torch import Tensor

HEADER = 'context_cache.json'
SHARDS = 'tokens-*.safetensors'
COMMAND = 'python tools/extract_context.py CONFIG --out {directory}'


def photo_key(data: bytes, native_size: tuple[int, int] | None) -> str:
    """The name of a photo's tokens: sha256 of its file's bytes, and the size it is brought to.

    The bytes and not the pixels: they need no decoding, and JPEG decoders differ in the last
    bit, so that a cache would not outlive an update of OpenCV. A photo that is saved anew, or
    stretched otherwise, is another photo.

    Args:
        data: The file.
        native_size: (height, width) that the data set resizes the photo to, or None.
    """
    digest = hashlib.sha256(data).hexdigest()
    return digest if native_size is None else f'{digest}@{native_size[0]}x{native_size[1]}'


class ContextCache:
    """Reads the scene tokens that ``tools/extract_context.py`` wrote.

    A folder with a header, ``context_cache.json``, that says which encoder made the tokens, and
    shards of safetensors, half precision, one tensor a photo under its ``photo_key``. Every shard
    repeats the header, so that shards of another encoder cannot be mixed in unseen.

    Args:
        directory: The folder.

    Attributes:
        fingerprint: What the tokens depend on: architecture, checksum of the weights, input
            size, pooling; see ``ClipImageEncoder.fingerprint``.
        identity: What a checkpoint keeps of that encoder: architecture, name and checksum of the
            weights.
        embed_dim: C, width of the tokens.
        num_tokens: S, tokens of a photo.

    Raises:
        ValueError: If there is no cache, or a shard is broken or of another encoder.
    """

    def __init__(self, directory: str | Path) -> None:
        self.directory = Path(directory)
        header = read_header(self.directory)
        if header is None:
            raise ValueError(
                f'no context cache at {self.directory} (it has no {HEADER}). Make it: '
                f'{COMMAND.format(directory=self.directory)}'
            )
        self.fingerprint: dict[str, Any] = header['fingerprint']
        self.identity: dict[str, str] = header['identity']
        self.embed_dim: int = header['embed_dim']
        self.num_tokens: int = header['num_tokens']
        self._shard_of = index_shards(self.directory, self.fingerprint)
        self._open: dict[Path, Any] = {}

    def __len__(self) -> int:
        """Number of photos."""
        return len(self._shard_of)

    def __contains__(self, key: str) -> bool:
        return key in self._shard_of

    def keys(self) -> frozenset[str]:
        """The ``photo_key`` of every photo."""
        return frozenset(self._shard_of)

    def read(self, key: str, path: str) -> Tensor:
        """The tokens of a photo, (S, C) float16.

        Args:
            key: Its ``photo_key``.
            path: Its file, for the message.

        Raises:
            ValueError: If the photo is not in the cache.
        """
        if key not in self._shard_of:
            raise ValueError(
                f'{path} is not in the context cache {self.directory}, or has changed since. '
                f'Add what is missing: {COMMAND.format(directory=self.directory)}'
            )
        shard = self._shard_of[key]
        if shard not in self._open:
            self._open[shard] = safe_open(str(shard), framework='pt')
        return self._open[shard].get_tensor(key)

    def check(self, fingerprint: Mapping[str, Any]) -> None:
        """Refuse the tokens of another encoder.

        Args:
            fingerprint: Of the encoder that is wanted; of its entries only those are compared
                that are given.

        Raises:
            ValueError: If it is another one; says what differs.
        """
        differences = compare_fingerprints(self.fingerprint, fingerprint)
        if differences:
            raise ValueError(
                f'the context cache {self.directory} is of another encoder: '
                f'{"; ".join(differences)}. Make one for this encoder in another folder: '
                f'{COMMAND.format(directory="DIR")}'
            )

    def __getstate__(self) -> dict[str, Any]:
        return {**self.__dict__, '_open': {}}  # open files do not travel to a worker


def compare_fingerprints(stored: Mapping[str, Any], wanted: Mapping[str, Any]) -> list[str]:
    """What differs, in words; empty where all entries of ``wanted`` are as stored."""
    plain = json.loads(json.dumps(dict(wanted)))  # tuples become lists, as they did on disk
    return [
        f'{name} is {stored.get(name)!r} in the cache, {value!r} in the model'
        for name, value in plain.items()
        if stored.get(name) != value
    ]


def read_header(directory: Path) -> dict[str, Any] | None:
    """The header of a cache, or None where there is none.

    Raises:
        ValueError: If it is there and cannot be read.
    """
    path = directory / HEADER
    try:
        header = json.loads(path.read_text(encoding='utf-8'))
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as error:
        raise ValueError(f'cannot read {path}: {error}') from error
    if not isinstance(header, dict) or not {'fingerprint', 'embed_dim', 'num_tokens'} <= set(
        header
    ):
        raise ValueError(f'{path} is not the header of a context cache')
    return header


def index_shards(directory: Path, fingerprint: Mapping[str, Any]) -> dict[str, Path]:
    """The shard that each photo's tokens are in.

    Raises:
        ValueError: If a shard is broken or of another encoder.
    """
    shard_of: dict[str, Path] = {}
    for shard in sorted(directory.glob(SHARDS)):
        try:
            with safe_open(str(shard), framework='pt') as file:
                stored = json.loads((file.metadata() or {}).get('fingerprint', '{}'))
                keys = list(file.keys())
        except (SafetensorError, OSError, ValueError) as error:
            raise ValueError(
                f'cannot read {shard}: {error}. Delete it and extract again.'
            ) from error
        differences = compare_fingerprints(stored, fingerprint)
        if differences:
            raise ValueError(
                f'{shard} does not belong to this context cache: {"; ".join(differences)}. '
                'Delete it.'
            )
        shard_of.update(dict.fromkeys(keys, shard))
    return shard_of


def to_half(tokens: Tensor) -> Tensor:
    """Tokens as they are stored.

    Raises:
        ValueError: If they hold values that half precision does not have.
    """
    half = tokens.to('cpu', torch.float16).contiguous()
    if not torch.isfinite(half).all():
        raise ValueError('the scene tokens are not finite in half precision: check the encoder')
    return half
