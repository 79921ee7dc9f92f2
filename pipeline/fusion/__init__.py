"""Fusion: words attend to the tokens of their own photo, through a gate that starts closed."""

from pipeline.fusion.gate import TanhGate
from pipeline.fusion.multi_head_cross_attention import MultiHeadCrossAttention, ProjectedContext

__all__ = ['MultiHeadCrossAttention', 'ProjectedContext', 'TanhGate']
