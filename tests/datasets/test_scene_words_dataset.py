from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch
from mmengine.config import Config
from torch.utils.data import DataLoader
from toy_scenes import BOXES, instance, scene_pipeline, write_set
from toy_spotter import draw_photo

from pipeline.clipter.cache.context_cache import photo_key
from pipeline.clipter.cache.context_cache_writer import ContextCacheWriter
from pipeline.datasets import SceneWordsDataset, collate_scene_words
from pipeline.datasets.extract_tokens import find_photos
from pipeline.datasets.word_cutting import WordCutter
from pipeline.rectification import Rectifier
from pipeline.registry import DATASETS

pytestmark = pytest.mark.usefixtures('mmocr_scope')


LETTERS = 'abcdefghijklmnopqrstuvwxyz'


def make(
    root: Path,
    *transforms: dict,
    with_image: bool = False,
    load: dict | None = None,
    crops: Sequence[dict] = (),
    **options: Any,
) -> SceneWordsDataset:
    return DATASETS.build(
        {
            'type': 'SceneWordsDataset',
            'ann_file': 'annotation.json',
            'data_root': str(root),
            'pipeline': scene_pipeline(*transforms, with_image=with_image, load=load, crops=crops),
            'charset': LETTERS,
            'serialize_data': False,  # whose garbage collection takes longer than all else
            **options,
        }
    )


def merge(prob: float = 1.0, max_length: int = 25) -> dict:
    return {'type': 'MergeWords', 'prob': prob, 'max_length': max_length}


def sample_words(max_words: int) -> dict:
    return {'type': 'SampleWords', 'max_words': max_words}


def letter_of(crop: torch.Tensor) -> str:
    """Text of a crop, encoded in the colour of its center."""
    return LETTERS[int(crop[0, 16, 64]) // 8]


def texts(sample: dict) -> list[str]:
    return [data.gt_text.item for data in sample['data_samples']]


def test_scene_words_crops_have_their_own_texts(root):
    dataset = make(root)
    sample = dataset[0]
    assert texts(sample) == ['a', 'b', 'c']
    assert [letter_of(crop) for crop in sample['inputs']] == ['a', 'b', 'c']
    assert all(crop.shape == (3, 32, 128) for crop in sample['inputs'])
    assert {crop.dtype for crop in sample['inputs']} == {torch.uint8}


def test_scene_words_crops_equal_the_rectifiers_output(root):
    sample = make(root)[0]
    rings = [
        np.array(instance(*word)['polygon'], dtype=np.float32).reshape(-1, 2)
        for word in BOXES.items()
    ]
    wanted = Rectifier(size=(32, 128))(draw_photo(*BOXES.items()), rings)
    got = torch.stack(sample['inputs']).permute(0, 2, 3, 1).numpy()
    np.testing.assert_array_equal(got, wanted)


def test_scene_words_skips_images_without_usable_words(root):
    assert len(make(root)) == 2
    assert len(make(root, charset=LETTERS + 'ä')) == 3
    assert len(make(root, max_length=26)) == 3


def test_scene_words_logs_left_out_words_by_reason(root, monkeypatch):
    lines = []
    monkeypatch.setattr(
        'pipeline.datasets.scene_words_dataset.print_log', lambda line, **_: lines.append(line)
    )
    make(root)
    (line,) = lines
    assert 'annotation.json: 4 words are used' in line
    assert '1 marked as ignored' in line
    assert f"1 longer than 25 characters, such as '{'a' * 26}'" in line
    assert "1 with characters outside the charset ('ä'), such as 'ä'" in line
    assert '1 without text' in line


@pytest.mark.parametrize(
    ('instances', 'reason'),
    [
        ([instance('Ab', BOXES['a']), instance('a ', BOXES['a'])], "2 with .*, such as 'Ab', 'a '"),
        ([instance('a', BOXES['a'], ignore=True)], '1 marked as ignored'),
        ([], 'the file contains no words'),
    ],
)
def test_scene_words_names_file_and_reason_if_no_word_is_left(tmp_path, instances, reason):
    write_set(tmp_path, [{'img_path': 'a.png', 'instances': instances}], {})
    with pytest.raises(ValueError, match=rf'annotation\.json: no word is left .*: {reason}'):
        make(tmp_path)


def test_sample_words_draws_different_words_each_time(root):
    dataset = make(root, sample_words(2))
    seen = set()
    for _ in range(20):
        sample = dataset[0]
        assert len(texts(sample)) == 2
        assert [letter_of(crop) for crop in sample['inputs']] == texts(sample)
        seen.update(texts(sample))
    assert seen == {'a', 'b', 'c'}


def test_merge_words_joins_words_of_a_line_with_spaces(root):
    sample = make(root, merge())[0]
    assert texts(sample) == ['a b', 'b', 'c']
    joined = sample['inputs'][0]
    assert [LETTERS[int(joined[0, 16, x]) // 8] for x in (20, 100)] == ['a', 'b']
    assert joined[0, 16, 64] > 250  # the ground between them


def test_merge_words_respects_max_length(root):
    assert texts(make(root, merge(max_length=2))[0]) == ['a', 'b', 'c']


def test_merge_words_does_not_merge_across_left_out_words(tmp_path):
    between = {'a': (10, 10, 60, 34), 'k': (64, 10, 76, 34), 'b': (80, 10, 130, 34)}
    instances = [instance(text, box, ignore=text == 'k') for text, box in between.items()]
    photo = draw_photo(*between.items())
    root = write_set(tmp_path, [{'img_path': 'a.png', 'instances': instances}], {'a.png': photo})
    assert texts(make(root, merge())[0]) == ['a', 'b']
    instances[1]['ignore'] = False
    root = write_set(tmp_path, [{'img_path': 'a.png', 'instances': instances}], {'a.png': photo})
    assert texts(make(root, merge())[0]) == ['a k b', 'k b', 'b']


def test_merge_words_does_not_merge_across_words_of_another_sample(tmp_path):
    row = {'a': (10, 10, 60, 34), 'b': (64, 10, 76, 34), 'c': (80, 10, 130, 34)}
    instances = [instance(text, row[text]) for text in 'acb']  # the samples are a, and c with b
    photo = draw_photo(*row.items())
    root = write_set(tmp_path, [{'img_path': 'a.png', 'instances': instances}], {'a.png': photo})
    dataset = make(root, merge(), split_words=2)
    assert [texts(dataset[i]) for i in range(2)] == [['a'], ['c', 'b c']]


def test_sample_words_after_merge_words_keeps_merged_words(root):
    dataset = make(root, merge(), sample_words(1))
    assert {texts(dataset[0])[0] for _ in range(40)} == {'a b', 'b', 'c'}


def test_with_image_adds_the_image(root):
    assert make(root)[0]['image'] is None
    image = make(root, with_image=True)[0]['image']
    np.testing.assert_array_equal(image, draw_photo(*BOXES.items()))


def test_native_size_resizes_image_and_polygons(root):
    dataset = make(root, with_image=True, load={'native_size': (115, 200)})
    sample = dataset[0]
    assert sample['image'].shape == (115, 200, 3)
    # Crops of the unstretched image would show the colours of other words.
    assert [letter_of(crop) for crop in sample['inputs']] == ['a', 'b', 'c']


def test_native_size_keeps_images_of_another_aspect_with_a_warning(root):
    dataset = make(root, with_image=True, load={'native_size': (300, 200)})
    with pytest.warns(UserWarning, match=r'three\.png is 200x100: native_size 200x300') as caught:
        samples = [dataset[0], dataset[1]]
    assert len(caught) == 1
    assert [sample['image'].shape for sample in samples] == [(100, 200, 3)] * 2
    assert [letter_of(crop) for crop in samples[0]['inputs']] == ['a', 'b', 'c']


def test_jitter_moves_polygons_slightly(root):
    plain = make(root)[0]
    loose = make(root, {'type': 'JitterPolygons', 'amount': 0.3})
    moved = [loose[0] for _ in range(5)]
    for sample in moved:
        assert [letter_of(crop) for crop in sample['inputs']] == ['a', 'b', 'c']
    crops = torch.stack([sample['inputs'][0] for sample in moved]).float()
    assert (crops - plain['inputs'][0]).abs().mean() > 1
    assert (crops[0] - crops[1]).abs().mean() > 0.1
    # White only comes in at the edges: the word stays in the crop.
    assert (crops[:, 0, 12:20, 32:96] < 100).all()


def test_word_crops_are_samples_without_a_scene(tmp_path):
    crop = np.full((20, 50, 3), (4 + 8 * 5, 200, 0), dtype=np.uint8)
    root = write_set(
        tmp_path, [{'img_path': 'f.png', 'instances': [{'text': 'f'}]}], {'f.png': crop}
    )
    sample = make(root, with_image=True, load={'native_size': (20, 45)})[0]
    assert (sample['image'], sample['photo']) == (None, None)
    assert texts(sample) == ['f']
    assert (sample['inputs'][0] == torch.tensor([44, 200, 0]).view(3, 1, 1)).all()


def test_transform_crops_changes_each_crop(root):
    always = {'type': 'RandomPhotometric', 'light_prob': 0, 'blur_prob': 0, 'noise_prob': 0,
              'gray_prob': 0, 'jpeg_prob': 0, 'invert_prob': 1.0}  # fmt: skip
    plain = make(root)[0]
    inverted = make(root, crops=[always])[0]
    assert torch.equal(inverted['inputs'][0], 255 - plain['inputs'][0])


@pytest.mark.parametrize(
    'transform',
    [
        {'type': 'RandomRotate', 'max_angle': 20, 'use_canvas': True},
        {'type': 'Resize', 'scale': (400, 150), 'clip_object_border': False},
    ],
)
def test_transforms_of_mmocr_fit_into_the_pipeline(root, transform):
    sample = make(root, transform, with_image=True)[0]
    assert sample['image'].shape != (100, 200, 3)
    assert [letter_of(crop) for crop in sample['inputs']] == texts(sample) == ['a', 'b', 'c']


def test_samples_whose_words_are_dropped_are_replaced(root):
    dataset = make(root, {'type': 'RandomAffineCrop', 'size': (40, 60), 'scale_range': (1, 1)})
    for _ in range(10):
        sample = dataset[0]
        assert [letter_of(crop) for crop in sample['inputs']] == texts(sample) != []


def test_scene_words_names_a_missing_image(root):
    dataset = make(root)
    (root / 'three.png').unlink()
    with pytest.raises(ValueError, match=r'three\.png'):
        dataset.prepare_data(0)


# Batches


def test_collate_sets_the_image_index_of_each_word(root):
    dataset = make(root, with_image=True)
    word_alone = {**dataset[1], 'image': None}
    batch = collate_scene_words([dataset[1], word_alone, dataset[0]])
    assert batch['inputs'].shape == (5, 3, 32, 128)
    assert [data.gt_text.item for data in batch['data_samples']] == ['b', 'b', 'a', 'b', 'c']
    assert batch['image_index'].tolist() == [0, -1, 1, 1, 1]
    assert batch['image_index'].dtype == torch.int64
    assert len(batch['images']) == 2
    np.testing.assert_array_equal(batch['images'][1], draw_photo(*BOXES.items()))


def test_collate_without_images_has_no_image_index(root):
    dataset = make(root)
    batch = collate_scene_words([dataset[0], dataset[1]])
    assert set(batch) == {'inputs', 'data_samples'}


def test_dataloader_collates_scenes(root):
    loader = DataLoader(make(root, with_image=True), 2, collate_fn=collate_scene_words)
    (batch,) = loader
    assert batch['image_index'].tolist() == [0, 0, 0, 1]


def test_scene_words_sample_has_all_words_by_default(tmp_path):
    words = [instance(a + b, BOXES['a']) for a in LETTERS for b in 'ab']
    root = write_set(
        tmp_path, [{'img_path': 'many.png', 'instances': words}], {'many.png': draw_photo()}
    )
    assert len(make(root)[0]['inputs']) == 52
    parts = [make(root, split_words=20)[i] for i in range(3)]
    assert [len(part['inputs']) for part in parts] == [17, 17, 18]
    assert sorted(t for part in parts for t in texts(part)) == sorted(w['text'] for w in words)
    assert len({part['photo'] for part in parts}) == 1


def test_scene_words_rejects_split_words_below_1(root):
    with pytest.raises(ValueError, match='split_words must be at least 1'):
        make(root, split_words=0)


def test_scene_words_samples_have_mmocrs_metainfo(root):
    sample = make(root)[0]['data_samples'][0]
    assert (sample.valid_ratio, sample.img_shape) == (1.0, (32, 128))
    assert sample.img_path.endswith('three.png')


def test_collate_accepts_samples_of_mmocrs_data_sets(root):
    sample = make(root, with_image=True)[1]
    packed = {'inputs': sample['inputs'][0], 'data_samples': sample['data_samples'][0]}
    batch = collate_scene_words([packed, sample])
    assert batch['image_index'].tolist() == [-1, 0]
    wide = {**packed, 'inputs': torch.zeros(3, 32, 100)}
    with pytest.raises(ValueError, match=r'same size.*\(3, 32, 100\)'):
        collate_scene_words([wide, sample])


@pytest.fixture
def cut(root, tmp_path) -> Path:
    """The three words of ``three.png`` as tools/cut_words.py cuts them, in another folder."""
    out = tmp_path / 'cut'
    (out / 'images').mkdir(parents=True)
    cutter = WordCutter(root, out, {'type': 'Rectifier', 'size': (32, 128)}, 1, join_prob=0.0)
    (entry, *_) = json.loads((root / 'annotation.json').read_text())['data_list']
    annotation = {'metainfo': {}, 'data_list': cutter.cut(0, entry)}
    (out / 'textrecog.json').write_text(json.dumps(annotation))
    return out


def test_cut_words_share_the_image_that_they_come_from(root, cut):
    dataset = make(cut, ann_file='textrecog.json', with_image=True)
    batch = collate_scene_words([dataset[i] for i in range(3)])
    assert [sample.gt_text.item for sample in batch['data_samples']] == ['a', 'b', 'c']
    assert batch['image_index'].tolist() == [0, 0, 0]
    (image,) = batch['images']
    np.testing.assert_array_equal(image, draw_photo(*BOXES.items()))
    assert dataset.sample_sizes()[1].tolist() == [1, 1, 1]


def test_cut_words_read_the_tokens_of_their_image(root, cut, tmp_path):
    encoder = SimpleNamespace(fingerprint={}, identity={}, embed_dim=4, num_tokens=5)
    tokens = torch.arange(20.0).reshape(5, 4)
    key = photo_key((root / 'three.png').read_bytes(), None)
    with ContextCacheWriter(tmp_path / 'cache', encoder) as writer:
        writer.add(key, tokens)
    pipeline = scene_pipeline(with_image=True)
    pipeline[-1]['context_cache'] = str(tmp_path / 'cache')
    dataset = make(cut, ann_file='textrecog.json', pipeline=pipeline)
    batch = collate_scene_words([dataset[0], dataset[2]])
    assert torch.equal(batch['context_tokens'].float(), tokens[None])
    assert batch['image_index'].tolist() == [0, 0]


def test_find_photos_lists_the_images_of_cut_words(cut, root):
    words = {
        'type': 'SceneWordsDataset', 'ann_file': 'textrecog.json', 'data_root': str(cut),
        'pipeline': scene_pipeline(), 'charset': LETTERS,
    }  # fmt: skip
    ((path, size),) = find_photos(Config({'train_dataloader': {'dataset': words}}), ['train'])
    assert (Path(path).resolve(), size) == ((root / 'three.png').resolve(), None)


def test_collate_rejects_images_with_and_without_tokens(root):
    sample = make(root, with_image=True)[0]
    tokens = torch.zeros(5, 4, dtype=torch.float16)
    cached = {**sample, 'image': None, 'context_tokens': tokens, 'photo': 'another'}
    batch = collate_scene_words([cached, {**cached, 'photo': 'third'}])
    assert batch['context_tokens'].shape == (2, 5, 4)
    assert 'images' not in batch
    with pytest.raises(ValueError, match='context_cache'):
        collate_scene_words([sample, cached])


def test_collate_multiple_of_drops_the_last_words(root):
    dataset = make(root, with_image=True)
    samples = [dataset[0], dataset[1], dataset[0], dataset[1]]  # 3 + 1 + 3 + 1 words
    whole = collate_scene_words(samples)
    for multiple, kept in ((3, 6), (4, 8), (5, 5), (100, 8)):
        batch = collate_scene_words(samples, multiple_of=multiple)
        assert [d.gt_text.item for d in batch['data_samples']] == list('abcbabcb')[:kept]
        assert torch.equal(batch['inputs'], whole['inputs'][:kept])
        assert torch.equal(batch['image_index'], whole['image_index'][:kept])
