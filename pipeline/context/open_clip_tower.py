"""Builds the image tower of an open_clip model, without its text tower."""

from __future__ import annotations

import copy
import hashlib
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import nn

from pipeline.context.tower_weights import find_weights, fit_positions, read_tower_state


@dataclass(frozen=True)
class OpenClipTower:
    """An image tower and what has to go with it.

    Args:
        module: open_clip's ``VisionTransformer``, in evaluation mode and without gradients.
        mean: Of the training images, RGB in [0, 1].
        std: As ``mean``.
        checksum: sha256 of the weights in use, or ``random:SEED``.
    """

    module: nn.Module
    mean: tuple[float, float, float]
    std: tuple[float, float, float]
    checksum: str


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
    cache_dir: str | None,
) -> OpenClipTower:
    """Build the tower and give it its weights; the arguments are ``ClipImageEncoder``'s.

    Raises:
        ValueError: If the arguments contradict each other or the weights do not fit.
        FileNotFoundError: If the weights are neither here nor to be had.
    """
    from open_clip.pretrained import get_pretrained_cfg, list_pretrained_tags_by_model

    name, config = _read_arch(arch)
    if pretrained is None and not allow_random:
        raise ValueError(
            f'pretrained=None would leave {name} with random weights. Name a tag '
            f'({_some(list_pretrained_tags_by_model(name))}) or a weights file, or set '
            'allow_random=True where random weights are meant.'
        )
    tag_config = get_pretrained_cfg(name, pretrained) if pretrained is not None else {}
    path = None
    if pretrained is not None:
        path = find_weights(name, pretrained, tag_config, checksum=checksum, cache_dir=cache_dir)
    siblings = [get_pretrained_cfg(name, tag) for tag in list_pretrained_tags_by_model(name)]
    if quick_gelu is None:
        quick_gelu = _choose_activation(name, config, pretrained, tag_config, siblings)
    mean = _choose_statistic('mean', mean, name, tag_config, siblings)
    std = _choose_statistic('std', std, name, tag_config, siblings)

    if path is None:
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            tower = _build(name, config, quick_gelu, image_size)
        tower.proj = None
        return OpenClipTower(tower.eval().requires_grad_(False), mean, std, f'random:{seed}')

    state = read_tower_state(path)
    with torch.device('meta'):  # no memory and no time for values that are about to be replaced
        tower = _build(name, config, quick_gelu, image_size)
    if 'positional_embedding' in state:
        state['positional_embedding'] = fit_positions(
            state['positional_embedding'], tower.grid_size
        )
    try:
        tower.load_state_dict(state, strict=True, assign=True)
    except RuntimeError as error:
        raise ValueError(f'The weights in {path} do not fit arch={name!r}: {error}') from error
    tower.proj = None  # the projection to the text space is not used by scene tokens
    return OpenClipTower(tower.eval().requires_grad_(False), mean, std, _hash_weights(tower))


def _read_arch(arch: str | Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
    import open_clip

    if isinstance(arch, Mapping):
        if not {'embed_dim', 'vision_cfg'} <= set(arch):
            raise ValueError(
                "arch as a mapping is an open_clip model config: it needs 'embed_dim' and "
                f"'vision_cfg', got {sorted(arch)}."
            )
        return 'custom', copy.deepcopy(dict(arch))
    config = open_clip.get_model_config(arch)
    if config is None:
        near = [name for name in open_clip.list_models() if name.lower()[:3] == arch.lower()[:3]]
        raise ValueError(f'open_clip knows no architecture {arch!r}. It has {_some(near)}.')
    return arch, config


def _build(
    name: str, config: dict[str, Any], quick_gelu: bool, image_size: tuple[int, int] | None
) -> Any:
    from open_clip.model import _build_vision_tower
    from open_clip.transformer import VisionTransformer

    vision = dict(config['vision_cfg'])
    vision['patch_dropout'] = 0.0  # a regularizer of CLIP's own training
    if vision.get('timm_model_name') or isinstance(vision.get('layers'), (tuple, list)):
        raise ValueError(
            f'{name} is not a VisionTransformer of open_clip, whose class token and patch grid '
            "are the scene tokens. Choose one that is, such as 'ViT-B-32' or 'ViT-B-16'."
        )
    if image_size is not None:
        patch = vision['patch_size']
        if any(side < patch or side % patch for side in image_size):
            raise ValueError(
                f'image_size must be (height, width) in multiples of the {patch} px patches of '
                f'{name}, got {image_size}.'
            )
        vision['image_size'] = image_size
    tower = _build_vision_tower(config['embed_dim'], vision, quick_gelu)
    if not isinstance(tower, VisionTransformer) or tower.attn_pool is not None:
        raise ValueError(
            f'{name} pools its tokens by attention before its final norm, so it has no scene '
            "tokens to give. Choose another architecture, such as 'ViT-B-32'."
        )
    return tower


def _choose_activation(
    name: str,
    config: dict[str, Any],
    pretrained: str | None,
    tag_config: dict[str, Any],
    siblings: list[dict[str, Any]],
) -> bool:
    """QuickGELU or GELU: the weights decide, not the architecture's name."""
    if tag_config:
        return bool(tag_config.get('quick_gelu', False))
    from_arch = bool(config.get('quick_gelu', False))
    kinds = {bool(sibling.get('quick_gelu', False)) for sibling in siblings}
    if pretrained is not None and len(kinds) > 1:
        warnings.warn(
            f'Weights of {name} come with GELU and with QuickGELU (those of OpenAI), and a file '
            f'does not say which. Taking quick_gelu={from_arch}; set quick_gelu to be sure.',
            stacklevel=4,
        )
    return from_arch


def _choose_statistic(
    key: str,
    given: Sequence[float] | None,
    name: str,
    tag_config: dict[str, Any],
    siblings: list[dict[str, Any]],
) -> tuple[float, float, float]:
    """Mean or std: given, else the tag's, else the one that all tags of the arch share."""
    from open_clip.constants import OPENAI_DATASET_MEAN, OPENAI_DATASET_STD

    if given is not None:
        if len(given) != 3:
            raise ValueError(f'{key} must hold three values, for R, G and B, got {given}.')
        return (float(given[0]), float(given[1]), float(given[2]))
    if key in tag_config:
        return tuple(tag_config[key])
    known = {tuple(sibling[key]) for sibling in siblings if key in sibling}
    if len(known) > 1:
        raise ValueError(
            f'Weights of {name} come with different {key}: {sorted(known)}. Set {key}.'
        )
    default = OPENAI_DATASET_MEAN if key == 'mean' else OPENAI_DATASET_STD
    return known.pop() if known else default


def _hash_weights(tower: nn.Module) -> str:
    digest = hashlib.sha256()
    for key, value in sorted(tower.state_dict().items()):
        digest.update(key.encode())
        digest.update(memoryview(value.contiguous().numpy()).cast('B'))
    return digest.hexdigest()


def _some(names: Sequence[str]) -> str:
    shown = ', '.join(repr(name) for name in list(names)[:6])
    return (shown + (', ...' if len(names) > 6 else '')) or 'none'
