"""Warning about annotations whose texts contain fields of another line layout."""

from __future__ import annotations

import logging
from collections.abc import Iterable

from pipeline.io.shifted_fields import LOOKS, ShiftKind, find_shifted_fields

_logger = logging.getLogger(__name__)
_ADVICE: dict[ShiftKind, str] = {
    'confidence': 'Remove the confidences from the lines.',
    'polygon': 'clipter prepare-dataset totaltext reads polygons of any number of points.',
    'polygon and confidence': 'Remove the confidences from the lines; clipter prepare-dataset '
    'totaltext then reads the polygons.',
    'script': 'clipter prepare-dataset mlt2017 reads lines with a script.',
    'confidence at the end': 'Remove the confidences from the lines.',
}


def report_shifted_texts(source: str, samples: Iterable[dict]) -> None:
    """Log a warning if texts contain a confidence, coordinates or a script of their lines.

    Args:
        source: Name of the split, for the message.
        samples: MMOCR samples. They are not modified.
    """
    words = [
        (sample['img_path'], word['text']) for sample in samples for word in sample['instances']
    ]
    found = find_shifted_fields([text for _, text in words])
    if found is not None:
        path, text = words[found.first]
        _logger.warning(
            'warning: %s: %d of %d texts %s, which became a part of the text. The first is %r in '
            '%s. %s',
            source, found.count, found.total, LOOKS[found.kind], text, path, _ADVICE[found.kind],
        )  # fmt: skip
