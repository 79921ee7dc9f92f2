"""The encoder of the PP-OCRv6 recognizers."""

from __future__ import annotations

import pytest
import torch

from pipeline.recognition.encoders.light_svtr_encoder import LightSVTREncoder


def test_light_svtr_encoder_gives_one_token_per_column() -> None:
    encoder = LightSVTREncoder(in_channels=12, embed_dim=16, num_heads=2, depth=1)
    assert encoder(torch.randn(2, 12, 1, 9)).shape == (2, 9, 16)


def test_light_svtr_encoder_mixes_all_columns() -> None:
    torch.manual_seed(0)
    encoder = LightSVTREncoder(in_channels=12, embed_dim=16, num_heads=2, depth=1).eval()
    features = torch.randn(1, 12, 1, 20, requires_grad=True)
    encoder(features)[0, 0, :3].sum().backward()
    assert features.grad is not None
    assert (features.grad[0, :, 0].abs().sum(0) > 0).all()


@pytest.mark.parametrize('shape', [(2, 12, 2, 9), (2, 10, 1, 9), (2, 12, 9)])
def test_light_svtr_encoder_rejects_other_features(shape: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match=r'requires features \(N, 12, 1, T\)'):
        LightSVTREncoder(in_channels=12, embed_dim=16, num_heads=2)(torch.zeros(shape))
