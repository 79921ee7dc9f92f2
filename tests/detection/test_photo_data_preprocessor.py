from __future__ import annotations

import pytest
import torch
from mmocr.models.textdet.data_preprocessors import TextDetDataPreprocessor
from mmocr.structures import TextDetDataSample

from pipeline.detection.photo_data_preprocessor import PhotoDataPreprocessor

NORMALIZED = {'mean': [123.675, 116.28, 103.53], 'std': [58.395, 57.12, 57.375]}


@pytest.mark.parametrize('sizes', [[(64, 96)], [(50, 70)], [(64, 96)] * 2, [(64, 96), (40, 120)]])
@pytest.mark.parametrize(
    'options',
    [
        {**NORMALIZED, 'bgr_to_rgb': True, 'pad_size_divisor': 32},
        {**NORMALIZED, 'pad_size_divisor': 32, 'pad_value': 7},
        {'bgr_to_rgb': True},
        {'pad_size_divisor': 32},
    ],
)
@pytest.mark.parametrize('dtype', [torch.uint8, torch.float32])
def test_photo_data_preprocessor_equals_mmocr(sizes, options, dtype):
    photos = [torch.randint(0, 256, (3, *size)).to(dtype) for size in sizes]
    kept = [photo.clone() for photo in photos]
    batches = [
        make(**options)({'inputs': photos, 'data_samples': [TextDetDataSample() for _ in sizes]})
        for make in (TextDetDataPreprocessor, PhotoDataPreprocessor)
    ]
    assert torch.equal(batches[0]['inputs'], batches[1]['inputs'])
    shapes = [[s.batch_input_shape for s in batch['data_samples']] for batch in batches]
    assert shapes[0] == shapes[1]
    assert all(torch.equal(photo, before) for photo, before in zip(photos, kept))
