"""Test whether scene context makes a recognizer correct words that are misspelled in the image."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

import numpy as np

from pipeline.analysis.agreement import judge
from pipeline.analysis.bootstrap import ImageBootstrap
from pipeline.analysis.context.lettering import Lettering, hang_plate
from pipeline.analysis.context.misspelling import make_misspellings
from pipeline.analysis.context.subject import Subject
from pipeline.analysis.context.word_reader import WordCrops, encode_images, read_words
from pipeline.analysis.gt_images import GtImage


def check_misleading(
    subject: Subject,
    photos: Sequence[GtImage],
    vocabulary: Collection[str],
    lettering: Lettering,
    count: int,
    longest: int,
    seed: int,
    rule: str = 'alphanumeric',
) -> dict[str, Any]:
    """Paste clear, misspelled words into images and read them with and without context.

    Each word is pasted twice, in the same style at the same place: spelled correctly, to check that
    the lettering is readable, and misspelled. The scene tokens are those of the image with the
    plate.

    Args:
        subject: Recognizer to test.
        photos: Images for the plates, used in turn.
        vocabulary: Words to misspell; see :func:`make_misspellings`.
        lettering: Function that draws a plate.
        count: Number of words.
        longest: Largest length of a misspelling in characters.
        seed: Random seed of words, plates and intervals.
        rule: Rule of comparison; see :func:`~pipeline.analysis.agreement.is_right`.

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
    right = _read_both(subject, photos, [word for word, _ in pairs], lettering, seed)
    wrong = _read_both(subject, photos, [text for _, text in pairs], lettering, seed)
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


def _read_both(
    subject: Subject,
    photos: Sequence[GtImage],
    texts: Sequence[str],
    lettering: Lettering,
    seed: int,
) -> dict[str, list[str]]:
    """Texts read without and with context, one plate per text. Text i is in image i % I."""
    readings: dict[str, list[str]] = {'off': [], 'on': []}
    for i, text in enumerate(texts):
        rng = np.random.default_rng([seed, i])
        plate, quad = lettering(text, rng)
        photo, place = hang_plate(photos[i % len(photos)].load(), plate, quad, rng)
        crops = subject.rectifier(photo, [place])
        word = WordCrops(crops, np.zeros(1, np.int64), [text])
        tokens = encode_images(subject.recognizer.context_encoder, [photo])
        readings['off'] += read_words(subject.recognizer, word, None)
        readings['on'] += read_words(subject.recognizer, word, tokens)
    return readings
