"""Mixed precision in bfloat16 where the device computes in it."""

from __future__ import annotations

import platform
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch
from mmengine.logging import print_log
from mmengine.optim import OptimWrapper
from torch import nn

from pipeline.registry import OPTIM_WRAPPERS


@OPTIM_WRAPPERS.register_module()
class BFloat16OptimWrapper(OptimWrapper):
    """An ``OptimWrapper`` whose forward pass runs under bfloat16 autocast.

    MMEngine's ``AmpOptimWrapper`` asks for a GPU and scales the loss for float16.
    bfloat16 has the range of float32 and needs no scaling; on CPUs with AVX512-BF16
    or AMX it about doubles the speed of convolutions. Other CPUs emulate it: a step of the
    default's detector took ten times as long as in float32 on one with AVX2, so they train in
    float32, and the log says so.

    Args:
        only_where_fast: False computes in bfloat16 on any device, to reproduce a run.
        **kwargs: Of ``OptimWrapper``.
    """

    def __init__(self, *args: Any, only_where_fast: bool = True, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        device_type = self.optimizer.param_groups[0]['params'][0].device.type
        self.in_bfloat16 = not only_where_fast or has_bfloat16_units(device_type)
        if not self.in_bfloat16:
            print_log(
                f'this {device_type} has no bfloat16 units: training in float32',
                logger='current',
            )

    @contextmanager
    def optim_context(self, model: nn.Module) -> Iterator[None]:
        """Run the enclosed forward pass under autocast on the model's device."""
        device_type = next(model.parameters()).device.type
        autocast = torch.autocast(device_type, torch.bfloat16, enabled=self.in_bfloat16)
        with super().optim_context(model), autocast:
            yield


def has_bfloat16_units(device_type: str) -> bool:
    """Whether a device multiplies in bfloat16 rather than emulating it.

    Args:
        device_type: ``'cpu'`` or an accelerator's; accelerators are taken to have them.
    """
    if device_type != 'cpu':
        return True
    names = ('_is_avx512_bf16_supported', '_is_amx_tile_supported')
    if any(getattr(torch.cpu, name, bool)() for name in names):
        return True
    # oneDNN counts every x86 with AVX512 in; of ARM's it knows those that have BF16.
    is_x86 = platform.machine().lower() in ('x86_64', 'amd64')
    return not is_x86 and bool(torch.ops.mkldnn._is_mkldnn_bf16_supported())
