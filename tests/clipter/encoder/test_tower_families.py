"""Each family of open_clip towers, small and with random weights, compared with open_clip."""

from __future__ import annotations

from typing import Any

import open_clip
import pytest
import torch
from open_clip.model import _build_vision_tower
from safetensors.torch import save_file
from tiny_towers import make_encoder, make_photo
from torch import Tensor, nn

from pipeline.clipter.encoder import ClipImageEncoder
from pipeline.clipter.encoder.towers import ResNetTower, TimmTower, VitTower

SMALL_VIT = {'image_size': 32, 'layers': 2, 'width': 32, 'patch_size': 8, 'head_width': 16}


def timm_tower(name: str, pool: str, proj: str | None, image_size: int) -> dict[str, Any]:
    return {
        'timm_model_name': name, 'timm_pool': pool, 'timm_proj': proj, 'image_size': image_size,
    }  # fmt: skip


# vision config, what open_clip does to the first token, (width, grid) and the other input's grid
FAMILIES: dict[str, tuple[dict[str, Any], Any, tuple[int, tuple[int, int]], tuple[int, int]]] = {
    'ViT': (SMALL_VIT, lambda visual, x: x @ visual.proj, (32, (4, 4)), (4, 8)),
    'CLIPA': (
        {**SMALL_VIT, 'pool_type': 'avg', 'final_ln_after_pool': True, 'no_ln_pre': True},
        lambda visual, x: x @ visual.proj,
        (32, (4, 4)),
        (4, 8),
    ),
    'ResNet': (
        {'image_size': 64, 'layers': [1, 1, 1, 1], 'width': 8, 'head_width': 16},
        lambda visual, x: visual.attnpool.c_proj(x),
        (256, (2, 2)),
        (2, 3),
    ),
    'ConvNeXt': (
        timm_tower('test_convnext', '', 'linear', 160),
        lambda visual, x: visual.head(x),
        (64, (5, 5)),
        (4, 6),
    ),
    'FastViT': (
        timm_tower('fastvit_t8', 'avg', None, 64),
        lambda visual, x: visual.trunk.head.fc(x),
        (768, (2, 2)),
        (2, 3),
    ),
    'EfficientNet': (
        timm_tower('tf_efficientnet_lite0', 'avg', 'linear', 320),
        lambda visual, x: visual.head(x),
        (1280, (10, 10)),
        (4, 6),
    ),
    'SigLIP': (
        timm_tower('test_vit3', 'map', 'none', 160),
        lambda visual, x: x,
        (96, (10, 10)),
        (8, 12),
    ),
    'MobileCLIP-B': (
        timm_tower('test_vit', 'token', None, 160),
        lambda visual, x: visual.trunk.head(x),
        (64, (10, 10)),
        (8, 12),
    ),
    'ViTamin': (
        timm_tower('test_vit2', 'avg', None, 160),
        lambda visual, x: visual.trunk.head(x),
        (64, (10, 10)),
        (8, 12),
    ),
}
OTHER_INPUT = {'ViT': (32, 64), 'CLIPA': (32, 64), 'ResNet': (64, 96), 'FastViT': (64, 96)}


@pytest.fixture(scope='module', params=FAMILIES)
def family(request, tmp_path_factory) -> tuple[str, Any, ClipImageEncoder]:
    """Name of the family, open_clip's tower, and the encoder that loaded the tower's weights."""
    torch.manual_seed(0)
    vision = FAMILIES[request.param][0]
    visual = _build_vision_tower(16, dict(vision)).eval()
    for weight in visual.parameters():
        if weight.ndim == 1 and not weight.any():  # norms initialised with zero disable a branch
            nn.init.normal_(weight, std=0.5)
    path = tmp_path_factory.mktemp('tower') / 'clip.safetensors'
    state = {f'visual.{key}': value for key, value in visual.state_dict().items()}
    save_file({**state, 'logit_scale': torch.zeros(())}, path)
    arch = {'embed_dim': 16, 'vision_cfg': vision}
    return request.param, visual, ClipImageEncoder(arch, str(path))


def to_pixels(encoder: ClipImageEncoder, seed: int) -> Tensor:
    photo = encoder._resize(make_photo(seed=seed))[None]
    return (photo / 255 - encoder.mean) / encoder.std


def test_tower_width_and_grid_size(family):
    name, _, encoder = family
    assert (encoder.embed_dim, encoder.grid_size) == FAMILIES[name][2]
    tokens = encoder([make_photo(), make_photo(seed=1)])
    assert tokens.shape == (2, encoder.num_tokens, encoder.embed_dim)
    assert torch.isfinite(tokens).all()
    assert not torch.allclose(tokens[0], tokens[1], atol=1e-3)


@torch.no_grad()
def test_tower_first_token_is_open_clips_pooled_output(family):
    name, visual, encoder = family
    for seed in range(2):
        expected = visual(to_pixels(encoder, seed))
        first = encoder([make_photo(seed=seed)])[:, 0]
        assert torch.allclose(FAMILIES[name][1](visual, first), expected, atol=1e-4), name


@torch.no_grad()
def test_tower_grid_has_the_orientation_of_the_image(family):
    name, _, encoder = family
    photo = make_photo(96, 96)
    marked = photo.copy()
    marked[64:, 64:] = 255 - marked[64:, 64:]
    change = (encoder([photo]) - encoder([marked]))[0, 1:].norm(dim=-1)
    height, width = encoder.grid_size
    change = change.view(height, width)
    corner = change[-(height // 4 or 1) :, -(width // 4 or 1) :].mean()
    assert corner > change[: height // 2, : width // 2].mean(), name


@torch.no_grad()
def test_tower_patches_are_taken_after_the_final_norm(family):
    name, visual, encoder = family
    pixels, grid = to_pixels(encoder, 0), encoder([make_photo()])[0, 1:]
    if isinstance(encoder._tower, VitTower):
        options = {'indices': 1, 'output_fmt': 'NLC', 'normalize_intermediates': True}
        expected = visual.forward_intermediates(pixels, **options)['image_intermediates'][0][0]
    elif isinstance(encoder._tower, ResNetTower):
        last = visual.forward_intermediates(pixels, indices=1)['image_intermediates'][0]
        expected = last[0].flatten(1).T
    elif name == 'EfficientNet':
        expected = visual.trunk.forward_features(pixels)[0].flatten(1).T
    elif name in ('ConvNeXt', 'FastViT'):
        features = visual.trunk.forward_features(pixels)
        norm = getattr(visual.trunk.head, 'norm', nn.Identity())
        expected = norm(features)[0].flatten(1).T
    else:
        features = visual.trunk.forward_features(pixels)
        expected = visual.trunk.fc_norm(features)[0, visual.trunk.num_prefix_tokens :]
    assert torch.allclose(grid, expected, atol=1e-4), name


def test_tower_image_size_changes_the_grid(family):
    name, _, encoder = family
    size = OTHER_INPUT.get(name, (128, 192))
    arch = {'embed_dim': 16, 'vision_cfg': FAMILIES[name][0]}
    wide = ClipImageEncoder(arch, encoder.pretrained, image_size=size)
    assert (wide.image_size, wide.grid_size) == (size, FAMILIES[name][3])
    tokens = wide([make_photo()])
    assert tokens.shape == (1, wide.num_tokens, encoder.embed_dim)
    assert torch.isfinite(tokens).all()
    # Tokens of the same image at another size are similar.
    similarity = torch.cosine_similarity(tokens[0, 0], encoder([make_photo()])[0, 0], dim=0)
    assert similarity > 0.5, name


def test_tower_drops_unused_weights(family):
    _, visual, encoder = family
    ours, theirs = (sum(p.numel() for p in tower.parameters()) for tower in (encoder.tower, visual))
    assert ours <= theirs
    assert not any(p.requires_grad for p in encoder.tower.parameters())
    assert not any(module.training for module in encoder.tower.modules())


@pytest.mark.parametrize(
    ('name', 'width', 'grid', 'tower'),
    [
        ('RN50', 2048, (7, 7), ResNetTower),
        ('ViT-B-16', 768, (14, 14), VitTower),
        ('ViT-B-32', 768, (7, 7), VitTower),
        ('coca_ViT-B-32', 768, (7, 7), VitTower),
        ('PE-Core-T-16-384', 192, (24, 24), TimmTower),
        ('convnext_tiny', 768, (7, 7), TimmTower),
        ('MobileCLIP-S1', 1024, (8, 8), TimmTower),
        ('ViT-B-16-SigLIP', 768, (14, 14), TimmTower),
    ],
)
def test_tower_architectures_have_their_known_sizes(name, width, grid, tower):
    # The meta device has real shapes without values.
    from pipeline.clipter.encoder.open_clip_tower import _build_empty

    built = _build_empty(open_clip.get_model_config(name), quick_gelu=False)
    built.drop_projection()
    built.module.eval()
    assert isinstance(built, tower)
    device = next(built.module.parameters()).device
    pixels = torch.empty(1, 3, *built.image_size, device=device)
    with torch.no_grad():
        assert built.encode(pixels).shape == (1, 1 + grid[0] * grid[1], width)
    assert (built.embed_dim, built.grid_size) == (width, grid)


@pytest.mark.parametrize(
    ('name', 'mean', 'interpolation'),
    [
        ('RN50', 0.48145466, 'bicubic'),
        ('PE-Core-T-16-384', 0.5, 'bilinear'),
    ],
)
def test_tower_has_the_preprocessing_of_its_weights(name, mean, interpolation):
    encoder = ClipImageEncoder(name, None, allow_random=True, pooling={'kernel': 'inf'})
    assert encoder.mean[0].item() == pytest.approx(mean)
    assert encoder.interpolation == interpolation
    assert encoder([make_photo()]).shape == (1, 1, encoder.embed_dim)


def test_model_config_may_contain_the_preprocessing():
    config = {
        'model_cfg': {'embed_dim': 16, 'vision_cfg': SMALL_VIT},
        'preprocess_cfg': {'mean': [0.1] * 3, 'std': [2] * 3, 'interpolation': 'bilinear'},
    }
    encoder = make_encoder(arch=config)
    assert encoder.mean.flatten().tolist() == pytest.approx([0.1] * 3)
    assert encoder.std.flatten().tolist() == [2, 2, 2]
    assert encoder.interpolation == 'bilinear'


def test_positions_of_a_file_fit_the_configured_image_size(tmp_path):
    """Weights of a 64 px input in a 32 px architecture, used at 64 px, are not interpolated."""
    torch.manual_seed(0)
    visual = _build_vision_tower(16, {**SMALL_VIT, 'image_size': 64}).eval()
    save_file(visual.state_dict(), tmp_path / 'clip.safetensors')
    arch = {'embed_dim': 16, 'vision_cfg': SMALL_VIT}
    encoder = ClipImageEncoder(arch, str(tmp_path / 'clip.safetensors'), image_size=64)
    positions = encoder.tower.positional_embedding
    assert torch.equal(positions, visual.positional_embedding)


@pytest.mark.parametrize(
    ('name', 'image_size'),
    [('ViT', (32, 36)), ('ResNet', (64, 80)), ('SigLIP', (160, 100))],
)
def test_tower_rejects_an_unsupported_image_size(name, image_size):
    arch = {'embed_dim': 16, 'vision_cfg': FAMILIES[name][0]}
    with pytest.raises(ValueError, match='image_size'):
        make_encoder(arch=arch, image_size=image_size)
