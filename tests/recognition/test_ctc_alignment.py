from __future__ import annotations

import itertools

import numpy as np
import pytest

from pipeline.recognition.ctc_alignment import align_text
from pipeline.recognition.ctc_reader import CTCReader

CHARACTERS = ['<blank>', 'a', 'b', ' ']


def log_probs_of(path: str, rng: np.random.Generator | None = None) -> np.ndarray:
    """Columns with one likely class each; '-' is the blank."""
    classes = ['-ab '.index(letter) for letter in path]
    probs = np.full((len(path), 4), 0.02)
    probs[np.arange(len(path)), classes] = 0.94
    if rng is not None:
        probs = rng.uniform(0.05, 1, probs.shape)
    return np.log(probs / probs.sum(1, keepdims=True))


def test_read_finds_the_centers_of_characters():
    (reading,) = CTCReader(CHARACTERS, 0, 3).read(log_probs_of(' -aa-b-aab')[None])
    assert reading.text == 'abab'
    assert reading.char_places == pytest.approx([0.3, 0.55, 0.8, 0.95])
    assert reading.without_padding(0.8).char_places == pytest.approx([0.375, 0.6875, 1.0, 1.0])


@pytest.mark.parametrize('path', ['-aa-b-ab', 'a', 'ab', 'a-a', '--b--'])
def test_align_text_finds_the_places_of_the_greedy_text(path):
    log_probs = log_probs_of(path)
    (reading,) = CTCReader(CHARACTERS, 0).read(log_probs[None])
    classes = [CHARACTERS.index(letter) for letter in reading.text]
    assert align_text(log_probs, classes, {0}) == pytest.approx(reading.char_places)


def test_align_text_finds_the_most_probable_path():
    rng = np.random.default_rng(0)
    for _ in range(20):
        log_probs = log_probs_of('------', rng)
        best = max(
            (path for path in itertools.product(range(4), repeat=6) if collapse(path) == (1, 1, 2)),
            key=lambda path: log_probs[np.arange(6), path].sum(),
        )
        grouped = itertools.groupby(enumerate(best), lambda pair: pair[1])
        runs = [[column for column, _ in run] for index, run in grouped if index]
        wanted = [(run[0] + run[-1] + 1) / 12 for run in runs]
        assert align_text(log_probs, [1, 1, 2], {0}) == pytest.approx(wanted)


def collapse(path: tuple[int, ...]) -> tuple[int, ...]:
    return tuple(index for index, _ in itertools.groupby(path) if index)


def test_align_text_without_room():
    assert align_text(log_probs_of('aa'), [1, 1], {0}) == []
