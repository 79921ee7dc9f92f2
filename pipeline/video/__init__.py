"""Words in videos: frames, and the tracks of words between them."""

from pipeline.video.frames import Frame, VideoReader
from pipeline.video.tracker import Track, WordTracker

__all__ = ['Frame', 'Track', 'VideoReader', 'WordTracker']
