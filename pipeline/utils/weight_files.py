"""The format of a weights file, and the state dict inside it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors.torch import load_file
from torch import Tensor

import pipeline.compat  # noqa: F401  lets torch.load read MMEngine's checkpoints
from pipeline.utils.safetensors_file import is_safetensors

STATE_KEYS = ('state_dict', 'model_state_dict', 'model', 'net', 'network', 'module', 'params')
"""Keys under which checkpoints contain their state dict."""

_WRAPPERS = ('module', '_orig_mod')
_ATTRIBUTES = ('model', 'net', 'network', 'pl_module')


def read_state(path: Path) -> dict[str, Any]:
    """Read the state dict of a weights file.

    The bytes of the file determine its format, so the suffix does not matter: safetensors, or a
    checkpoint of ``torch.save``, which is read with ``weights_only=True``. The state dict of a
    checkpoint is the whole content, or the entry under one of ``STATE_KEYS``. numpy arrays become
    tensors.

    Raises:
        ValueError: If the file has another format, contains Python objects that ``weights_only``
            refuses, or contains no state dict.
    """
    kind = _format_of(path)
    try:
        if kind == 'safetensors':
            return load_file(path)
        if kind is None:
            raise ValueError('its first bytes are those of neither format')
        # An open file, because torch.load takes the format of a path from its suffix.
        with open(path, 'rb') as file:
            # weights_only=True rejects pickles that could run code.
            checkpoint = torch.load(file, map_location='cpu', weights_only=True)
    except Exception as error:  # damaged files raise errors of many kinds
        # Only the first line: torch's long messages recommend unsafe loading.
        reason = str(error).strip().splitlines()
        details = ': '.join([type(error).__name__, *(line[:80] for line in reason[:1])])
        raise ValueError(
            f'cannot read weights from {path}: wanted safetensors or a checkpoint of torch.save '
            f'that is safe to load ({details})'
        ) from error
    return {name: _as_tensor(value) for name, value in _find_state(checkpoint, path).items()}


def unwrapped_states(state: Mapping[str, Any], wanted: set[str]) -> Iterator[dict[str, Any]]:
    """The state dict, and the same without the prefixes that common wrappers add to its names.

    These are ``module.`` (DistributedDataParallel) and ``_orig_mod.`` (``torch.compile``) at any
    place of a name, and an attribute such as ``model.`` (Lightning) before the names. Entries
    without this attribute, such as the weights of a loss, are then left out.

    Args:
        state: State dict.
        wanted: Names of the model's parameters.
    """
    yield dict(state)
    plain = {_without_wrappers(name): value for name, value in state.items()}
    if len(plain) < len(state):  # two names differ only in their wrappers
        return
    if set(plain) != set(state):
        yield plain
    attributes = [
        prefix
        for prefix, _ in _prefixes(plain, wanted).most_common()
        if prefix and all(part in _ATTRIBUTES for part in prefix[:-1].split('.'))
    ]
    if attributes:
        prefix = attributes[0]
        yield {n[len(prefix) :]: v for n, v in plain.items() if n.startswith(prefix)}


def unwrap_state(checkpoint: Any, wanted: set[str], path: str) -> dict[str, Any]:
    """The state dict of a checkpoint in the form with the most wanted names.

    Args:
        checkpoint: Content of a checkpoint: the state dict, or a dict that contains it under one
            of ``STATE_KEYS``.
        wanted: Names of the model's parameters.
        path: Path of the checkpoint, for the error message.

    Raises:
        ValueError: If the checkpoint contains no state dict.
    """
    forms = unwrapped_states(_find_state(checkpoint, path), wanted)
    return max(forms, key=lambda form: len(wanted & form.keys()))


def explain_prefix(names: Collection[str], wanted: Collection[str]) -> str:
    """A sentence about the prefix found and the prefix wanted, or '' if they are the same.

    Args:
        names: Names in the file.
        wanted: Names of the model's parameters.
    """
    found = _prefixes(names, wanted).most_common(1)
    absent = _prefixes(wanted, names).most_common(1)
    if found and found[0][0] and (not absent or found[0][1] >= absent[0][1]):
        return (
            f'the names in the file begin with {found[0][0]!r}, wanted names without it: the file '
            'contains a larger model'
        )
    if absent and absent[0][0]:
        return (
            f'wanted names that begin with {absent[0][0]!r}, the file contains them without it: '
            'the file contains a part of the model'
        )
    return ''


def _prefixes(names: Collection[str], wanted: Collection[str]) -> Counter[str]:
    """Prefixes of the names that end in a wanted name, with their numbers."""
    prefixes: Counter[str] = Counter()
    for name in names:
        parts = name.split('.')
        for i in range(len(parts)):
            if '.'.join(parts[i:]) in wanted:
                prefixes[''.join(f'{part}.' for part in parts[:i])] += 1
    return prefixes


def _format_of(path: Path) -> str | None:
    if is_safetensors(path):
        return 'safetensors'
    with open(path, 'rb') as file:
        start = file.read(4)
    if start == b'PK\x03\x04':
        return 'zip'
    return 'pickle' if start[:1] == b'\x80' else None


def _find_state(checkpoint: Any, path: str | Path) -> Mapping[str, Any]:
    if not isinstance(checkpoint, Mapping):
        raise ValueError(f'{path} contains a {type(checkpoint).__name__}, wanted a state dict')
    for key in STATE_KEYS:
        if isinstance(checkpoint.get(key), Mapping):
            return _find_state(checkpoint[key], path)
    if not any(isinstance(value, (Tensor, np.ndarray)) for value in checkpoint.values()):
        keys = ', '.join(map(str, list(checkpoint)[:6])) or 'none'
        raise ValueError(
            f'{path} contains no weights: wanted tensors by name, or a dict of them under the key '
            f'{", ".join(STATE_KEYS[:-1])} or {STATE_KEYS[-1]}, got the keys {keys}'
        )
    return checkpoint


def _as_tensor(value: Any) -> Any:
    # A copy, because arrays of a file may be read-only.
    return torch.from_numpy(value.copy()) if isinstance(value, np.ndarray) else value


def _without_wrappers(name: str) -> str:
    return '.'.join(part for part in name.split('.') if part not in _WRAPPERS)
