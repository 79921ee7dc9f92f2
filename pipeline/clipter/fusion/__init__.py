"""Fusion modules: words attend to the scene tokens of their image through a gate."""

from pipeline.clipter.fusion.gate import TanhGate
from pipeline.clipter.fusion.gated_attention import GatedAttention
from pipeline.clipter.fusion.multi_head_cross_attention import MultiHeadCrossAttention
from pipeline.clipter.fusion.projected_context import ProjectedContext
from pipeline.clipter.fusion.scene_fusion import SceneFusion

__all__ = [
    'GatedAttention',
    'MultiHeadCrossAttention',
    'ProjectedContext',
    'SceneFusion',
    'TanhGate',
]
