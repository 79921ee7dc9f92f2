"""Loading and saving of weights: safetensors files and MMEngine checkpoints."""

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
    """Load all weights of a model. All names and shapes must match.

    Half-precision weights are converted to the model's precision.

    Args:
        model: Model to load the weights into.
        path: Path of a ``.safetensors`` file or an MMEngine checkpoint (read with
            ``weights_only=True``).
        prefix: Prefix of the model's parameters in the file. Other parameters are ignored.

    Raises:
        FileNotFoundError: If the file does not exist.
        ValueError: If the file contains no weights, names or shapes differ, or the weights were
            trained with another context encoder or charset than the model's. The model is not
            modified.
    """
    if not Path(path).is_file():
        raise FileNotFoundError(f'no weights at {path}')
    state = _read_state(Path(path))
    state = {name[len(prefix) :]: v for name, v in state.items() if name.startswith(prefix)}
    for name, module in model.named_modules():
        # A module may convert weights from other names, such as those of PARSeq's authors.
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
        # A context encoder has no weights in the file, but checks the encoder of the training.
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
        model: Model whose weights are saved.
        path: Path of the file.
        dtype: Dtype of floating-point weights in the file; ``torch.float16`` halves its size. A
            tensor with values that overflow this dtype keeps its own.
        metadata: Metadata of the file.
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
        # weights_only=True rejects pickles that could run code.
        checkpoint = torch.load(path, map_location='cpu', weights_only=True)
    except (SafetensorError, UnpicklingError, RuntimeError, EOFError, OSError) as error:
        # Only the first line: torch's long messages recommend unsafe loading.
        reason = str(error).strip().splitlines()
        raise ValueError(
            f'cannot read weights from {path}: wanted .safetensors or a checkpoint that is safe '
            f'to load ({type(error).__name__}{": " + reason[0][:80] if reason else ""})'
        ) from error
    state = checkpoint.get('state_dict', checkpoint) if isinstance(checkpoint, dict) else checkpoint
    if not isinstance(state, dict):
        raise ValueError(f'{path} contains a {type(state).__name__}, wanted a state dict')
    return state


def _as_stored(value: Tensor, dtype: torch.dtype | None) -> Tensor:
    if dtype is None or not value.is_floating_point():
        return value
    stored = value.to(dtype)
    return value if (stored.isinf() & ~value.isinf()).any() else stored


def _optional(model: nn.Module) -> set[str]:
    """Names that may be missing: batch norm counters, and ``optional_state`` of the modules."""
    names = {name for name in model.state_dict() if name.endswith('num_batches_tracked')}
    for prefix, module in model.named_modules():
        for name in getattr(module, 'optional_state', ()):
            names.add(f'{prefix}.{name}' if prefix else name)
    return names
