"""Folding of batch norms into convolutions."""

from __future__ import annotations

from itertools import pairwise

from mmcv.cnn.utils import fuse_conv_bn
from torch import nn
from torch.nn.utils.fusion import fuse_conv_bn_eval


def fold_batch_norm(module: nn.Module) -> None:
    """Fold batch norms into the convolutions before them, in place.

    The outputs stay the same up to rounding. The folded module cannot be trained, and the keys
    of its ``state_dict`` differ.

    ``mmcv.cnn.utils.fuse_conv_bn`` does not fold transposed convolutions. The DB head has two on
    its largest feature maps. This function also folds those in an ``nn.Sequential``.

    Args:
        module: Module in eval mode, with its weights loaded.

    Raises:
        ValueError: If ``module`` is in training mode.
    """
    if module.training:
        raise ValueError('batch norm can be folded in eval mode only: call eval() first.')
    fuse_conv_bn(module)
    for sequence in [part for part in module.modules() if isinstance(part, nn.Sequential)]:
        for (name, conv), (norm_name, norm) in pairwise(list(sequence.named_children())):
            if isinstance(conv, nn.ConvTranspose2d) and isinstance(norm, nn.BatchNorm2d):
                setattr(sequence, name, fuse_conv_bn_eval(conv, norm, transpose=True))
                setattr(sequence, norm_name, nn.Identity())
