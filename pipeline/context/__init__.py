"""Context encoders: a whole photo becomes scene tokens, once."""

from pipeline.context.cached_context_encoder import CachedContextEncoder
from pipeline.context.clip_image_encoder import ClipImageEncoder
from pipeline.context.pooling import ContextPool

__all__ = ['CachedContextEncoder', 'ClipImageEncoder', 'ContextPool']
