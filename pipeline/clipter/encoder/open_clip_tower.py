"""Builds the image tower of an open_clip model, without the text tower."""

from __future__ import annotations

import copy
import hashlib
import json
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import nn

from pipeline.clipter.encoder.tower_names import get_model_config, get_tag_config, list_tags
from pipeline.clipter.encoder.tower_weights import find_weights, read_tower_state
from pipeline.clipter.encoder.towers import ImageTower, ResNetTower, TimmTower, VitTower


@dataclass(frozen=True)
class OpenClipTower:
    """An image tower and the preprocessing of its weights.

    Args:
        tower: Tower in evaluation mode, without gradients.
        arch: Name of the architecture; for a custom config, a digest of the config.
        quick_gelu: Whether the activation is OpenAI's QuickGELU.
        mean: Mean of the training images, RGB in [0, 1].
        std: Standard deviation of the training images, RGB in [0, 1].
        interpolation: Interpolation of the training images, ``'bicubic'`` or ``'bilinear'``.
    """

    tower: ImageTower
    arch: str
    quick_gelu: bool
    mean: tuple[float, float, float]
    std: tuple[float, float, float]
    interpolation: str


def build_open_clip_tower(
    arch: str | Mapping[str, Any],
    pretrained: str | None,
    *,
    allow_random: bool,
    seed: int,
    checksum: str | None,
    image_size: tuple[int, int] | None,
    quick_gelu: bool | None,
    mean: Sequence[float] | None,
    std: Sequence[float] | None,
) -> OpenClipTower:
    """Build the tower and load its weights; see ``ClipImageEncoder`` for the arguments.

    Raises:
        ValueError: If the arguments contradict each other or the weights do not fit.
        FileNotFoundError: If the weights are not on disk and cannot be downloaded.
    """
    name, config, preprocessing = _read_arch(arch)
    tags = list_tags(name)
    if pretrained is None and not allow_random:
        raise ValueError(
            f'pretrained=None would leave {name} with random weights. Set a tag ({_some(tags)}) '
            'or a weights file, or set allow_random=True if random weights are intended.'
        )
    if pretrained is None and checksum is not None:
        raise ValueError(
            f'checksum={checksum!r} needs a weights file, but pretrained=None has none. Remove '
            'the checksum.'
        )
    tag_config = get_tag_config(name, pretrained) if pretrained is not None else {}
    path = None
    if pretrained is not None:
        path = find_weights(name, pretrained, tag_config, checksum=checksum)
    siblings = [get_tag_config(name, tag) for tag in tags]
    if quick_gelu is None:
        quick_gelu = _choose_activation(name, config, pretrained, tag_config, siblings)
    sources = [tag_config or preprocessing, *([] if tag_config or preprocessing else siblings)]
    mean = _choose_statistic('mean', mean, name, sources)
    std = _choose_statistic('std', std, name, sources)

    if path is None:
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            tower = _wrap(_build(config, quick_gelu))
        if image_size is not None:
            tower.set_image_size(image_size)
    else:
        tower = _build_empty(config, quick_gelu)
        _load(tower, name, path, image_size)
    tower.drop_projection()
    tower.module.eval().requires_grad_(False)
    interpolation = next((s['interpolation'] for s in sources if 'interpolation' in s), 'bicubic')
    return OpenClipTower(tower, name, quick_gelu, mean, std, interpolation)


def _read_arch(arch: str | Mapping[str, Any]) -> tuple[str, dict[str, Any], dict[str, Any]]:
    """Name, model config and preprocessing config of an architecture."""
    if isinstance(arch, Mapping):
        config = copy.deepcopy(dict(arch))
        preprocessing = config.pop('preprocess_cfg', {})
        config = config.get('model_cfg', config)
        if not {'embed_dim', 'vision_cfg'} <= set(config):
            raise ValueError(
                "arch as a mapping is an open_clip model config: it needs 'embed_dim' and "
                f"'vision_cfg', got {sorted(config)}."
            )
        tower = json.dumps([config['embed_dim'], config['vision_cfg']], sort_keys=True)
        return f'custom-{hashlib.sha256(tower.encode()).hexdigest()[:8]}', config, preprocessing
    found = get_model_config(arch)
    if found is None:
        import open_clip

        near = [name for name in open_clip.list_models() if name.lower()[:3] == arch.lower()[:3]]
        raise ValueError(f'open_clip has no architecture {arch!r}. Similar names: {_some(near)}.')
    return arch, found, {}


def _build(config: dict[str, Any], quick_gelu: bool) -> Any:
    from open_clip.model import _build_vision_tower

    vision = dict(config['vision_cfg'])
    vision['patch_dropout'] = 0.0  # only for training CLIP
    vision['timm_model_pretrained'] = False  # weights are loaded by _load only
    return _build_vision_tower(config['embed_dim'], vision, quick_gelu)


def _build_empty(config: dict[str, Any], quick_gelu: bool) -> ImageTower:
    """Build a tower without initial weights, to load weights into."""
    with torch.device('meta'):  # skips the initialisation, which is replaced
        module = _build(config, quick_gelu)
    stored = module.state_dict().keys()
    if any(name not in stored for name, _ in module.named_buffers()):
        # Non-persistent buffers (rotary positions, window indices) are computed by the constructor.
        with torch.random.fork_rng(devices=[]):
            module = _build(config, quick_gelu)
    return _wrap(module)


def _wrap(module: Any) -> ImageTower:
    from open_clip.modified_resnet import ModifiedResNet
    from open_clip.timm_model import TimmModel
    from open_clip.transformer import VisionTransformer

    families: dict[type[nn.Module], type[ImageTower]] = {
        VisionTransformer: VitTower, ModifiedResNet: ResNetTower, TimmModel: TimmTower,
    }  # fmt: skip
    for family, tower in families.items():
        if isinstance(module, family):
            return tower(module)
    raise ValueError(
        f'scene tokens cannot be read from a {type(module).__name__}: expected one of '
        f'{", ".join(family.__name__ for family in families)}.'
    )


def _load(tower: ImageTower, name: str, path: Path, image_size: tuple[int, int] | None) -> None:
    state = read_tower_state(path)
    try:
        tower.load(state, image_size)
    except RuntimeError as error:
        raise ValueError(f'The weights in {path} do not fit --tower {name}: {error}') from error


def _choose_activation(
    name: str,
    config: dict[str, Any],
    pretrained: str | None,
    tag_config: dict[str, Any],
    siblings: list[dict[str, Any]],
) -> bool:
    """Whether to use QuickGELU. It depends on the weights, not on the name of the architecture."""
    if tag_config:
        return bool(tag_config.get('quick_gelu', False))
    from_arch = bool(config.get('quick_gelu', False))
    kinds = {bool(sibling.get('quick_gelu', False)) for sibling in siblings}
    vision = config.get('vision_cfg', {})
    is_vit = not vision.get('timm_model_name') and not isinstance(vision.get('layers'), list)
    if pretrained is not None and is_vit and len(kinds) > 1:
        warnings.warn(
            f'Weights of {name} exist with GELU and with QuickGELU (OpenAI), and the file does '
            f'not state which. Using quick_gelu={from_arch}; set quick_gelu to choose.',
            stacklevel=4,
        )
    return from_arch


def _choose_statistic(
    key: str, given: Sequence[float] | None, name: str, sources: list[dict[str, Any]]
) -> tuple[float, float, float]:
    """Mean or std: the given one, else that of the weights, else the one that all tags share."""
    from open_clip.constants import OPENAI_DATASET_MEAN, OPENAI_DATASET_STD

    known = {tuple(source[key]) for source in sources if key in source}
    if given is not None:
        known = {tuple(given)}
    if len(known) > 1:
        raise ValueError(
            f'Weights of {name} exist with different {key}: {sorted(known)}. Set {key}.'
        )
    default = OPENAI_DATASET_MEAN if key == 'mean' else OPENAI_DATASET_STD
    chosen = known.pop() if known else default
    if len(chosen) != 3:
        raise ValueError(f'{key} must have three values, for R, G and B, got {chosen}.')
    return (float(chosen[0]), float(chosen[1]), float(chosen[2]))


def _some(names: Sequence[str]) -> str:
    shown = ', '.join(repr(name) for name in list(names)[:6])
    return (shown + (', ...' if len(names) > 6 else '')) or 'none'
