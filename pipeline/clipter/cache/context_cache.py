"""Cache of scene tokens on disk, so that the frozen encoder does not run in every epoch."""

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
COMMAND = 'clipter extract-context CONFIG --out {directory}'


def photo_key(data: bytes, native_size: tuple[int, int] | None) -> str:
    """Cache key of an image: sha256 of its file content, and the size that it is resized to.

    The key is computed from the file, not from the pixels. This needs no decoding, and JPEG
    decoders differ in the last bit, so that a key of pixels could change with an OpenCV update. An
    image that is saved again or resized to another size gets another key.

    Args:
        data: Content of the image file.
        native_size: (height, width) that the data set resizes the image to, or None.
    """
    digest = hashlib.sha256(data).hexdigest()
    return digest if native_size is None else f'{digest}@{native_size[0]}x{native_size[1]}'


class ContextCache:
    """Reads the scene tokens that ``clipter extract-context`` wrote.

    A cache is a folder with the header ``context_cache.json``, which describes the encoder, and
    safetensors shards. A shard contains one float16 tensor per image, named by its ``photo_key``.
    Every shard repeats the encoder's fingerprint, so that shards of different encoders cannot be
    mixed.

    Args:
        directory: Folder of the cache.

    Attributes:
        fingerprint: Everything that the tokens depend on: architecture, checksum of the weights,
            input size, pooling; see ``ClipImageEncoder.fingerprint``.
        identity: Architecture, name and checksum of the encoder's weights, as stored in
            checkpoints.
        embed_dim: C, width of the tokens.
        num_tokens: S, number of tokens per image.

    Raises:
        ValueError: If the folder has no cache, or if a shard is unreadable or of another encoder.
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
        """Number of images."""
        return len(self._shard_of)

    def __contains__(self, key: str) -> bool:
        return key in self._shard_of

    def keys(self) -> frozenset[str]:
        """The ``photo_key`` of every image."""
        return frozenset(self._shard_of)

    def read(self, key: str, path: str) -> Tensor:
        """Read the tokens of an image, (S, C) float16.

        Args:
            key: The ``photo_key`` of the image.
            path: Path of the image, used in the error message.

        Raises:
            ValueError: If the image is not in the cache.
        """
        if key not in self._shard_of:
            raise ValueError(
                f'{path} is not in the context cache {self.directory}, or the file has changed. '
                f'Add the missing images: {COMMAND.format(directory=self.directory)}'
            )
        shard = self._shard_of[key]
        if shard not in self._open:
            self._open[shard] = safe_open(str(shard), framework='pt')
        return self._open[shard].get_tensor(key)

    def check(self, fingerprint: Mapping[str, Any]) -> None:
        """Check that the cache belongs to an encoder.

        Args:
            fingerprint: Fingerprint of the encoder. It may have only some of the entries; only
                these are compared.

        Raises:
            ValueError: If an entry differs. The message lists the differences.
        """
        differences = compare_fingerprints(self.fingerprint, fingerprint)
        if differences:
            raise ValueError(
                f'the context cache {self.directory} belongs to another encoder: '
                f'{"; ".join(differences)}. Make one for this encoder in another folder: '
                f'{COMMAND.format(directory="DIR")}'
            )

    def __getstate__(self) -> dict[str, Any]:
        return {**self.__dict__, '_open': {}}  # open files cannot be pickled


def compare_fingerprints(stored: Mapping[str, Any], wanted: Mapping[str, Any]) -> list[str]:
    """Describe each entry of ``wanted`` that differs in ``stored``; empty if all are equal."""
    plain = json.loads(json.dumps(dict(wanted)))  # tuples become lists, as in the JSON header
    return [
        f'{name} is {stored.get(name)!r} in the cache, {value!r} in the model'
        for name, value in plain.items()
        if stored.get(name) != value
    ]


def read_header(directory: Path) -> dict[str, Any] | None:
    """Read the header of a cache; None if there is no header.

    Raises:
        ValueError: If the header exists but cannot be read.
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
    """Map the key of each image to the shard that contains its tokens.

    Raises:
        ValueError: If a shard is unreadable or of another encoder.
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
    """Convert tokens to float16 on the CPU, as they are stored.

    Raises:
        ValueError: If a value is not finite in float16.
    """
    half = tokens.to('cpu', torch.float16).contiguous()
    if not torch.isfinite(half).all():
        raise ValueError('the scene tokens are not finite in half precision: check the encoder')
    return half
