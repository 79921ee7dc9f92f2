"""Context encoders: one pass over a whole image gives its scene tokens."""

from pipeline.clipter.encoder.clip_image_encoder import ClipImageEncoder
from pipeline.clipter.encoder.pooling import ContextPool

__all__ = ['ClipImageEncoder', 'ContextPool']
