"""Cache of scene tokens on disk, written once and read by training and evaluation runs."""

from pipeline.clipter.cache.cached_context_encoder import CachedContextEncoder

__all__ = ['CachedContextEncoder']
