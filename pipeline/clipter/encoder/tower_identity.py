"""Which tower made the tokens: what checkpoints and caches keep in place of its weights."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping

import torch
from torch import Tensor, nn


def hash_weights(module: nn.Module) -> str:
    """sha256 over names and values of a module's weights, wherever they came from."""
    digest = hashlib.sha256()
    for key, value in sorted(module.state_dict().items()):
        digest.update(key.encode())
        digest.update(memoryview(value.detach().cpu().contiguous().numpy()).cast('B'))
    return digest.hexdigest()


def identity_to_tensor(identity: Mapping[str, str]) -> Tensor:
    """A uint8 tensor of JSON: safetensors and MMEngine's checkpoints carry tensors alone."""
    return torch.tensor(list(json.dumps(dict(identity)).encode()), dtype=torch.uint8)


def identity_from_tensor(stored: Tensor) -> dict[str, str]:
    """The inverse of :func:`identity_to_tensor`.

    Raises:
        ValueError: If this is no identity.
    """
    try:
        identity = json.loads(stored.cpu().numpy().astype('uint8').tobytes())
    except ValueError as error:
        raise ValueError(f'the identity of a context encoder cannot be read: {error}') from error
    if not isinstance(identity, dict) or 'checksum' not in identity:
        raise ValueError(f'the identity of a context encoder has no checksum: {identity}')
    return identity


def explain_mismatch(stored: Mapping[str, str], own: Mapping[str, str]) -> str | None:
    """Why a checkpoint's fusion was trained on other tokens than these, or None.

    The weights and the activation decide. Another input size or pooling gives other tokens, too,
    but of the same kind, and changing them is a use of its own.
    """
    if all(stored.get(key, own[key]) == own[key] for key in ('checksum', 'quick_gelu')):
        return None
    return (
        f'This checkpoint was made with the context encoder {_say(stored)}, but the model has '
        f'{_say(own)}. Its fusion reads the tokens of the first alone. Build the model with '
        f'arch={stored.get("arch")!r} and the weights {stored.get("pretrained")!r} of that '
        "checksum, or set the encoder's on_mismatch='warn' where another one is meant."
    )


def _say(identity: Mapping[str, str]) -> str:
    gelu = ', quick_gelu=True' if identity.get('quick_gelu') == 'True' else ''
    return (
        f'{identity.get("arch")!r} (weights {identity.get("pretrained")!r}{gelu}, '
        f'checksum {identity["checksum"][:16]})'
    )
