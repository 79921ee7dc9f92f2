"""ReadingPicturesHook: which words are drawn, and that training is not changed."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch
from mmengine.registry import DefaultScope
from mmengine.structures import LabelData
from toy_scenes import CHARSET, draw_scenes, scene_pipeline
from toy_spotter import ColourReader

from pipeline.datasets import SceneWordsDataset, collate_scene_words
from pipeline.engine.reading_pictures_hook import ReadingPicturesHook, take_words


class Reader(ColourReader):
    """A toy recognizer of scene batches that records its calls."""

    def val_step(self, data: dict[str, Any]) -> Any:
        self.asked = data
        self.was_training = self.training
        words = {'inputs': data['inputs'], 'data_samples': data['data_samples']}
        return super().val_step(words)


@pytest.fixture
def batch(tmp_path) -> dict[str, Any]:
    with DefaultScope.overwrite_default_scope('mmocr'):
        dataset = SceneWordsDataset(
            ann_file='annotation.json', data_root=str(draw_scenes(tmp_path)), charset=CHARSET,
            pipeline=scene_pipeline(with_image=True), serialize_data=False,
        )  # fmt: skip
        word_alone = {**dataset[0], 'image': None, 'photo': None}
        return collate_scene_words([word_alone, dataset[1], dataset[2]])


def runner_for(model: Any, iteration: int = 0) -> tuple[Any, list]:
    drawn: list = []
    visualizer = SimpleNamespace(
        add_image=lambda name, image, step: drawn.append((name, image, step))
    )
    return SimpleNamespace(model=model, visualizer=visualizer, iter=iteration), drawn


def test_reading_pictures_predicts_in_eval_mode(batch):
    with DefaultScope.overwrite_default_scope('mmocr'):
        model = Reader().train()
    before = torch.get_rng_state()
    runner, drawn = runner_for(model, iteration=9)
    ReadingPicturesHook(interval=10).after_train_iter(runner, 9, batch, {})
    ((name, sheet, step),) = drawn
    assert (name, step) == ('train_readings', 10)
    assert sheet.ndim == 3 and sheet.dtype == np.uint8 and sheet.min() < 255
    assert model.training and not model.was_training
    assert torch.equal(torch.get_rng_state(), before)
    assert 'pred_text' not in batch['data_samples'][0]


def test_reading_pictures_draws_every_interval(batch):
    with DefaultScope.overwrite_default_scope('mmocr'):
        runner, drawn = runner_for(Reader())
    hook = ReadingPicturesHook(interval=3)
    for iteration in range(7):
        runner.iter = iteration
        hook.after_train_iter(runner, iteration, batch, {})
    assert [step for _, _, step in drawn] == [3, 6]


def test_reading_pictures_draws_validation_predictions(batch):
    for sample in batch['data_samples']:
        sample.pred_text = LabelData(item='x')
    runner, drawn = runner_for(model=None, iteration=5)
    hook = ReadingPicturesHook()
    for i in range(2):
        hook.after_val_iter(runner, i, batch, batch['data_samples'])
    assert [(name, step) for name, _, step in drawn] == [('val_readings', 5)]


def test_reading_pictures_draws_nothing_without_texts():
    runner, drawn = runner_for(model=None)
    detection = {'inputs': [1], 'data_samples': [{'gt_instances': 1}]}
    for data in (detection, {'inputs': [1]}, [1, 2]):
        ReadingPicturesHook(interval=1).after_train_iter(runner, 0, data, {})
    assert drawn == []


def test_take_words_keeps_the_images_of_words(batch):
    part = take_words(batch, 2)
    assert part['image_index'].tolist() == [-1, 0]
    assert len(part['images']) == 1 and len(part['data_samples']) == 2
    np.testing.assert_array_equal(part['images'][0], batch['images'][0])
    alone = take_words(batch, 1)
    assert 'images' not in alone and 'image_index' not in alone


def test_take_words_keeps_the_tokens_of_words():
    batch = {
        'inputs': torch.zeros(4, 3, 2, 2),
        'data_samples': list('abcd'),
        'context_tokens': torch.arange(2.0).view(2, 1, 1),
        'image_index': torch.tensor([0, 0, 1, 1]),
    }
    assert take_words(batch, 2)['context_tokens'].flatten().tolist() == [0.0]
    assert take_words(batch, 3)['context_tokens'].flatten().tolist() == [0.0, 1.0]


@pytest.mark.parametrize('options', [{'interval': 0}, {'max_words': 0}])
def test_reading_pictures_rejects_invalid_options(options):
    with pytest.raises(ValueError, match='at least 1'):
        ReadingPicturesHook(**options)
