from __future__ import annotations

import pytest
import torch

import pipeline.registration  # noqa: F401
from pipeline.recognition.encoders.vit_encoder import ViTEncoder
from pipeline.recognition.layers import DropPath, MultiHeadAttention

SMALL = {'img_size': (32, 128), 'embed_dim': 24, 'depth': 2, 'num_heads': 3}


def build_encoder(**overrides) -> ViTEncoder:
    torch.manual_seed(0)
    return ViTEncoder(**{**SMALL, **overrides})


@pytest.mark.parametrize(
    ('overrides', 'grid'),
    [
        ({'patch_size': (4, 8)}, (8, 16)),
        ({'patch_size': (8, 8)}, (4, 16)),
        ({'stem': 'conv'}, (2, 32)),
        (
            {
                'stem': 'conv',
                'stem_cfg': {'channels': (4, 8), 'strides': ((4, 2), (2, 2)), 'blocks': (1, 0)},
            },
            (4, 32),
        ),
    ],
)
def test_vit_encoder_returns_the_grid_without_class_token(overrides, grid):
    encoder = build_encoder(**overrides)
    assert encoder.grid_size == grid
    assert encoder(torch.randn(2, 3, 32, 128)).shape == (2, grid[0] * grid[1], 24)


def test_vit_encoder_tokens_are_row_major():
    """Without blocks a token depends on its own patch only: the one at row 1, column 2."""
    encoder = build_encoder(depth=0)
    crops = torch.randn(1, 3, 32, 128)
    changed = crops.clone()
    changed[:, :, 4:8, 16:24] += 1
    differs = (encoder(crops) != encoder(changed)).any(-1)[0]
    assert differs.nonzero().flatten().tolist() == [1 * 16 + 2]


def test_vit_encoder_applies_the_final_norm():
    tokens = build_encoder().eval()(torch.randn(2, 3, 32, 128))
    torch.testing.assert_close(tokens.mean(-1), torch.zeros(2, 128), atol=1e-5, rtol=0)


def test_vit_encoder_uses_position_embeddings():
    encoder = build_encoder().eval()
    tokens = encoder(torch.zeros(1, 3, 32, 128))
    assert not torch.allclose(tokens[:, 0], tokens[:, 1])


@pytest.mark.parametrize('shape', [(1, 3, 32, 100), (1, 1, 32, 128), (3, 32, 128)])
def test_vit_encoder_rejects_crops_of_another_size(shape):
    with pytest.raises(ValueError, match=r'requires crops of shape \(N, 3, 32, 128\), got'):
        build_encoder()(torch.zeros(shape))


@pytest.mark.parametrize(
    ('overrides', 'message'),
    [
        ({'stem': 'cnn'}, "'patch' or 'conv', got 'cnn'"),
        ({'patch_size': (5, 8)}, 'not a multiple of the stem stride'),
        ({'num_heads': 5}, 'not a multiple of num_heads=5'),
        ({'stem': 'conv', 'stem_cfg': {'blocks': (1,)}}, 'one entry per stage'),
        ({'drop_path': 1.0}, r'in \[0, 1\)'),
    ],
)
def test_vit_encoder_rejects_invalid_arguments(overrides, message):
    with pytest.raises(ValueError, match=message):
        build_encoder(**overrides)


def test_drop_path_keeps_the_expected_output():
    torch.manual_seed(0)
    drop = DropPath(0.25)
    out = drop(torch.ones(4000, 2))
    assert sorted(set(out[:, 0].tolist())) == pytest.approx([0.0, 4 / 3])
    assert (out[:, 0] == out[:, 1]).all()
    assert out.mean().item() == pytest.approx(1.0, abs=0.05)
    assert torch.equal(drop.eval()(torch.ones(3, 2)), torch.ones(3, 2))


def test_attention_equals_torch():
    """Parity with torch.nn.MultiheadAttention on the same weights, in both modes."""
    torch.manual_seed(0)
    ours, reference = (
        MultiHeadAttention(12, 3),
        torch.nn.MultiheadAttention(12, 3, batch_first=True),
    )
    with torch.no_grad():
        weight, bias = reference.in_proj_weight, reference.in_proj_bias
        ours.to_query.weight.copy_(weight[:12])
        ours.to_query.bias.copy_(bias[:12])
        ours.to_key_value.weight.copy_(weight[12:])
        ours.to_key_value.bias.copy_(bias[12:])
        ours.to_out.load_state_dict(reference.out_proj.state_dict())
    x, memory = torch.randn(2, 4, 12), torch.randn(2, 5, 12)
    mask = torch.rand(4, 5) > 0.3
    mask[:, 0] = True
    expected, _ = reference(x, memory, memory, attn_mask=~mask)
    torch.testing.assert_close(ours.train()(x, memory, mask), expected)
    torch.testing.assert_close(ours.eval()(x, memory, mask), expected)
