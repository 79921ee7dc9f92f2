"""Scene tokens on disk: written once, read by trainings and evaluations."""

from pipeline.clipter.cache.cached_context_encoder import CachedContextEncoder

__all__ = ['CachedContextEncoder']
