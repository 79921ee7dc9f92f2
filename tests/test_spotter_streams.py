"""Batches and streams of images."""

from __future__ import annotations

import threading
import weakref
from pathlib import Path

import numpy as np
import pytest
import torch
from toy_spotter import BOX, draw_photo, make_toy
from toy_words import LEFT, MIDDLE, RIGHT, texts

from pipeline import ImageReadError
from pipeline.detection.detections import Detections


def test_crops_of_all_photos_are_recognized_together():
    photos = [draw_photo(('a', LEFT), ('b', MIDDLE), ('c', RIGHT)) for _ in range(4)]
    spotter = make_toy()
    spotter.read_batch(photos)
    assert spotter.detector.batches == [4]
    assert spotter.recognizer.calls[0] == 12  # then the rows of letters are read again


def test_many_crops_go_through_the_recognizer_in_passes_of_the_given_size():
    photos = [draw_photo(('a', LEFT), ('b', MIDDLE), ('c', RIGHT)) for _ in range(4)]
    spotter = make_toy(crop_batch_size=5)
    assert [texts(words) for words in spotter.read_batch(photos)] == ['abc'] * 4
    assert spotter.recognizer.calls[:3] == [5, 5, 2]
    assert max(spotter.recognizer.calls) == 5


def test_a_stream_takes_photos_one_batch_at_a_time():
    taken = []

    def photos():
        for letter in 'abcdefg':
            taken.append(letter)
            yield draw_photo((letter, BOX))

    spotter = make_toy()
    stream = spotter.stream(photos(), batch_size=3, workers=1)
    assert taken == []
    assert texts(next(stream)) == 'a'
    assert taken == ['a', 'b', 'c']
    assert [texts(words) for words in stream] == list('bcdefg')
    assert spotter.detector.batches == [3, 3, 1]


@pytest.mark.parametrize('workers', [1, 2])
def test_stream_holds_one_batch_per_worker_in_memory(monkeypatch, workers):
    alive: list[weakref.ref] = []
    most = 0

    def read(letter: str) -> np.ndarray:
        nonlocal most
        photo = draw_photo((letter, BOX))
        alive.append(weakref.ref(photo))
        most = max(most, sum(ref() is not None for ref in alive))
        return photo

    monkeypatch.setattr('pipeline.image_stream.read_image', read)
    stream = make_toy().stream(list('abcdefgh'), 2, workers)
    assert [texts(words) for words in stream] == list('abcdefgh')
    assert most <= 2 * workers


def test_stream_reads_batches_at_the_same_time():
    together = threading.Barrier(2, timeout=10)
    spotter = make_toy()
    find = spotter.detector.find

    def find_together(image: np.ndarray) -> Detections:
        together.wait()
        return find(image)

    spotter.detector.find = find_together
    photos = [draw_photo((letter, BOX)) for letter in 'abcd']
    assert [texts(words) for words in spotter.stream(photos, 1, 2)] == list('abcd')


def test_stream_divides_the_threads_of_torch_among_workers():
    before = torch.get_num_threads()
    torch.set_num_threads(4)
    try:
        spotter = make_toy()
        threads = list(spotter.map_batches(lambda _: torch.get_num_threads(), range(4), 2))
        assert threads == [2] * 4
        assert (torch.get_num_threads(), spotter.default_workers) == (4, 4)
    finally:
        torch.set_num_threads(before)


@pytest.mark.parametrize('workers', [1, 2])
def test_stream_loses_no_image_to_a_bad_one(tmp_path, workers):
    broken = tmp_path / 'broken.jpg'
    broken.write_text('no image')
    photos = [*(draw_photo((letter, BOX)) for letter in 'abc'), broken, draw_photo(('e', BOX))]
    found = list(make_toy().stream(photos, 2, workers, errors='return'))
    assert isinstance(found[3], ImageReadError)
    assert [texts(words) for words in [*found[:3], found[4]]] == list('abce')

    read = []
    with pytest.raises(ImageReadError, match=r'broken\.jpg'):
        for words in make_toy().stream(photos, 2, workers):
            read.append(texts(words))
    assert read == list('abc')


@pytest.mark.parametrize('photo', ['photo.jpg', Path('photo.jpg'), draw_photo()], ids=type)
def test_one_photo_is_no_stream(photo):
    with pytest.raises(TypeError, match=r'iterable of images.*read\(\)'):
        list(make_toy().stream(photo))


def test_a_stream_needs_batches_of_at_least_one_photo():
    with pytest.raises(ValueError, match='batch_size'):
        list(make_toy().stream([draw_photo()], batch_size=0))


def test_stream_rejects_an_unknown_way_with_errors():
    with pytest.raises(ValueError, match="'raise' or 'return', got 'skip'"):
        list(make_toy().stream([draw_photo()], errors='skip'))
