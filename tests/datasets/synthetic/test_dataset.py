from __future__ import annotations

import pickle

import numpy as np
import pytest
from torch.utils.data import DataLoader

from pipeline.datasets.synthetic import SyntheticSceneDataset, matplotlib_font_folder
from pipeline.registry import DATASETS


@pytest.fixture(scope='module')
def dataset():
    return DATASETS.build(
        {
            'type': 'SyntheticSceneDataset',
            'length': 5,
            'size': (160, 160),
            'seed': 3,
            'fonts': [str(matplotlib_font_folder())],
            'generator': {'word_count': (2, 5)},
        }
    )


def test_samples_have_the_keys_of_loaded_detection_data(dataset):
    sample = dataset[2]
    assert len(dataset) == 5
    assert sample['img'].shape == (160, 160, 3)
    assert (sample['height'], sample['width'], sample['sample_idx']) == (160, 160, 2)
    for instance in sample['instances']:
        assert set(instance) == {'polygon', 'bbox', 'bbox_label', 'text', 'ignore'}
        assert instance['bbox'][0] == min(instance['polygon'][0::2])


def test_an_index_is_the_same_scene_every_time(dataset):
    assert np.array_equal(dataset[1]['img'], dataset[1]['img'])
    assert not np.array_equal(dataset[1]['img'], dataset[0]['img'])


def test_a_pickled_copy_draws_the_same_scenes(dataset):
    copy = pickle.loads(pickle.dumps(dataset))
    assert np.array_equal(copy[4]['img'], dataset[4]['img'])


def test_workers_draw_what_the_main_process_draws(dataset):
    loader = DataLoader(dataset, batch_size=None, num_workers=1)
    images = [sample['img'] for sample in loader]
    assert all(
        np.array_equal(np.asarray(image), dataset[i]['img']) for i, image in enumerate(images)
    )


def test_scenes_pass_through_mmocrs_transforms():
    dataset = SyntheticSceneDataset(
        length=2,
        size=(160, 160),
        fonts=[matplotlib_font_folder()],
        pipeline=[
            {
                'type': 'mmocr.LoadOCRAnnotations',
                'with_bbox': True,
                'with_polygon': True,
                'with_label': True,
            },
            {
                'type': 'mmocr.PackTextDetInputs',
                'meta_keys': ('img_path', 'ori_shape', 'img_shape', 'scale_factor'),
            },
        ],
    )
    packed = dataset[0]
    assert tuple(packed['inputs'].shape) == (3, 160, 160)
    assert len(packed['data_samples'].gt_instances.polygons) >= 1


def test_an_empty_dataset_is_refused():
    with pytest.raises(ValueError, match='length'):
        SyntheticSceneDataset(length=0)
