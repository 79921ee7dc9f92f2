"""Names and tags of towers: those of open_clip, and those that this package adds to them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

EMBEDDED_ARCH = 'clipter-lite0'
"""Architecture whose weights this package contains."""

EMBEDDED_TAG = 'embedded'
"""Tag of those weights."""

_FOLDER = Path(__file__).parents[2] / 'weights'
# Preprocessing of the weights, with the keys of open_clip's own table of tags.
_EMBEDDED: dict[str, dict[str, Any]] = {
    EMBEDDED_ARCH: {
        'mean': (0.5, 0.5, 0.5),
        'std': (0.5, 0.5, 0.5),
        'interpolation': 'bicubic',
    },
}


def get_model_config(arch: str) -> dict[str, Any] | None:
    """Model config of an architecture, or None. It is a copy.

    The architectures of this package are added to open_clip's at the first call, so that
    ``open_clip.create_model`` accepts them too.
    """
    import open_clip

    for name in _EMBEDDED:
        if name not in open_clip.list_models():
            open_clip.add_model_config(_FOLDER / f'{name}.json')
    config: dict[str, Any] | None = open_clip.get_model_config(arch)
    return config


def list_tags(arch: str) -> list[str]:
    """Tags of an architecture's weights."""
    if arch in _EMBEDDED:
        return [EMBEDDED_TAG]
    from open_clip.pretrained import list_pretrained_tags_by_model

    return list(list_pretrained_tags_by_model(arch))


def get_tag_config(arch: str, tag: str) -> dict[str, Any]:
    """Source and preprocessing of a tag's weights; empty if the architecture has no such tag."""
    if arch in _EMBEDDED:
        if tag != EMBEDDED_TAG:
            return {}
        return {'file': str(_FOLDER / f'{arch}.safetensors'), **_EMBEDDED[arch]}
    from open_clip.pretrained import get_pretrained_cfg

    return dict(get_pretrained_cfg(arch, tag))
