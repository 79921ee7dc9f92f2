"""Spotters in torch are pickled, and are built and used by several threads."""

from __future__ import annotations

import multiprocessing
import pickle
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from toy_spotter import draw_photo, make_toy, write_config

from pipeline.spotter import DEFAULT_CONFIG, TextSpotter

DEMO = Path(__file__).parents[1] / 'data' / 'demo' / 'scene.jpg'


def _read(spotter: TextSpotter, image: np.ndarray) -> list[str]:
    return [word.text for word in spotter.read(image)]


def test_built_spotter_is_pickled_with_its_settings() -> None:
    spotter = TextSpotter.from_config(DEFAULT_CONFIG)
    spotter.min_score, spotter.orientation, spotter.long_side = 0.45, 180, 800
    spotter.use_words([])
    data = pickle.dumps(spotter)
    assert len(data) < 1.1 * DEFAULT_CONFIG.with_suffix('.safetensors').stat().st_size
    copy = pickle.loads(data)
    assert (copy.min_score, copy.orientation, copy.long_side) == (0.45, 180, 800)
    assert copy.language_model is None and not copy.training
    image = np.ascontiguousarray(np.rot90(_demo(), 2))
    assert _read(copy, image) == _read(spotter, image) != []


def _demo() -> np.ndarray:
    from pipeline.io import read_image

    return read_image(DEMO)


@pytest.mark.slow
def test_built_spotter_works_in_a_spawned_pool() -> None:
    spotter = TextSpotter.from_config(DEFAULT_CONFIG)
    wanted = _read(spotter, _demo())
    with multiprocessing.get_context('spawn').Pool(1) as pool:
        assert pool.apply(_read, (spotter, _demo())) == wanted


def test_trainable_spotter_is_pickled_as_a_module() -> None:
    toy = make_toy(min_score=0.2)
    copy = pickle.loads(pickle.dumps(toy))
    image = draw_photo(('k', (10, 10, 90, 34)))
    assert copy.min_score == 0.2
    assert _read(copy, image) == _read(toy, image) == ['k']


def test_spotters_are_built_and_used_in_threads(tmp_path) -> None:
    config = write_config(tmp_path)
    image = draw_photo(('k', (10, 10, 90, 34)))

    def build_and_read(_: int) -> list[str]:
        return _read(TextSpotter.from_config(config), image)

    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(build_and_read, range(16))) == [['k']] * 16
