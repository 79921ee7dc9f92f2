"""Spotters in torch are pickled, and are built and used by several threads."""

from __future__ import annotations

import multiprocessing
import pickle
import shutil
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
import torch
from mmengine.config import Config
from own_recognizers import ppocr
from toy_spotter import draw_photo, make_toy, write_config

from pipeline.embedded_context import CONTEXT_WEIGHTS
from pipeline.spotter import DEFAULT_CONFIG, TextSpotter
from pipeline.utils.checkpoint import save_weights

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
    image = np.ascontiguousarray(np.rot90(_demo()[280:480, 30:420], 2))
    assert _read(copy, image) == _read(spotter, image) != []


def _demo() -> np.ndarray:
    from pipeline.io import read_image

    return read_image(DEMO)


def test_spotter_with_context_is_pickled_with_its_settings() -> None:
    spotter = TextSpotter.default(device='cpu', context=True)
    spotter.min_score = 0.45
    spotter.use_words([])
    data = pickle.dumps(spotter)
    files = (DEFAULT_CONFIG.with_suffix('.safetensors'), CONTEXT_WEIGHTS)
    assert len(data) < 1.1 * sum(file.stat().st_size for file in files)
    copy = pickle.loads(data)
    assert copy.has_context and copy.min_score == 0.45
    image = _demo()[280:480, 30:420]
    assert _scored(copy, image) == _scored(spotter, image) != []
    assert torch.equal(copy.encode([image]), spotter.encode([image]))
    spotter.use_context(False)
    assert not pickle.loads(pickle.dumps(spotter)).has_context


def _scored(spotter: TextSpotter, image: np.ndarray) -> list[tuple[str, float]]:
    return [(word.text, word.score) for word in spotter.read(image)]


def test_pickled_spotter_needs_no_file(tmp_path) -> None:
    tower = tmp_path / 'tower.safetensors'
    shutil.copy(DEFAULT_CONFIG.with_name('clipter-lite0.safetensors'), tower)
    characters = tmp_path / 'characters.txt'
    characters.write_text('a\nb\nc\n')
    letters = dict(type='Dictionary', dict_file=str(characters))
    encoder = dict(
        type='ClipImageEncoder', arch='clipter-lite0', pretrained=str(tower),
        pooling=dict(kernel='inf'),
    )  # fmt: skip
    recognizer = dict(
        type='ContextRecognizer', recognizer=ppocr(letters, 0.0), context_encoder=encoder,
        fusion=dict(type='GatedAttention', embed_dim=32), stage='early',
    )  # fmt: skip
    weights = tmp_path / 'weights.safetensors'
    save_weights(make_toy(recognizer=recognizer), weights)
    model = dict(
        type='TextSpotter', detector=dict(type='BlockDetector'), recognizer=recognizer,
        rectifier=dict(type='Rectifier', size=(32, 128)),
    )  # fmt: skip
    spotter = TextSpotter.from_config(Config(dict(model=model)), weights)
    spotter.use_precision('bfloat16')
    spotter.crop_batch_size = 3
    image = draw_photo(('k', (10, 10, 90, 34)))
    tokens = spotter.encode([image])
    data = pickle.dumps(spotter)
    for file in (tower, characters, weights):
        file.unlink()
    copy = pickle.loads(data)
    assert torch.equal(copy.encode([image]), tokens)
    assert copy.crop_batch_size == 3 and copy.settings() == spotter.settings()
    again = pickle.loads(pickle.dumps(copy))  # the files of the first copy are gone too
    assert torch.equal(again.encode([image]), tokens)


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
