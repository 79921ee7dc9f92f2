"""Test whether scene context makes a recognizer correct words that are misspelled in the image."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from pipeline.analysis.agreement import judge
from pipeline.analysis.bootstrap import ImageBootstrap
from pipeline.analysis.context.lettering import Lettering, hang_plate
from pipeline.analysis.context.misspelling import make_misspellings
from pipeline.analysis.context.subject import Subject
from pipeline.analysis.context.word_reader import encode_images
from pipeline.analysis.gt_images import GtImage
from pipeline.recognition.crop_reader import read_crops_under

_BATCH = 16


def check_misleading(
    subject: Subject,
    photos: Sequence[GtImage],
    vocabulary: Collection[str],
    lettering: Lettering,
    count: int,
    longest: int,
    seed: int,
    rule: str = 'alphanumeric',
    report: Callable[[int], Any] = lambda count: None,
) -> dict[str, Any]:
    """Paste clear, misspelled words into images and read them with and without context.

    Each word is pasted twice, in the same style at the same place: spelled correctly, to check that
    the lettering is readable, and misspelled. The scene tokens of both are those of the image with
    the misspelled plate.

    Args:
        subject: Recognizer to test.
        photos: Images for the plates, used in turn.
        vocabulary: Words to misspell; see :func:`make_misspellings`.
        lettering: Function that draws a plate.
        count: Number of words.
        longest: Largest length of a misspelling in characters.
        seed: Random seed of words, plates and intervals.
        rule: Rule of comparison; see :func:`~pipeline.analysis.agreement.is_right`.
        report: Called after each batch with its number of words.

    Returns:
        ``words``: number of words. For ``off`` and ``on``: ``spelled_right``, share of correctly
        spelled words that are read correctly, and three shares of the misspelled words:
        ``as_written``, read as misspelled; ``corrected``, read as the original word; ``otherwise``.
        ``corrected_difference``: on minus off, with interval. ``examples``: corrections that only
        context makes. If the vocabulary has no usable word, the result is ``{'words': 0}``.
    """
    pairs = make_misspellings(vocabulary, count, longest, np.random.default_rng(seed))
    if not pairs:
        return {'words': 0}
    index = np.arange(len(pairs)) % len(photos)
    read = _read_both(subject, photos, pairs, lettering, seed, report)
    right, wrong = read.right, read.wrong
    words = [word for word, _ in pairs]
    written = [text for _, text in pairs]
    result: dict[str, Any] = {'words': len(pairs)}
    corrected = {}
    for name in ('off', 'on'):
        corrected[name] = judge(wrong[name], words, rule)
        as_written = judge(wrong[name], written, rule)
        result[name] = {
            'spelled_right': float(judge(right[name], words, rule).mean()),
            'as_written': float(as_written.mean()),
            'corrected': float(corrected[name].mean()),
            'otherwise': float((~as_written & ~corrected[name]).mean()),
        }
    bootstrap = ImageBootstrap(index, len(photos), seed)
    difference = bootstrap.mean(corrected['on'].astype(float) - corrected['off'])
    result['corrected_difference'] = difference.as_dict()
    result['examples'] = [
        {'written': written[i], 'word': words[i], 'off': wrong['off'][i], 'on': wrong['on'][i]}
        for i in np.flatnonzero(corrected['on'] & ~corrected['off'])[:20]
    ]
    return result


@dataclass
class _Readings:
    """Texts of the correctly spelled and of the misspelled plates, without and with context."""

    right: dict[str, list[str]]
    wrong: dict[str, list[str]]


def _read_both(
    subject: Subject,
    photos: Sequence[GtImage],
    pairs: Sequence[tuple[str, str]],
    lettering: Lettering,
    seed: int,
    report: Callable[[int], Any],
) -> _Readings:
    """Read both spellings of each pair. Pair i is in image i % I, which is loaded once."""
    read = _Readings(*({name: [''] * len(pairs) for name in ('off', 'on')} for _ in range(2)))
    for first in range(min(len(photos), len(pairs))):
        image = photos[first].load()
        rows = list(range(first, len(pairs), len(photos)))
        for start in range(0, len(rows), _BATCH):
            some = rows[start : start + _BATCH]
            crops, scenes = [], []
            for i in some:
                for text in pairs[i]:
                    rng = np.random.default_rng([seed, i])
                    plate, quad = lettering(text, rng)
                    scene, place = hang_plate(image, plate, quad, rng)
                    crops += list(subject.rectifier(scene, [place]))
                scenes.append(scene)  # with the misspelled plate
            tokens = encode_images(subject.recognizer.context_encoder, scenes)
            index = [k // 2 for k in range(len(crops))]
            texts = read_crops_under(subject.recognizer, crops, {'off': None, 'on': tokens}, index)
            for name, readings in texts.items():
                for k, i in enumerate(some):
                    read.right[name][i] = readings[2 * k].item
                    read.wrong[name][i] = readings[2 * k + 1].item
            report(len(some))
    return read
