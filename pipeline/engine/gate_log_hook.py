"""Logs the gates of context fusions during training."""

from __future__ import annotations

from typing import Any

from mmengine.hooks import Hook
from mmengine.model import is_model_wrapper
from mmengine.runner import Runner
from torch import nn

from pipeline.clipter.fusion import TanhGate
from pipeline.registry import HOOKS


@HOOKS.register_module()
class GateLogHook(Hook):
    """Logs tanh(alpha) of every :class:`TanhGate` next to the losses.

    The name is ``gate`` if the model has one gate, else ``gate/<module name>``. Models without a
    gate log nothing.

    Args:
        interval: Number of iterations between two readings; use the logger's interval. Reading the
            value synchronizes the GPU, so it is not read at every iteration.
    """

    priority = 'NORMAL'  # before LoggerHook

    def __init__(self, interval: int = 50) -> None:
        if interval < 1:
            raise ValueError(f'interval must be at least 1 iteration, got {interval}.')
        self.interval = interval

    def after_train_iter(
        self, runner: Runner, batch_idx: int, data_batch: Any = None, outputs: Any = None
    ) -> None:
        """Pass the values to the logger."""
        if self.every_n_inner_iters(batch_idx, self.interval):
            for name, openness in gate_values(runner.model).items():
                runner.message_hub.update_scalar(f'train/{name}', openness)


def gate_values(model: nn.Module) -> dict[str, float]:
    """tanh(alpha) of each gate of a model, by its name in the log."""
    plain: Any = model.module if is_model_wrapper(model) else model
    gates = {name: m for name, m in plain.named_modules() if isinstance(m, TanhGate)}
    if len(gates) == 1:
        return {'gate': next(iter(gates.values())).openness}
    return {f'gate/{name}': gate.openness for name, gate in gates.items()}
