"""Fusions, scenes and words of small sizes, for tests."""

from __future__ import annotations

import math
from typing import Any

import torch
from torch import Tensor, nn

from pipeline.clipter.fusion import GatedAttention, MultiHeadCrossAttention, SceneFusion
from pipeline.structures import SceneContext

OPEN = math.atanh(0.5)
KINDS = ('full', 'mini', 'gated')


def make_fusion(kind: str, alpha: float = OPEN, **changes: Any) -> SceneFusion:
    torch.manual_seed(0)
    fusion: SceneFusion
    if kind == 'gated':
        fusion = GatedAttention(**{'embed_dim': 16, 'context_dim': 24, **changes})
        for name in ('gate_x', 'gate_scene', 'gate_bias'):  # zero at first: make them count
            nn.init.normal_(getattr(fusion, name))
    else:
        config = {'embed_dim': 16, 'context_dim': 24, 'num_heads': 4, 'size': kind, **changes}
        fusion = MultiHeadCrossAttention(**config)
    nn.init.constant_(fusion.gate.alpha, alpha)
    return fusion


def make_context(index: list[int], num_images: int = 3, num_tokens: int = 5) -> SceneContext:
    generator = torch.Generator().manual_seed(1)
    tokens = torch.randn(num_images, num_tokens, 24, generator=generator)
    return SceneContext(tokens, torch.tensor(index, dtype=torch.int64))


def make_words(num: int, steps: int = 6) -> Tensor:
    return torch.randn(num, steps, 16, generator=torch.Generator().manual_seed(2))
