"""Mixed precision in bfloat16 on devices with bfloat16 units."""

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

    MMEngine's ``AmpOptimWrapper`` needs a GPU and scales the loss for float16. bfloat16 has the
    range of float32 and needs no scaling. On CPUs with AVX512-BF16 or AMX it about doubles the
    speed of convolutions. Other CPUs emulate it: on a CPU with AVX2, a step of the default detector
    took ten times as long as in float32. Such CPUs therefore train in float32, and the log reports
    it.

    Args:
        only_where_fast: Whether devices without bfloat16 units use float32. False uses bfloat16 on
            every device, e.g. to reproduce a run.
        **kwargs: Arguments of ``OptimWrapper``.
    """

    def __init__(self, *args: Any, only_where_fast: bool = True, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        device_type = self.optimizer.param_groups[0]['params'][0].device.type
        self.in_bfloat16 = not only_where_fast or has_bfloat16_units(device_type)
        if not self.in_bfloat16:
            print_log(
                f'this {device_type} has no bfloat16 units; training in float32',
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
    """Whether a device computes in bfloat16 instead of emulating it.

    Args:
        device_type: ``'cpu'`` or the type of an accelerator; accelerators are assumed to have
            bfloat16 units.
    """
    if device_type != 'cpu':
        return True
    names = ('_is_avx512_bf16_supported', '_is_amx_tile_supported')
    if any(getattr(torch.cpu, name, bool)() for name in names):
        return True
    # oneDNN returns True for every x86 CPU with AVX512; for ARM the result is exact.
    is_x86 = platform.machine().lower() in ('x86_64', 'amd64')
    return not is_x86 and bool(torch.ops.mkldnn._is_mkldnn_bf16_supported())
