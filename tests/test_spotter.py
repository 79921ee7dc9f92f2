from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from mmengine.config import Config
from mmengine.dataset import pseudo_collate
from mmengine.registry import DefaultScope
from mmocr.structures import TextSpottingDataSample
from PIL import Image
from toy_spotter import BOX, GREEN, ColourReader, draw_photo, make_toy, write_config
from toy_words import BELOW, LEFT, MIDDLE, RIGHT, TALL, texts, with_start

from pipeline import ImageReadError, TextSpotter, Word
from pipeline.clipter.context_recognizer import ContextRecognizer
from pipeline.recognition.language.letter_ngrams import LetterNgrams
from pipeline.registry import MODELS
from pipeline.spotter import DEFAULT_CONFIG
from pipeline.utils.checkpoint import save_weights

REPOSITORY = Path(__file__).parents[1]


DEFAULT = REPOSITORY / 'pipeline' / 'weights' / 'default_spotter.py'


# What is read


def test_words_come_with_polygon_text_and_scores():
    (word,) = make_toy().read(draw_photo(('k', BOX)))
    x1, y1, x2, y2 = BOX
    assert word.polygon.tolist() == [[x1, y1], [x2, y1], [x2, y2], [x1, y2]]
    assert word.text == 'k'
    assert word.det_score == pytest.approx(0.9)
    assert word.rec_score == pytest.approx(GREEN / 255, abs=0.01)
    assert word.score == word.det_score * word.rec_score


def test_a_word_is_no_less_of_a_word_for_being_long():
    short, long = (Word(np.zeros((4, 2)), 'n' * n, det_score=0.8, rec_score=0.9**n) for n in (1, 9))
    assert short.score == pytest.approx(0.8 * 0.9)
    assert long.score == pytest.approx(short.score)


@MODELS.register_module()
class GapReader(ColourReader):
    """Finds a gap wherever the colour changes along a crop, and reads what stands before it."""

    def __init__(self, score_of_parts: float = 1.0) -> None:
        super().__init__()
        self.score_of_parts = score_of_parts

    def forward(self, inputs, data_samples, mode='predict'):
        for crop, sample in zip(inputs, super().forward(inputs, data_samples, mode)):
            row = crop[0, 16].numpy()
            colours = np.median(row.reshape(-1, 8), axis=1)  # edges are not sharp
            changes = np.flatnonzero(np.abs(np.diff(colours)) > 0.05) * 8 + 8
            sample.pred_text.gaps = (changes / len(row)).tolist()
            if not len(changes):
                sample.pred_text.score = [s * self.score_of_parts for s in sample.pred_text.score]
        return data_samples


JOINED = [('k', (10, 10, 60, 34)), ('r', (60, 10, 100, 34)), ('d', (120, 10, 180, 34))]


def test_words_that_the_detector_joined_are_read_apart():
    spotter = make_toy(recognizer={'type': 'GapReader'})
    words = spotter.read(draw_photo(*JOINED))
    assert texts(words) == 'krd'
    for word, (_, (x1, y1, x2, y2)) in zip(words, JOINED):
        corners = [[x1, y1], [x2, y1], [x2, y2], [x1, y2]]
        np.testing.assert_allclose(word.polygon, corners, atol=1.0)
        assert word.det_score == pytest.approx(0.9)
    # Both images' words go to their own image.
    photos = [draw_photo(JOINED[2]), draw_photo(*JOINED), draw_photo()]
    assert [texts(found) for found in spotter.read_batch(photos)] == ['d', 'krd', '']


def test_a_narrow_part_is_read_each_way():
    narrow = [('k', (10, 10, 88, 34)), ('r', (88, 10, 100, 34))]
    calls = []
    spotter = make_toy(recognizer={'type': 'GapReader'})
    rotations = spotter.rectifier.rotations
    spotter.rectifier.rotations = lambda ring: calls.append(len(rotations(ring))) or rotations(ring)
    assert texts(spotter.read(draw_photo(*narrow))) == 'kr'
    assert calls == [2, 2, 4]  # the whole word, then its parts


def test_a_word_whose_parts_read_worse_stays_whole():
    spotter = make_toy(recognizer={'type': 'GapReader', 'score_of_parts': 0.5})
    words = spotter.read(draw_photo(*JOINED))
    assert len(words) == 2
    np.testing.assert_allclose(words[0].polygon[:2], [[10, 10], [100, 10]])


def test_places_that_are_given_are_not_parted():
    (words,) = make_toy(recognizer={'type': 'GapReader'}).read_polygons(
        [draw_photo(*JOINED)], [[np.array([[10, 10], [100, 10], [100, 34], [10, 34]])]]
    )
    assert len(words) == 1


def test_words_come_in_reading_order():
    photo = draw_photo(('d', BELOW), ('c', RIGHT), ('a', LEFT), ('b', MIDDLE))
    assert texts(make_toy().read(photo)) == 'abcd'


def test_a_photo_without_words_gives_no_words():
    empty = draw_photo()
    spotter = make_toy()
    assert spotter.read(empty) == []
    photos = [empty, draw_photo(('b', BOX)), empty]
    assert [texts(words) for words in spotter.read_batch(photos)] == ['', 'b', '']
    assert spotter.read_batch([]) == []


def test_each_photo_of_a_batch_gets_its_own_words_whatever_its_size():
    photos = [
        draw_photo(('a', LEFT), ('b', MIDDLE)),
        draw_photo(('c', (400, 300, 520, 340)), size=(480, 640)),
        draw_photo(('d', (3, 3, 40, 20)), size=(24, 60)),
    ]
    spotter = make_toy()
    together = spotter.read_batch(photos)
    assert [texts(words) for words in together] == ['ab', 'c', 'd']
    for photo, words in zip(photos, together):
        alone = spotter.read(photo)
        assert [word.polygon.tolist() for word in alone] == [w.polygon.tolist() for w in words]


def test_a_photo_is_read_from_a_path_bytes_a_picture_and_an_array(tmp_path):
    photo = draw_photo(('q', BOX))
    path = tmp_path / 'photo.png'
    picture = Image.fromarray(photo[..., ::-1])
    picture.save(path)
    spotter = make_toy()
    for source in (path, str(path), path.read_bytes(), picture, photo):
        assert texts(spotter.read(source)) == 'q'


def test_what_is_no_photo_is_an_error_that_says_so(tmp_path):
    with pytest.raises(ImageReadError, match='no such file'):
        make_toy().read(tmp_path / 'none.png')


def test_read_batch_takes_generators_and_stacked_arrays():
    photo = draw_photo(('q', BOX))
    spotter = make_toy()
    for images in ((photo for _ in range(2)), np.stack([photo, photo]), iter([photo, photo])):
        assert [texts(words) for words in spotter.read_batch(images)] == ['q', 'q']


def test_read_batch_takes_what_read_takes(tmp_path):
    photo = draw_photo(('q', BOX))
    path = tmp_path / 'photo.png'
    picture = Image.fromarray(photo[..., ::-1])
    picture.save(path)
    spotter = make_toy()
    with path.open('rb') as file:
        sources = [path, str(path), path.read_bytes(), picture, photo, photo[..., :3], file]
        assert [texts(words) for words in spotter.read_batch(sources)] == ['q'] * 7
        file.seek(0)
        assert texts(spotter.read(file)) == 'q'


@pytest.mark.parametrize(
    ('image', 'message'),
    [
        (None, r'images\[1\]: .*got NoneType, which cv2\.imread returns'),
        (np.zeros((0, 10, 3), np.uint8), r'images\[1\]: .*got \(0, 10, 3\)'),
        (np.zeros((4, 4, 3), np.float32), r'images\[1\]: .*uint8'),
        ('none.png', r'images\[1\]: none\.png: no such file'),
    ],
    ids=['None', 'empty', 'float', 'missing'],
)
def test_read_batch_names_the_index_of_a_bad_image(image, message):
    with pytest.raises(ValueError, match=message):
        make_toy().read_batch([draw_photo(), image])
    with pytest.raises(ValueError, match=message):
        make_toy().read_polygons([draw_photo(), image], [[], []])


def test_read_after_train_equals_eval_mode():
    photo = draw_photo(('q', BOX))
    spotter = make_toy()
    modes = []
    spotter.detector.register_forward_pre_hook(lambda *_: modes.append(spotter.training))
    spotter.train()
    assert texts(spotter.read(photo)) == 'q'
    assert modes == [False]
    assert spotter.training and spotter.detector.training


def test_words_below_the_least_score_are_left_out():
    photo = draw_photo(('a', BOX))
    score = make_toy().read(photo)[0].score
    assert texts(make_toy(min_score=score - 0.01).read(photo)) == 'a'
    assert make_toy(min_score=score + 0.01).read(photo) == []


@pytest.mark.parametrize(
    ('name', 'value'),
    [('min_score', 2), ('min_score', float('nan')), ('vote_below', -0.1), ('crop_batch_size', 0)],
)
def test_settings_reject_values_out_of_range(name, value):
    spotter = make_toy()
    before = getattr(spotter, name)
    with pytest.raises(ValueError, match=f'{name} must be .*, got {value}'):
        setattr(spotter, name, value)
    assert getattr(spotter, name) == before


def test_words_read_as_nothing_are_left_out():
    photo = draw_photo(('a', BOX))
    photo[BOX[1] : BOX[3], BOX[0] : BOX[2], 0] = 0  # what the toy reader reads as nothing
    assert make_toy().read(photo) == []


# Turned words


def test_wide_words_are_read_once():
    spotter = make_toy()
    spotter.read(with_start(draw_photo(('u', BOX)), 'left'))
    assert sum(spotter.recognizer.calls) == 1


@pytest.mark.parametrize(
    ('side', 'start'), [('top', (TALL[2], TALL[1])), ('bottom', (TALL[0], TALL[3]))]
)
def test_tall_words_are_read_downwards_and_upwards(side, start):
    (word,) = make_toy().read(with_start(draw_photo(('v', TALL)), side))
    assert word.rec_score == pytest.approx(GREEN / 255, abs=0.01)
    assert word.polygon[0].tolist() == list(start)


# Words to expect


def test_words_are_of_no_use_to_a_recognizer_without_a_language_model():
    with pytest.raises(ValueError, match='word lists require a recognizer with a CTCDecoder'):
        make_toy().use_words(['english'])


def test_new_words_keep_the_settings_of_the_model_before():
    spotter = TextSpotter.default(engine='torch')
    decoder = spotter.recognizer.decoder
    decoder.language_model = LetterNgrams({'cab': 1}, order=3, surprise=0.2)
    spotter.use_words(['english'])
    assert (decoder.language_model.order, decoder.language_model.surprise) == (3, 0.2)
    spotter.use_words([])
    assert decoder.language_model is None


# MMEngine's interface


def test_the_test_loop_gets_samples_with_flat_polygons_and_texts():
    photos = [draw_photo(('a', LEFT), ('b', MIDDLE)), draw_photo()]
    batch = pseudo_collate(
        [
            {
                'inputs': torch.from_numpy(photo).permute(2, 0, 1),
                'data_samples': TextSpottingDataSample(metainfo={'img_path': f'{i}.jpg'}),
            }
            for i, photo in enumerate(photos)
        ]
    )
    full, empty = make_toy().test_step(batch)
    assert full.img_path == '0.jpg'
    found = full.pred_instances
    assert found.texts == ['a', 'b']
    assert [polygon.shape for polygon in found.polygons] == [(8,), (8,)]
    assert found.scores.tolist() == pytest.approx([0.9, 0.9])
    assert found.text_scores == pytest.approx([GREEN / 255] * 2, abs=0.01)
    assert len(empty.pred_instances) == 0


def test_a_spotter_only_predicts():
    with pytest.raises(ValueError, match='configs/detection'):
        make_toy()([draw_photo()], mode='loss')


@pytest.mark.parametrize(('option', 'value'), [('min_score', 1.5), ('crop_batch_size', 0)])
def test_settings_out_of_range_are_refused(option, value):
    with pytest.raises(ValueError, match=option):
        make_toy(**{option: value})


# Configs


def test_a_spotter_is_built_from_its_config_with_its_weights(tmp_path):
    spotter = TextSpotter.from_config(write_config(tmp_path))
    assert not spotter.training
    assert texts(spotter.read(draw_photo(('m', BOX)))) == 'm'


def test_a_checkpoint_given_by_hand_comes_before_that_of_the_config(tmp_path):
    config = write_config(tmp_path)
    other = make_toy()
    torch.nn.init.constant_(other.detector.weight, 7.0)
    save_weights(other, tmp_path / 'other.safetensors')
    spotter = TextSpotter.from_config(config, checkpoint=tmp_path / 'other.safetensors')
    assert spotter.detector.weight.tolist() == [7.0, 7.0]


def test_configs_that_cannot_work_say_what_is_missing(tmp_path):
    with pytest.raises(FileNotFoundError, match=r'none\.py'):
        TextSpotter.from_config(tmp_path / 'none.py')
    with pytest.raises(ValueError, match=r"model\.type='TextSpotter'"):
        TextSpotter.from_config(Config({'model': {'type': 'DBNet'}}))
    config = Config.fromfile(write_config(tmp_path))
    config.load_from = None
    with pytest.raises(ValueError, match='names no weights'):
        TextSpotter.from_config(config)
    config.load_from = str(tmp_path / 'gone.safetensors')
    with pytest.raises(FileNotFoundError, match=r'gone\.safetensors'):
        TextSpotter.from_config(config)


def test_pretrained_weights_of_one_part_do_not_stand_for_the_other(tmp_path):
    config = Config.fromfile(write_config(tmp_path))
    config.load_from = None
    backbone_only = {'type': 'Pretrained', 'checkpoint': 'imagenet.pth'}
    config.model.detector = {
        'type': 'TextDetector',
        'detector': {'type': 'DBNet', 'backbone': {'init_cfg': backbone_only}},
    }
    with pytest.raises(ValueError, match='names no weights'):
        TextSpotter.from_config(config)


def test_precision_must_be_known():
    with pytest.raises(ValueError, match=r"precision must be one of .*'half'"):
        make_toy().use_precision('half')


def test_bfloat16_reads_as_float32_up_to_rounding():
    spotter = TextSpotter.from_config(DEFAULT_CONFIG)
    image = cv2.imread('data/demo/scene.jpg')[250:420, :640]
    exact = spotter.read(image)
    spotter.use_precision('bfloat16')
    rounded = spotter.read(image)
    assert texts(exact).split() and [w.text for w in exact] == [w.text for w in rounded]
    for one, other in zip(exact, rounded):
        assert one.score != other.score  # bfloat16 was used
        assert one.det_score == pytest.approx(other.det_score, abs=0.05)
    # On some processors a word that is nearly curved has another outline, and so another crop.
    same = [pair for pair in zip(exact, rounded) if pair[0].polygon.shape == pair[1].polygon.shape]
    assert len(same) >= len(exact) - 1
    for one, other in same:
        assert one.score == pytest.approx(other.score, abs=0.05)
    spotter.use_precision('float32')
    assert [w.score for w in spotter.read(image)] == [w.score for w in exact]


def test_the_config_of_the_default_builds_and_reads():
    with DefaultScope.overwrite_default_scope('mmocr'):
        spotter = MODELS.build(Config.fromfile(DEFAULT).model).eval()
    assert spotter.rectifier.height == 48
    assert not isinstance(spotter.recognizer, ContextRecognizer)
    # One word found for certain: untrained weights find none or hundreds.
    spotter.detector = make_toy().detector
    words = spotter.read(draw_photo(('a', BOX)))
    assert len(words) <= 1
    assert all(isinstance(word.text, str) and 0 <= word.score <= 1 for word in words)
