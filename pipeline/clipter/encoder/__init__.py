"""Context encoders: one forward pass over a whole image returns its scene tokens."""

from pipeline.clipter.encoder.clip_image_encoder import ClipImageEncoder
from pipeline.clipter.encoder.pooling import ContextPool

__all__ = ['ClipImageEncoder', 'ContextPool']
