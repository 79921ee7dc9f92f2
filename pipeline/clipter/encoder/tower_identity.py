"""Identity of an image tower, which checkpoints and caches store instead of its weights."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping

import torch
from torch import Tensor, nn


def hash_weights(module: nn.Module) -> str:
    """sha256 over the names and values of a module's weights."""
    digest = hashlib.sha256()
    for key, value in sorted(module.state_dict().items()):
        digest.update(key.encode())
        digest.update(memoryview(value.detach().cpu().contiguous().numpy()).cast('B'))
    return digest.hexdigest()


def identity_to_tensor(identity: Mapping[str, str]) -> Tensor:
    """Encode an identity as a uint8 tensor of JSON: safetensors files can contain only tensors."""
    return torch.tensor(list(json.dumps(dict(identity)).encode()), dtype=torch.uint8)


def identity_from_tensor(stored: Tensor) -> dict[str, str]:
    """The inverse of :func:`identity_to_tensor`.

    Raises:
        ValueError: If the tensor does not contain an identity.
    """
    try:
        identity = json.loads(stored.cpu().numpy().astype('uint8').tobytes())
    except ValueError as error:
        raise ValueError(f'the identity of a context encoder cannot be read: {error}') from error
    if not isinstance(identity, dict) or 'checksum' not in identity:
        raise ValueError(f'the identity of a context encoder has no checksum: {identity}')
    return identity


def explain_mismatch(stored: Mapping[str, str], own: Mapping[str, str]) -> str | None:
    """Error message if a checkpoint's fusion was trained with another tower, else None.

    Only the weights and the activation are compared. Another input size or pooling changes the
    tokens too, but is allowed on purpose.
    """
    if all(stored.get(key, own[key]) == own[key] for key in ('checksum', 'quick_gelu')):
        return None
    return (
        f'This checkpoint was made with the context encoder {_describe(stored)}, but the model has '
        f'{_describe(own)}. Its fusion was trained on the tokens of the first encoder. Use '
        f'--tower {stored.get("arch")} --pretrained {stored.get("pretrained")} (the weights with '
        "that checksum), or set the encoder's on_mismatch='warn' if the change is intended."
    )


def _describe(identity: Mapping[str, str]) -> str:
    gelu = ', quick_gelu=True' if identity.get('quick_gelu') == 'True' else ''
    return (
        f'{identity.get("arch")!r} (weights {identity.get("pretrained")!r}{gelu}, '
        f'checksum {identity["checksum"][:16]})'
    )
