"""Tracks of words between the frames of a video, by overlap and text."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from rapidfuzz.distance import Levenshtein
from scipy.optimize import linear_sum_assignment

from pipeline.geometry.overlap import polygon_iou
from pipeline.structures import Word

_NO_MATCH = 0.0


@dataclass
class Track:
    """One word over time.

    Attributes:
        number: Number of the track, from 1.
        first_s: Time of the first frame with the word.
        last_s: Time of the last frame with the word.
        best: Reading with the highest score.
        last: Latest reading.
        frames: Number of frames in which the word was read.
    """

    number: int
    first_s: float
    last_s: float
    best: Word
    last: Word
    frames: int = field(default=1)

    def add(self, time_s: float, word: Word) -> None:
        """Add the reading of a further frame."""
        self.last_s, self.last = time_s, word
        self.frames += 1
        if word.score > self.best.score:
            self.best = word

    def record(self) -> dict[str, Any]:
        """The track as JSON-serializable values; the polygon is that of the best reading."""
        return {
            'track': self.number,
            'text': self.best.text,
            'score': round(self.best.score, 4),
            'first': round(self.first_s, 3),
            'last': round(self.last_s, 3),
            'frames': self.frames,
            'polygon': [[round(float(x), 2), round(float(y), 2)] for x, y in self.best.polygon],
        }


class WordTracker:
    """Assigns the words of each frame to tracks.

    The assignment maximizes the sum of polygon IoU and text similarity over all pairs
    (Hungarian method). A pair must overlap, or have similar texts at a short distance, so that
    words are found again after a fast movement. There is no motion model: a word that leaves and
    returns after ``max_gap_s`` gets a new track.

    Args:
        max_gap_s: Time after which a track without readings ends.
        least_iou: Least IoU of a pair with different texts.
        least_similarity: Least text similarity, 1 - normalized edit distance, of a pair that does
            not overlap as much.
        reach: Largest distance of the centers of such a pair, in heights of the word.
    """

    def __init__(
        self,
        max_gap_s: float = 1.0,
        least_iou: float = 0.3,
        least_similarity: float = 0.7,
        reach: float = 3.0,
    ) -> None:
        self.max_gap_s = max_gap_s
        self.least_iou = least_iou
        self.least_similarity = least_similarity
        self.reach = reach
        self.tracks: list[Track] = []

    def update(self, time_s: float, words: Sequence[Word]) -> list[Track]:
        """Add the words of the next frame; returns the track of each word."""
        alive = [track for track in self.tracks if time_s - track.last_s <= self.max_gap_s]
        values = np.array(
            [[self._similarity(track.last, word) for word in words] for track in alive]
        ).reshape(len(alive), len(words))
        found: list[Track | None] = [None] * len(words)
        for row, column in zip(*linear_sum_assignment(values, maximize=True)):
            if values[row, column] > _NO_MATCH:
                alive[row].add(time_s, words[column])
                found[column] = alive[row]
        return [
            track or self._start(time_s, word) for track, word in zip(found, words, strict=True)
        ]

    def _start(self, time_s: float, word: Word) -> Track:
        track = Track(len(self.tracks) + 1, time_s, time_s, word, word)
        self.tracks.append(track)
        return track

    def _similarity(self, before: Word, after: Word) -> float:
        """IoU plus text similarity of two readings, or ``_NO_MATCH``."""
        same_text = float(
            Levenshtein.normalized_similarity(before.text.casefold(), after.text.casefold())
        )
        iou = polygon_iou(before.polygon, after.polygon)
        if iou >= self.least_iou:
            return iou + same_text
        distance = float(np.hypot(*(before.polygon.mean(0) - after.polygon.mean(0))))
        is_near = distance <= self.reach * _height(before.polygon)
        return iou + same_text if same_text >= self.least_similarity and is_near else _NO_MATCH


def _height(polygon: np.ndarray) -> float:
    """Length of the end of a word, between the first and the last point."""
    return float(np.hypot(*(polygon[0] - polygon[-1])))
