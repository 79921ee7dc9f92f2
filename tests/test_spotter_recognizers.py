"""Spotters with scene context, and with recognizers of MMOCR."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from toy_spotter import draw_photo, make_toy
from toy_words import LEFT, MIDDLE, RIGHT, draw_crop, whole

from pipeline import TextSpotter, Word
from pipeline.detection.detections import Detections

TINY_CLIP = {
    'type': 'ClipImageEncoder',
    'arch': {
        'embed_dim': 16,
        'vision_cfg': {
            'image_size': 16, 'layers': 1, 'width': 24, 'patch_size': 8, 'head_width': 12,
        },
    },
    'pretrained': None,
    'allow_random': True,
}  # fmt: skip


@pytest.fixture
def dictionary(tmp_path: Path) -> dict:
    path = tmp_path / 'charset.txt'
    path.write_text('\n'.join('abcdefgh'))
    return {
        'type': 'Dictionary', 'dict_file': str(path),
        'with_start': True, 'with_end': True, 'with_padding': True,
    }  # fmt: skip


def context_spotter(dictionary: dict, **options) -> TextSpotter:
    plain = {
        'type': 'PARSeq',
        'encoder': {
            'type': 'ViTEncoder', 'img_size': (32, 128),
            'embed_dim': 32, 'depth': 1, 'num_heads': 2,
        },
        'decoder': {
            'type': 'PARSeqDecoder', 'embed_dim': 32, 'num_heads': 2, 'max_label_length': 4,
            'dictionary': dictionary,
            'module_loss': {'type': 'PermutationLanguageModelLoss', 'perm_num': 2},
            'postprocessor': {'type': 'PARSeqPostprocessor'},
        },
        'data_preprocessor': {'type': 'CropDataPreprocessor', 'bgr_to_rgb': True},
    }  # fmt: skip
    fusion = {'type': 'MultiHeadCrossAttention', 'embed_dim': 32, 'num_heads': 2, 'size': 'mini'}
    recognizer = {
        'type': 'ContextRecognizer',
        'recognizer': plain, 'context_encoder': TINY_CLIP, 'fusion': fusion,
    }  # fmt: skip
    spotter = make_toy(recognizer=recognizer, **options)
    spotter.orientation = 0  # random weights vote for any orientation
    torch.nn.init.constant_(spotter.recognizer.fusion.gate.alpha, 1.0)
    decoder = spotter.recognizer.recognizer.decoder
    with torch.no_grad():  # An untrained decoder may end a word at once: no word would be left.
        decoder.head.bias[decoder.dictionary.end_idx] = -20.0
        decoder.head.weight.mul_(10.0)
    return spotter


class SameWords(torch.nn.Module):
    """A detector that finds the same three words in every image."""

    def forward(self, images: list[np.ndarray]) -> list[Detections]:
        boxes = [draw_photo(('a', box)) for box in (LEFT, MIDDLE, RIGHT)]
        rings = [make_toy().detector.find(box).polygons[0] for box in boxes]
        return [Detections(rings, np.ones(3, dtype=np.float32)) for _ in images]


def scenes() -> list[np.ndarray]:
    """Images with the same words in different surroundings."""
    photos = []
    for ground in ((255, 255, 255), (30, 60, 200), (0, 160, 0)):
        photo = np.full((100, 200, 3), ground, dtype=np.uint8)
        photo[:40] = draw_photo(('a', LEFT), ('b', MIDDLE), ('c', RIGHT))[:40]
        photos.append(photo)
    return photos


def readings(words: list[Word]) -> list[tuple[str, float]]:
    return [(word.text, float(np.log(word.rec_score))) for word in words]


def test_each_photo_is_encoded_once_however_its_crops_are_batched(dictionary):
    spotter = context_spotter(dictionary, crop_batch_size=2)
    seen: list[int] = []
    spotter.recognizer.context_encoder.register_forward_hook(
        lambda _, args, __: seen.append(len(args[0]))
    )
    spotter.read_batch(scenes())
    assert seen == [3]


def test_words_of_a_batch_meet_their_own_scene(dictionary):
    spotter = context_spotter(dictionary, crop_batch_size=2, detector=SameWords())
    together = [readings(words) for words in spotter.read_batch(scenes())]
    alone = [readings(spotter.read(photo)) for photo in scenes()]
    for mine, own in zip(together, alone):
        assert [text for text, _ in mine] == [text for text, _ in own]
        assert [score for _, score in mine] == pytest.approx([s for _, s in own], abs=1e-3)
    scores = np.array([[score for _, score in mine] for mine in together])
    # The crops are the same: it is the scenes that make the difference.
    assert np.ptp(scores, axis=0).min() > 1e-2


def test_with_context_off_the_plain_recognizer_answers(dictionary):
    spotter = context_spotter(dictionary, detector=SameWords())
    photos = scenes()
    with_scene = [readings(words) for words in spotter.read_batch(photos)]
    spotter.use_context(False)
    assert not spotter.has_context
    off = [readings(words) for words in spotter.read_batch(photos)]
    plain = make_toy(recognizer=spotter.recognizer.recognizer, detector=SameWords())
    assert off == [readings(words) for words in plain.read_batch(photos)]
    assert off != with_scene
    spotter.use_context(True)
    assert [readings(words) for words in spotter.read_batch(photos)] == with_scene


def test_crops_have_no_scene(dictionary):
    spotter = context_spotter(dictionary)
    seen: list[int] = []
    spotter.recognizer.context_encoder.register_forward_hook(
        lambda _, args, __: seen.append(len(args[0]))
    )
    crops = [draw_crop(letter) for letter in 'abc']
    readings = spotter.read_crops(crops)
    assert spotter.has_context and seen == []
    plain = make_toy(recognizer=spotter.recognizer.recognizer)
    assert readings == plain.read_crops(crops)
    # A scene would make a difference: that of the crop, here.
    with_scene = spotter.read_polygons(crops, [[whole(crop)] for crop in crops])
    assert readings != [word for (word,) in with_scene]


def test_context_cannot_be_turned_on_where_there_is_none():
    spotter = make_toy()
    assert not spotter.has_context
    spotter.use_context(False)
    with pytest.raises(ValueError, match='ColourReader has no scene context'):
        spotter.use_context(True)


@pytest.mark.parametrize('channels', [1, 3])
def test_recognizers_of_mmocr_read_gray_or_color_crops(channels, dictionary):
    crnn = {
        'type': 'CRNN',
        'backbone': {'type': 'MiniVGG', 'leaky_relu': False, 'input_channels': channels},
        'decoder': {
            'type': 'CRNNDecoder', 'in_channels': 512, 'rnn_flag': False,
            'module_loss': {'type': 'CTCModuleLoss', 'letter_case': 'lower'},
            'postprocessor': {'type': 'CTCPostProcessor'},
            'dictionary': {**dictionary, 'with_start': False, 'with_end': False},
        },
        'data_preprocessor': {
            'type': 'TextRecogDataPreprocessor',
            'mean': [127.0] * channels, 'std': [127.0] * channels,
        },
    }  # fmt: skip
    words = make_toy(recognizer=crnn).read(draw_photo(('a', LEFT), ('b', MIDDLE)))
    assert all(set(word.text) <= set('abcdefgh') for word in words)
    assert all(0 <= word.rec_score <= 1 for word in words)
