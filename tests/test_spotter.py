from __future__ import annotations

import io
import json
import threading
import weakref
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
from toy_scenes import scene_pipeline
from toy_spotter import BOX, GREEN, ColourReader, draw_photo, make_toy, write_config

from pipeline import ImageReadError, TextSpotter, Word
from pipeline.clipter.context_recognizer import ContextRecognizer
from pipeline.datasets import SceneWordsDataset
from pipeline.detection.detections import Detections
from pipeline.recognition.language.letter_ngrams import LetterNgrams
from pipeline.registry import MODELS
from pipeline.spotter import DEFAULT_CONFIG
from pipeline.utils.checkpoint import save_weights

REPOSITORY = Path(__file__).parents[1]
DEFAULT = REPOSITORY / 'pipeline' / 'weights' / 'default_spotter.py'
LEFT, MIDDLE, RIGHT = (10, 12, 60, 30), (70, 10, 120, 28), (130, 11, 190, 29)
BELOW = (20, 60, 100, 84)
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


def texts(words: list[Word]) -> str:
    return ''.join(word.text for word in words)


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


def test_words_read_as_nothing_are_left_out():
    photo = draw_photo(('a', BOX))
    photo[BOX[1] : BOX[3], BOX[0] : BOX[2], 0] = 0  # what the toy reader reads as nothing
    assert make_toy().read(photo) == []


# Turned words


def with_start(photo: np.ndarray, side: str) -> np.ndarray:
    """Mark where the word of ``BOX`` or ``TALL`` starts."""
    x1, y1, x2, y2 = TALL if side in ('top', 'bottom') else BOX
    strip = {
        'left': np.s_[y1:y2, x1 : x1 + 20],
        'right': np.s_[y1:y2, x2 - 20 : x2],
        'top': np.s_[y1 : y1 + 20, x1:x2],
        'bottom': np.s_[y2 - 20 : y2, x1:x2],
    }[side]
    photo[strip][..., 2] = 200
    return photo


TALL = (20, 5, 44, 95)


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


# Word crops


def draw_crop(letter: str, size: tuple[int, int] = (24, 80)) -> np.ndarray:
    height, width = size
    return draw_photo((letter, (0, 0, width, height)), size=size)


def draw_text(text: str, turned: bool = False) -> np.ndarray:
    crop = np.full((40, 24 * len(text) + 10, 3), 230, dtype=np.uint8)
    cv2.putText(crop, text, (5, 30), cv2.FONT_HERSHEY_SIMPLEX, 1, (60, 30, 30), 2, cv2.LINE_AA)
    return np.ascontiguousarray(np.rot90(crop, -1)) if turned else crop


def whole(image: np.ndarray) -> np.ndarray:
    height, width = image.shape[:2]
    return np.array([[0, 0], [width, 0], [width, height], [0, height]])


def test_a_crop_is_read_as_the_word_that_its_own_outline_rings(default_spotter):
    crops = [draw_text('HELLO'), draw_text('market', turned=True), draw_text('24')]
    readings = default_spotter.read_crops(crops)
    rings = [[whole(crop)] for crop in crops]
    assert readings == [word for (word,) in default_spotter.read_polygons(crops, rings)]
    assert [text.lower() for text, _ in readings] == ['hello', 'market', '24']
    assert default_spotter.read_crops(crops[1:2])[0] == (
        readings[1][0],
        pytest.approx(readings[1][1]),
    )


@pytest.mark.parametrize('size', [(24, 80), (80, 24), (31, 31)])
def test_a_crop_is_cut_as_in_training(tmp_path, size):
    crop = np.random.default_rng(0).integers(0, 256, (*size, 3), dtype=np.uint8)
    cv2.imwrite(str(tmp_path / 'a.png'), crop)
    entry = {'img_path': 'a.png', 'instances': [{'text': 'a'}]}
    (tmp_path / 'words.json').write_text(json.dumps({'metainfo': {}, 'data_list': [entry]}))
    dataset = SceneWordsDataset(
        'words.json', 'a', data_root=str(tmp_path), pipeline=scene_pipeline()
    )
    (trained,) = dataset[0]['inputs']
    spotter, seen = make_toy(), []
    spotter.recognizer.register_forward_pre_hook(lambda _, args: seen.append(args[0]))
    spotter.read_crops([tmp_path / 'a.png'])
    assert torch.equal((seen[0][0] * 127.5 + 127.5).round().byte(), trained)


def test_crops_are_paths_bytes_pictures_and_arrays_and_nothing_is_detected(tmp_path):
    crop = draw_crop('q')
    path = tmp_path / 'crop.png'
    picture = Image.fromarray(crop[..., ::-1])
    picture.save(path)
    spotter = make_toy()
    sources = (path, str(path), path.read_bytes(), picture, crop, draw_crop('r', (9, 300)))
    assert [text for text, _ in spotter.read_crops(sources)] == list('qqqqqr')
    assert [text for text, _ in spotter.read_crops(iter(sources))] == list('qqqqqr')
    assert [text for text, _ in spotter.read_crops(np.stack([crop] * 2))] == list('qq')
    assert spotter.detector.batches == []
    assert spotter.read_crops([]) == []


def test_every_crop_has_a_reading_however_weak():
    unread = np.zeros((24, 80, 3), dtype=np.uint8)
    (weak, nothing) = make_toy(min_score=1.0).read_crops([draw_crop('a'), unread])
    assert weak == ('a', pytest.approx(GREEN / 255, abs=0.01))
    assert nothing == ('', 0.0)


@pytest.mark.parametrize('side', ['top', 'bottom'])
def test_tall_crops_are_read_downwards_and_upwards(side):
    x1, y1, x2, y2 = TALL
    crop = with_start(draw_photo(('v', TALL)), side)[y1:y2, x1:x2]
    assert make_toy().read_crops([crop]) == [('v', pytest.approx(GREEN / 255, abs=0.01))]


def test_crops_are_read_and_held_so_many_at_a_time(monkeypatch):
    alive: list[weakref.ref] = []
    most = 0

    def read(letter: str) -> np.ndarray:
        nonlocal most
        crop = draw_crop(letter)
        alive.append(weakref.ref(crop))
        most = max(most, sum(ref() is not None for ref in alive))
        return crop

    monkeypatch.setattr('pipeline.spotter.read_image', read)
    spotter = make_toy(crop_batch_size=3)
    assert ''.join(text for text, _ in spotter.read_crops(list('abcdefgh'))) == 'abcdefgh'
    assert spotter.recognizer.calls == [3, 3, 2]
    assert most <= 3


def test_one_crop_alone_wants_a_list_around_it(tmp_path):
    one = Image.fromarray(draw_crop('a'))
    for image in ('a.png', Path('a.png'), b'PNG', draw_crop('a'), one, io.BytesIO(b'PNG')):
        with pytest.raises(ValueError, match=r'\[image\]'):
            make_toy().read_batch(image)
        with pytest.raises(ValueError, match=r'\[image\]'):
            make_toy().read_crops(image)
    with pytest.raises(ImageReadError, match='no such file'):
        make_toy().read_crops([draw_crop('a'), tmp_path / 'none.png'])


# Batches


def test_crops_of_all_photos_are_recognized_together():
    photos = [draw_photo(('a', LEFT), ('b', MIDDLE), ('c', RIGHT)) for _ in range(4)]
    spotter = make_toy()
    spotter.read_batch(photos)
    assert spotter.detector.batches == [4]
    assert spotter.recognizer.calls == [12]


def test_many_crops_go_through_the_recognizer_in_passes_of_the_given_size():
    photos = [draw_photo(('a', LEFT), ('b', MIDDLE), ('c', RIGHT)) for _ in range(4)]
    spotter = make_toy(crop_batch_size=5)
    assert [texts(words) for words in spotter.read_batch(photos)] == ['abc'] * 4
    assert spotter.recognizer.calls == [5, 5, 2]


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


# Scene context


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
