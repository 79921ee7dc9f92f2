"""Convolutions whose batch norm can be folded into them, and restored for training."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor, nn


class ConvNorm(nn.Conv2d):
    """A convolution with bias and an optional batch norm.

    Published inference weights have the batch norm folded into the convolution (``norm=False``).
    Fine-tuning needs the batch norm: folded filters differ in scale by factors of hundreds, which
    adaptive optimizers do not handle. Each form loads the weights of the other. Without ``norm``,
    a batch norm in the state dict is folded. With ``norm``, a state dict without batch norm leaves
    the layer's batch norm at its initial values; :func:`restore_norms` then sets its statistics.

    Args:
        in_channels: Input channels.
        out_channels: Output channels.
        kernel_size: Kernel size (height, width), or one number for both.
        norm: Whether the layer has a batch norm.
        **kwargs: Arguments of ``nn.Conv2d``.
    """

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: int | tuple[int, int],
        norm: bool = False,
        **kwargs: Any,
    ) -> None:
        super().__init__(in_channels, out_channels, kernel_size, **kwargs)
        self.norm = nn.BatchNorm2d(out_channels) if norm else None

    def forward(self, x: Tensor, *more: Tensor) -> Tensor:
        """(N, C, H, W) -> (N, D, H', W').

        Several inputs (N, C / n, H, W) are n equal parts of the channels, for ``groups=1``.
        Without batch norm they are not concatenated, which saves a copy of them.
        """
        if more and self.norm is None:
            weight, *weights = self.weight.chunk(1 + len(more), dim=1)
            y = self._conv_forward(x, weight, self.bias)
            for part, weight in zip(more, weights, strict=True):
                y = y + self._conv_forward(part, weight, None)
            return y
        # Only a batch norm right after a single convolution can be folded into it.
        y = super().forward(torch.cat([x, *more], dim=1) if more else x)
        return y if self.norm is None else self.norm(y)

    def adapt_state(self, state: Mapping[str, Any], prefix: str = '') -> Mapping[str, Any]:
        """Convert a state dict to this form of the layer, if it is for the other form.

        Args:
            state: State dict. It is not modified.
            prefix: Prefix of this layer's parameters.
        """
        norm = {
            name[len(prefix) + 5 :]: value
            for name, value in state.items()
            if name.startswith(f'{prefix}norm.')
        }
        if f'{prefix}weight' not in state or bool(norm) == (self.norm is not None):
            return state
        if self.norm is not None:
            identity = nn.BatchNorm2d(self.out_channels).state_dict()
            return {**state, **{f'{prefix}norm.{name}': v for name, v in identity.items()}}
        weight, bias = fold_norm(state[f'{prefix}weight'], state[f'{prefix}bias'], norm)
        rest = {n: v for n, v in state.items() if not n.startswith(f'{prefix}norm.')}
        return {**rest, f'{prefix}weight': weight, f'{prefix}bias': bias}

    def _load_from_state_dict(self, state_dict: dict[str, Any], prefix: str, *args: Any) -> None:
        adapted = self.adapt_state(state_dict, prefix)
        if adapted is not state_dict:
            # In place: the batch norm, a child module, loads from the same dict afterwards.
            state_dict.clear()
            state_dict.update(adapted)
        super()._load_from_state_dict(state_dict, prefix, *args)


def fold_norm(
    weight: Tensor, bias: Tensor, norm: Mapping[str, Tensor], eps: float = 1e-5
) -> tuple[Tensor, Tensor]:
    """Weight and bias of a convolution that includes the batch norm after it."""
    gain = norm['weight'].double() / (norm['running_var'].double() + eps).sqrt()
    folded = weight.double() * gain[:, None, None, None]
    shift = norm['bias'].double() + (bias.double() - norm['running_mean'].double()) * gain
    return folded.to(weight.dtype), shift.to(bias.dtype)


@torch.no_grad()
def restore_norms(model: nn.Module, batches: Iterable[Any], run: Callable[[Any], object]) -> int:
    """Set the statistics of batch norms from data, without changing the outputs.

    Batch norms after folded convolutions are identities. Their running statistics are set to the
    mean and variance of each channel. Their weight and bias are adapted, so that the outputs in
    evaluation mode stay the same.

    Args:
        model: Model with ``nn.BatchNorm2d`` layers.
        batches: Batches of data.
        run: Function that runs the model on one batch.

    Returns:
        Number of batch norms whose statistics were set.
    """
    norms = [module for module in model.modules() if isinstance(module, nn.BatchNorm2d)]
    sums = {norm: torch.zeros(3, norm.num_features, dtype=torch.float64) for norm in norms}
    with _collecting(sums), _evaluating(model):
        for batch in batches:
            run(batch)
    reached = {norm: found for norm, found in sums.items() if found[0].all()}
    for norm, (count, total, squares) in reached.items():
        assert norm.running_mean is not None and norm.running_var is not None
        mean = total / count
        variance = (squares / count - mean**2).clamp(min=1e-6)
        gain = norm.weight.double().cpu() / (norm.running_var.double().cpu() + norm.eps).sqrt()
        norm.bias.add_((gain * (mean - norm.running_mean.double().cpu())).to(norm.bias))
        norm.weight.copy_(gain * (variance + norm.eps).sqrt())
        norm.running_mean.copy_(mean)
        norm.running_var.copy_(variance)
    return len(reached)


@contextmanager
def _collecting(sums: Mapping[nn.BatchNorm2d, Tensor]) -> Iterator[None]:
    """Accumulate count, sum and sum of squares of the batch norms' inputs while open."""

    def collect(norm: nn.Module, args: tuple[Tensor, ...]) -> None:
        values = args[0].detach().transpose(0, 1).flatten(1).float()
        found = sums[norm]  # type: ignore[index]
        found[0] += values.size(1)
        found[1] += values.sum(1, dtype=torch.float64).cpu()
        found[2] += values.square().sum(1, dtype=torch.float64).cpu()

    handles = [norm.register_forward_pre_hook(collect) for norm in sums]
    try:
        yield
    finally:
        for handle in handles:
            handle.remove()


@contextmanager
def _evaluating(model: nn.Module) -> Iterator[None]:
    was_training = model.training
    model.eval()
    try:
        yield
    finally:
        model.train(was_training)
