"""Small image towers, and files of weights as open_clip writes them."""

from __future__ import annotations

import cv2
import numpy as np
import torch

from pipeline.clipter.encoder import ClipImageEncoder

TINY = {
    'embed_dim': 16,
    'vision_cfg': {
        'image_size': 32,
        'layers': 2,
        'width': 32,
        'patch_size': 8,
        'head_width': 16,
    },
}


def make_encoder(**changes: object) -> ClipImageEncoder:
    return ClipImageEncoder(**{'arch': TINY, 'pretrained': None, 'allow_random': True, **changes})


def make_photo(height: int = 50, width: int = 90, seed: int = 0) -> np.ndarray:
    rng = np.random.default_rng(seed)
    small = rng.integers(0, 256, (6, 9, 3), dtype=np.uint8)
    return cv2.resize(small, (width, height), interpolation=cv2.INTER_CUBIC)


def tower_state(encoder: ClipImageEncoder, prefix: str = 'visual.') -> dict[str, torch.Tensor]:
    """A checkpoint as open_clip writes one: with the projection, and a text tower beside."""
    state = {prefix + key: value.clone() for key, value in encoder.tower.state_dict().items()}
    state[prefix + 'proj'] = torch.zeros(32, 16)
    if prefix:
        state['text_projection'] = torch.zeros(4, 4)
        state['logit_scale'] = torch.zeros(())
    return state
