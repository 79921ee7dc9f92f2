"""Batch norm that inference does not need as a layer of its own."""

from __future__ import annotations

from itertools import pairwise

from mmcv.cnn.utils import fuse_conv_bn
from torch import nn
from torch.nn.utils.fusion import fuse_conv_bn_eval


def fold_batch_norm(module: nn.Module) -> None:
    """Multiply batch norms into the convolutions before them, in place.

    With fixed statistics a batch norm is an affine map of each channel, and so is what it does
    to a convolution's output: the network computes the same, up to rounding, with less to do.
    It can no longer be trained, and its ``state_dict`` has other entries.

    ``mmcv.cnn.utils.fuse_conv_bn`` leaves out transposed convolutions, of which DB's heads have
    two at their finest maps; those in an ``nn.Sequential`` are folded here.

    Args:
        module: In eval mode, with its weights.

    Raises:
        ValueError: If it is in training mode.
    """
    if module.training:
        raise ValueError('batch norm can be folded in eval mode only: call eval() first.')
    fuse_conv_bn(module)
    for sequence in [part for part in module.modules() if isinstance(part, nn.Sequential)]:
        for (name, conv), (norm_name, norm) in pairwise(list(sequence.named_children())):
            if isinstance(conv, nn.ConvTranspose2d) and isinstance(norm, nn.BatchNorm2d):
                setattr(sequence, name, fuse_conv_bn_eval(conv, norm, transpose=True))
                setattr(sequence, norm_name, nn.Identity())
