"""Loading and saving of weights: safetensors files and MMEngine checkpoints."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import save
from torch import Tensor, nn

from pipeline.utils.atomic_write import write_whole
from pipeline.utils.weight_files import explain_prefix, read_state, unwrapped_states


def load_weights(model: nn.Module, path: str | os.PathLike[str], prefix: str = '') -> None:
    """Load all weights of a model. All names and shapes must match.

    Half-precision weights are converted to the model's precision. Prefixes that common wrappers
    add are removed if the names do not match with them: ``module.`` (DistributedDataParallel),
    ``_orig_mod.`` (``torch.compile``) and ``model.`` (Lightning); see :func:`unwrapped_states`.

    Args:
        model: Model to load the weights into.
        path: Path of a safetensors file or a checkpoint of ``torch.save``, which is read with
            ``weights_only=True``. Its bytes determine the format; see :func:`read_state`.
        prefix: Prefix of the model's parameters in the file. Other parameters are ignored.

    Raises:
        FileNotFoundError: If the file does not exist.
        ValueError: If the file contains no weights, names or shapes differ, or the weights were
            trained with another context encoder or charset than the model's. The message contains
            the prefix found and the prefix wanted if the names differ by a prefix. The model is
            not modified.
    """
    if not Path(path).is_file():
        raise FileNotFoundError(f'no weights at {path}')
    own = model.state_dict()
    wanted = {prefix + name for name in own}
    read = read_state(Path(path))
    # If nothing fits, the error describes the form of the file with the fewest problems.
    fits: list[_Fit] = []
    for unwrapped in unwrapped_states(read, wanted):
        fits.append(_fit(model, own, unwrapped, prefix))
        if not fits[-1].count:
            break
    best = min(fits, key=lambda fit: fit.count)
    if best.count:
        problems = [
            f'{label}: {", ".join(names[:4])}'
            f'{f" and {len(names) - 4} more" if len(names) > 4 else ""}'
            for label, names in best.problems.items()
            if names
        ]
        hint = explain_prefix(best.read, wanted)
        raise ValueError(
            f'{path} does not fit {type(model).__name__}: {"; ".join(problems)}'
            f'{f" ({hint})" if hint else ""}'
        )
    state = best.state
    for name, module in model.named_modules():
        # A context encoder has no weights in the file, but checks the encoder of the training.
        if hasattr(module, 'check_state'):
            module.check_state(state, f'{name}.' if name else '')
    model.load_state_dict(state, strict=False)


def save_weights(
    model: nn.Module,
    path: str | os.PathLike[str],
    dtype: torch.dtype | None = None,
) -> None:
    """Write a model's weights as safetensors.

    Args:
        model: Model whose weights are saved.
        path: Path of the file.
        dtype: Dtype of floating-point weights in the file; ``torch.float16`` halves its size. A
            tensor with values that overflow this dtype keeps its own.
    """
    state = {
        name: _as_stored(value.detach().cpu(), dtype).contiguous()
        for name, value in model.state_dict().items()
        if isinstance(value, Tensor)
    }
    write_whole(Path(path), save(state))


def adapt_names(model: nn.Module, state: Mapping[str, Any]) -> Mapping[str, Any]:
    """Convert weights of other names, such as those of PARSeq's authors, to a model's own names.

    The modules with a method ``adapt_state`` convert them.
    """
    for name, module in model.named_modules():
        if hasattr(module, 'adapt_state'):
            state = module.adapt_state(state, f'{name}.' if name else '')
    return state


@dataclass(frozen=True)
class _Fit:
    """One form of a state dict, compared with a model.

    Attributes:
        read: State dict before the selection by prefix and the conversion of names.
        state: State dict that the model loads.
        problems: Names that do not fit, by kind of problem.
    """

    read: Mapping[str, Any]
    state: Mapping[str, Any]
    problems: Mapping[str, Sequence[str]]

    @property
    def count(self) -> int:
        """Number of names that do not fit."""
        return sum(map(len, self.problems.values()))


def _fit(model: nn.Module, own: Mapping[str, Any], read: Mapping[str, Any], prefix: str) -> _Fit:
    state: Mapping[str, Any] = {
        name[len(prefix) :]: value for name, value in read.items() if name.startswith(prefix)
    }
    state = adapt_names(model, state)
    return _Fit(
        read,
        state,
        {
            'missing': sorted(set(own) - set(state) - _optional(model)),
            'unexpected': sorted(set(state) - set(own)),
            'of another shape': [
                f'{k}: {tuple(own[k].shape)} wanted, {tuple(v.shape)} in the file'
                for k, v in state.items()
                if isinstance(v, Tensor) and k in own and own[k].shape != v.shape
            ],
        },
    )


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
