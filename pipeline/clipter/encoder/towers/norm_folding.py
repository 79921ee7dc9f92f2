"""Folding of batch norms into the convolutions before them."""

from __future__ import annotations

from torch import nn
from torch.nn.utils.fusion import fuse_conv_bn_weights


def fold_batch_norms(trunk: nn.Module) -> None:
    """Fold the batch norms of an EfficientNet of timm, in place; its activations stay.

    The children of its modules are in the order of the computation, so each batch norm follows the
    convolution whose output it takes.

    Args:
        trunk: EfficientNet in evaluation mode.
    """
    from timm.layers import BatchNormAct2d

    conv: nn.Conv2d | None = None
    for name, child in list(trunk.named_children()):
        if isinstance(child, BatchNormAct2d) and conv is not None:
            assert child.running_mean is not None and child.running_var is not None
            conv.weight, conv.bias = fuse_conv_bn_weights(
                conv.weight, conv.bias, child.running_mean, child.running_var,
                child.eps, child.weight, child.bias,
            )  # fmt: skip
            setattr(trunk, name, child.act)
        else:
            fold_batch_norms(child)
        conv = child if isinstance(child, nn.Conv2d) else None
