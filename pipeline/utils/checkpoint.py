"""Weights in and out: safetensors for what is shipped, MMEngine's checkpoints for training."""

from __future__ import annotations

import os
from pathlib import Path
from pickle import UnpicklingError

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save
from torch import Tensor, nn

import pipeline.compat  # noqa: F401  lets torch.load read MMEngine's checkpoints
from pipeline.utils.atomic_write import write_whole


def load_weights(model: nn.Module, path: str | os.PathLike[str], prefix: str = '') -> None:
    """Load all weights of a model; a file that does not fit is an error, not a warning.

    Half-precision weights become the model's own precision.

    Args:
        model: The model.
        path: ``.safetensors``, or a checkpoint of MMEngine (read with ``weights_only=True``).
        prefix: The model is this part of the file: only names that begin so are taken.

    Raises:
        FileNotFoundError: If there is no such file.
        ValueError: If the file holds no weights, names or shapes differ (says which), or it was
            trained with another context encoder or on another charset than the model's. Nothing is
            loaded then.
    """
    if not Path(path).is_file():
        raise FileNotFoundError(f'no weights at {path}')
    state = _read_state(Path(path))
    state = {name[len(prefix) :]: v for name, v in state.items() if name.startswith(prefix)}
    for name, module in model.named_modules():
        # A recognizer may know its weights under the names of another program, too.
        if hasattr(module, 'adapt_state'):
            state = module.adapt_state(state, f'{name}.' if name else '')
    own = model.state_dict()
    missing = sorted(set(own) - set(state) - _optional(model))
    unexpected = sorted(set(state) - set(own))
    reshaped = [
        f'{k}: {tuple(own[k].shape)} wanted, {tuple(v.shape)} in the file'
        for k, v in state.items()
        if isinstance(v, Tensor) and k in own and own[k].shape != v.shape
    ]
    problems = [
        f'{label}: {", ".join(names[:4])}{f" and {len(names) - 4} more" if len(names) > 4 else ""}'
        for label, names in (
            ('missing', missing),
            ('unexpected', unexpected),
            ('of another shape', reshaped),
        )
        if names
    ]
    if problems:
        raise ValueError(f'{path} does not fit {type(model).__name__}: {"; ".join(problems)}')
    for name, module in model.named_modules():
        # A context encoder keeps no weights in the file, but knows whose tokens it was trained on.
        if hasattr(module, 'check_state'):
            module.check_state(state, f'{name}.' if name else '')
    model.load_state_dict(state, strict=False)


def save_weights(
    model: nn.Module,
    path: str | os.PathLike[str],
    dtype: torch.dtype | None = None,
    metadata: dict[str, str] | None = None,
) -> None:
    """Write a model's weights as safetensors.

    Args:
        model: The model.
        path: The file.
        dtype: What floating-point weights are stored as; ``torch.float16`` halves the file.
            A tensor with numbers too large for it stays as it is.
        metadata: What else the file is to say.
    """
    state = {
        name: _as_stored(value.detach().cpu(), dtype).contiguous()
        for name, value in model.state_dict().items()
        if isinstance(value, Tensor)
    }
    write_whole(Path(path), save(state, metadata))


def _read_state(path: Path) -> dict[str, Tensor]:
    try:
        if path.suffix == '.safetensors':
            return load_file(path)
        # Never a pickle that could run code.
        checkpoint = torch.load(path, map_location='cpu', weights_only=True)
    except (SafetensorError, UnpicklingError, RuntimeError, EOFError, OSError) as error:
        # torch's own messages are pages that advise to load the file in an unsafe way.
        reason = str(error).strip().splitlines()
        raise ValueError(
            f'cannot read weights from {path}: wanted .safetensors or a checkpoint that is safe '
            f'to load ({type(error).__name__}{": " + reason[0][:80] if reason else ""})'
        ) from error
    state = checkpoint.get('state_dict', checkpoint) if isinstance(checkpoint, dict) else checkpoint
    if not isinstance(state, dict):
        raise ValueError(f'{path} holds a {type(state).__name__}, wanted a state dict')
    return state


def _as_stored(value: Tensor, dtype: torch.dtype | None) -> Tensor:
    if dtype is None or not value.is_floating_point():
        return value
    stored = value.to(dtype)
    return value if (stored.isinf() & ~value.isinf()).any() else stored


def _optional(model: nn.Module) -> set[str]:
    """Names that a state dict need not have: counters of batch norms, and what a module says."""
    names = {name for name in model.state_dict() if name.endswith('num_batches_tracked')}
    for prefix, module in model.named_modules():
        for name in getattr(module, 'optional_state', ()):
            names.add(f'{prefix}.{name}' if prefix else name)
    return names
