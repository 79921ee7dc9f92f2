"""Words of a line merged at random, as detectors merge them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from pipeline.geometry.neighbors import join_words, next_words

Located = tuple[np.ndarray, str | None]
"""Ring (K, 2) and text of a word; the text is None for an ignored word."""


def merge_words(
    words: Sequence[Located], prob: float, max_length: int, rng: np.random.Generator
) -> list[tuple[int, np.ndarray, str]]:
    """Merge words with the words that follow on their line. The text then contains spaces.

    Words are not merged across ignored words, nor with them.

    Args:
        words: All words of an image. An odd number of points does not define the two sides of a
            word, so such words are not merged.
        prob: Probability that a word is merged with the next word, repeatedly.
        max_length: Maximum number of characters of a merged text.
        rng: Random generator.

    Returns:
        Index, ring and text of each word that is not ignored, in the order of ``words``. A word
        that was merged into the previous one also stays a word of its own.
    """
    followers = _followers([ring for ring, _ in words]) if prob > 0 else {}
    merged = []
    for index, (ring, text) in enumerate(words):
        if text is None:
            continue
        line = [index]
        while followers and rng.random() < prob:
            after = followers.get(line[-1])
            if after is None or after in line:
                break
            following = words[after][1]
            if following is None or len(text) + 1 + len(following) > max_length:
                break
            line.append(after)
            text = f'{text} {following}'
        outline = join_words([words[i][0] for i in line]) if len(line) > 1 else ring
        merged.append((index, outline, text))
    return merged


def _followers(rings: Sequence[np.ndarray]) -> dict[int, int]:
    """Index of the next word on the line, for each word that has one."""
    even = [i for i, ring in enumerate(rings) if len(ring) % 2 == 0]
    following = next_words([rings[i] for i in even])
    return {even[i]: even[j] for i, j in enumerate(following) if j is not None}
