from __future__ import annotations

import pytest
import torch
from mmocr.structures import TextRecogDataSample
from parseq_words import make_samples

from pipeline.recognition.data_preprocessor import CropDataPreprocessor


def blue_crop() -> torch.Tensor:
    """A blue crop (3, 32, 128) BGR."""
    crop = torch.zeros(3, 32, 128, dtype=torch.uint8)
    crop[0] = 255
    return crop


def test_crop_data_preprocessor_normalizes_to_rgb():
    batch = CropDataPreprocessor(bgr_to_rgb=True)({'inputs': [blue_crop()]})
    assert batch['inputs'][0, :, 0, 0].tolist() == [-1.0, -1.0, 1.0]
    batch = CropDataPreprocessor(bgr_to_rgb=False)({'inputs': [blue_crop()]})
    assert batch['inputs'][0, :, 0, 0].tolist() == [1.0, -1.0, -1.0]


def test_crop_data_preprocessor_accepts_lists_and_tensors():
    crops = torch.randint(0, 256, (4, 3, 32, 128), dtype=torch.uint8)
    preprocessor = CropDataPreprocessor(bgr_to_rgb=True)
    stacked = preprocessor({'inputs': crops, 'data_samples': None})['inputs']
    listed = preprocessor({'inputs': list(crops), 'data_samples': None})['inputs']
    assert stacked.dtype == torch.float32
    assert torch.equal(stacked, listed)


def test_crop_data_preprocessor_sets_only_missing_metainfo():
    plain, padded = make_samples(['a', 'b'])
    padded.set_metainfo({'valid_ratio': 0.5})
    preprocessor = CropDataPreprocessor(bgr_to_rgb=True)
    batch = preprocessor({'inputs': [blue_crop()] * 2, 'data_samples': [plain, padded]})
    assert [sample.valid_ratio for sample in batch['data_samples']] == [1.0, 0.5]
    assert batch['data_samples'][0].batch_input_shape == (32, 128)


def test_crop_data_preprocessor_does_not_modify_crops():
    crop = torch.full((1, 3, 32, 128), 7.0)
    CropDataPreprocessor(bgr_to_rgb=False)({'inputs': crop})
    assert (crop == 7).all()


@pytest.mark.parametrize(
    ('crops', 'message'),
    [
        ([torch.zeros(3, 32, 128), torch.zeros(3, 32, 100)], 'need the same size'),
        ([torch.zeros(1, 32, 128)], r'Wanted crops of shape \(3, H, W\), got \(1, 32, 128\)'),
        (torch.zeros(3, 32, 128), 'Wanted crops of shape'),
    ],
)
def test_crop_data_preprocessor_rejects_other_crops(crops, message):
    with pytest.raises(ValueError, match=message):
        CropDataPreprocessor(bgr_to_rgb=True)({'inputs': crops})


def test_crop_data_preprocessor_pads_with_zeros_at_the_right() -> None:
    sample = TextRecogDataSample()
    preprocessor = CropDataPreprocessor(bgr_to_rgb=False, pad_right=16)
    crops = torch.full((1, 3, 32, 48), 255, dtype=torch.uint8)
    batch = preprocessor({'inputs': crops, 'data_samples': [sample]})
    inputs, (prepared,) = batch['inputs'], batch['data_samples']
    assert inputs.shape == (1, 3, 32, 64)
    assert inputs[..., :48].eq(1).all() and inputs[..., 48:].eq(0).all()
    assert prepared.get('valid_ratio') == 0.75


def test_crop_data_preprocessor_rejects_negative_padding() -> None:
    with pytest.raises(ValueError, match='pad_right must be at least 0, got -1'):
        CropDataPreprocessor(bgr_to_rgb=False, pad_right=-1)
