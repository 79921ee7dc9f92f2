"""Fusion: words attend to the tokens of their own photo, through a gate that starts closed."""

from pipeline.fusion.gate import TanhGate
from pipeline.fusion.gated_attention import GatedAttention
from pipeline.fusion.multi_head_cross_attention import MultiHeadCrossAttention
from pipeline.fusion.projected_context import ProjectedContext
from pipeline.fusion.scene_fusion import SceneFusion

__all__ = [
    'GatedAttention',
    'MultiHeadCrossAttention',
    'ProjectedContext',
    'SceneFusion',
    'TanhGate',
]
