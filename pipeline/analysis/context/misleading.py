"""Does the scene talk a reader into words that are not there?"""

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
    """Hang clear, misspelled words in photos and read them with context and without.

    Each word hangs in its photo twice, in the same letters at the same place: spelled right,
    which shows whether the lettering can be read at all, and misspelled. The scene tokens are
    those of the photo with the plate in it.

    Args:
        subject: The recognizer.
        photos: Where to hang them, in turn.
        vocabulary: Words to misspell; see :func:`make_misspellings`.
        lettering: Draws the plates.
        count: Words.
        longest: Most characters.
        seed: The same seed draws the same plates.
        rule: See :func:`~pipeline.analysis.agreement.is_right`.

    Returns:
        ``words`` (how many), and for ``off`` and ``on``: ``spelled_right`` (share read so),
        ``as_written`` (misspelled words read as they are), ``corrected`` (read as the word that
        was misspelled) and ``otherwise``; ``corrected_difference``, on less off, with its
        interval; ``examples`` of corrections that context made. ``{'words': 0}`` where the
        vocabulary has no word to misspell.
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
    """Readings without and with context of one plate a photo; photo i % I takes text i."""
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
