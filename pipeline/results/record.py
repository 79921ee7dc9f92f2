"""One photo with its words, as plain values."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from pipeline.structures import Word


@dataclass(frozen=True)
class PhotoResult:
    """What was read in one photo.

    Args:
        name: Stem of the result files; unique in a run.
        source: The file, address or page that the photo came from.
        size: (height, width) in pixels.
        words: In reading order.
        seconds: What reading took.
    """

    name: str
    source: str
    size: tuple[int, int]
    words: list[Word]
    seconds: float


def photo_record(result: PhotoResult) -> dict[str, Any]:
    """``{"image", "width", "height", "words": [...], "seconds"}``, ready for JSON.

    Each word is ``{"polygon": [[x, y], ...], "text", "score", "det_score", "rec_score"}``, pixels
    with two decimals.
    """
    height, width = result.size
    return {
        'image': result.source,
        'width': width,
        'height': height,
        'words': [
            {
                'polygon': [[round(float(x), 2), round(float(y), 2)] for x, y in word.polygon],
                'text': word.text,
                'score': round(word.score, 4),
                'det_score': round(word.det_score, 4),
                'rec_score': round(word.rec_score, 4),
            }
            for word in result.words
        ],
        'seconds': round(result.seconds, 4),
    }
