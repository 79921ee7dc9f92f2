from __future__ import annotations

import pytest
import torch
from captioned_photos import write_captioned_photos

from pipeline.datasets import PhotoCaptionsDataset


@pytest.fixture(scope='module')
def source(tmp_path_factory) -> dict:
    root = tmp_path_factory.mktemp('photos')
    write_captioned_photos(root, 8)
    return {'data_root': str(root), 'ann_file': 'textspotting.json'}


def test_first_view_is_the_whole_image_with_its_largest_words(source):
    dataset = PhotoCaptionsDataset([source], size=32)
    assert len(dataset) == 8
    sample = dataset[0]
    assert sample['caption'] == 'red sign'
    assert sample['inputs'].shape == (3, 32, 32) and sample['inputs'].dtype == torch.uint8
    red, green, blue = sample['inputs'].float().mean((1, 2))
    assert red > green + 50 and red > blue + 50
    assert PhotoCaptionsDataset([source], max_words=1)[0]['caption'] == 'red'


def test_further_views_have_only_the_words_inside(source):
    dataset = PhotoCaptionsDataset([source], size=32, views=20, seed=1)
    views = [view for view in dataset._views if view.photo == 0]
    assert 1 < len(views) < 20  # views without words are left out
    for view in views:
        left, top, right, bottom = view.box
        expected = [('red', 12 / 64, 8 / 48), ('sign', 7 / 64, 22 / 48)]
        inside = [w for w, x, y in expected if left <= x <= right and top <= y <= bottom]
        assert view.words == inside


def test_indices_and_several_sources(source):
    first = {**source, 'indices': (0, 3)}
    dataset = PhotoCaptionsDataset([first, {**source, 'indices': (6, 8)}], size=8)
    assert [dataset[i]['caption'].split()[0] for i in range(5)] == [
        'red', 'green', 'blue', 'blue', 'white',
    ]  # fmt: skip
    assert [dataset[i]['photo'] for i in range(5)] == [0, 1, 2, 3, 4]


def test_features_replace_the_images(source):
    dataset = PhotoCaptionsDataset([source], size=8)
    dataset.features = torch.arange(8)
    assert dataset[3]['inputs'] == 3


def test_fingerprint_changes_with_the_views(source):
    prints = {
        PhotoCaptionsDataset([source], **options).fingerprint
        for options in ({}, {'size': 8}, {'views': 2}, {'views': 2, 'seed': 1})
    }
    assert len(prints) == 4
    again = PhotoCaptionsDataset([source], views=2).fingerprint
    assert again in prints


def test_shuffled_captions_have_the_same_words(source):
    dataset = PhotoCaptionsDataset([source], size=8, shuffle_words=True)
    captions = {dataset[0]['caption'] for _ in range(20)}
    assert captions == {'red sign', 'sign red'}


def test_images_without_words_are_an_error(source):
    with pytest.raises(ValueError, match='no image of the sources has words'):
        PhotoCaptionsDataset([{**source, 'indices': (0, 0)}])
    with pytest.raises(ValueError, match='min_area'):
        PhotoCaptionsDataset([source], min_area=0)
