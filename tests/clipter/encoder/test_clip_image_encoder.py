import numpy as np
import pytest
import torch
from PIL import Image
from safetensors.torch import save_file
from tiny_towers import TINY, make_encoder, make_photo, tower_state
from torch import nn

from pipeline.clipter.encoder import ClipImageEncoder
from pipeline.clipter.encoder.towers.image_tower import check_multiple
from pipeline.clipter.encoder.towers.positions import fit_positions


def test_encoder_returns_class_token_and_patch_grid():
    encoder = make_encoder()
    tokens = encoder([make_photo(), make_photo(200, 40, seed=1)])
    assert tokens.shape == (2, 1 + 4 * 4, 32)
    assert (encoder.embed_dim, encoder.grid_size, encoder.num_tokens) == (32, (4, 4), 17)


def test_encoder_tokens_are_taken_after_the_final_norm():
    encoder = make_encoder()
    seen = {}
    encoder.tower.ln_post.register_forward_hook(lambda _, __, out: seen.update(out=out))
    tokens = encoder([make_photo()])
    assert torch.equal(tokens, seen['out'])
    # open_clip's pooled output is the class token, which is the first token here.
    assert torch.equal(tokens[:, 0], encoder.tower(to_pixels(make_photo(), encoder)))


def to_pixels(photo: np.ndarray, encoder: ClipImageEncoder) -> torch.Tensor:
    return (encoder._resize(photo)[None] / 255 - encoder.mean) / encoder.std


@pytest.mark.parametrize('size', [(50, 90), (90, 50), (720, 300), (20, 20), (1, 1)])
def test_encoder_resizes_like_pil_and_converts_to_rgb(size):
    photo = make_photo(*size)
    ours = make_encoder()._resize(photo).permute(1, 2, 0).numpy().astype(int)
    theirs = Image.fromarray(photo[..., ::-1]).resize((32, 32), Image.Resampling.BICUBIC)
    assert np.abs(ours - np.asarray(theirs).astype(int)).max() <= 1


def test_encoder_does_not_crop_wide_images():
    encoder = make_encoder()
    photo = np.zeros((100, 400, 3), dtype=np.uint8)
    marked = photo.copy()
    marked[:, :40] = 255
    assert (encoder([photo]) - encoder([marked])).abs().max() > 0.01


def test_encoder_accepts_arrays_and_tensors():
    encoder, photo = make_encoder(), make_photo()
    as_tensor = torch.from_numpy(photo).permute(2, 0, 1)
    assert torch.equal(encoder([photo]), encoder([as_tensor]))


def test_encoder_tokens_do_not_depend_on_batching():
    photos = [make_photo(40 + i, 60, seed=i) for i in range(5)]
    together = make_encoder(batch_size=5)(photos)
    by_two = make_encoder(batch_size=2)(photos)
    assert torch.allclose(together, by_two, atol=1e-5)
    assert not torch.allclose(together[0], together[1], atol=1e-2)


def test_encoder_returns_empty_tokens_without_images():
    encoder = make_encoder(pooling={'kernel': 2})
    assert encoder([]).shape == (0, encoder.num_tokens, encoder.embed_dim)


@pytest.mark.parametrize(
    'photo',
    [
        np.zeros((8, 8), dtype=np.uint8),
        np.zeros((8, 8, 4), dtype=np.uint8),
        np.zeros((8, 8, 3), dtype=np.float32),
        np.zeros((0, 8, 3), dtype=np.uint8),
        torch.zeros(8, 8, 3, dtype=torch.uint8),
        torch.zeros(3, 8, 8),
        'photo.jpg',
    ],
)
def test_encoder_rejects_invalid_images(photo):
    with pytest.raises(ValueError, match='An image must be'):
        make_encoder()([photo])


@pytest.mark.parametrize(('kernel', 'num_tokens'), [(1, 17), (2, 5), (3, 5), (4, 2), ('inf', 1)])
def test_encoder_applies_pooling(kernel, num_tokens):
    encoder = make_encoder(pooling={'kernel': kernel})
    assert encoder([make_photo()]).shape == (1, num_tokens, 32)
    assert encoder.num_tokens == num_tokens


def test_encoder_rejects_an_unknown_pooling_option():
    with pytest.raises(TypeError):
        make_encoder(pooling={'kernal': 2})


# Frozen


def test_encoder_is_frozen_and_stays_in_eval_mode():
    model = nn.Sequential(make_encoder()).train()
    encoder = model[0]
    assert not encoder.training
    assert not any(module.training for module in encoder.tower.modules())
    assert not any(weight.requires_grad for weight in encoder.tower.parameters())
    assert list(model.parameters()) == []
    assert not encoder([make_photo()]).requires_grad


def test_tower_follows_the_model_to_another_dtype_and_device():
    encoder = make_encoder()
    model = nn.Sequential(encoder).double()
    assert encoder.tower.conv1.weight.dtype == torch.float64
    assert encoder([make_photo()]).dtype == torch.float32
    model.to('meta')
    assert encoder.tower.conv1.weight.is_meta


def test_encoder_under_bf16_autocast_returns_similar_float32():
    encoder, photo = make_encoder(), make_photo()
    exact = encoder([photo])
    with torch.autocast('cpu', torch.bfloat16):
        rough = encoder([photo])
    assert rough.dtype == torch.float32
    assert torch.allclose(exact, rough, atol=0.1)


# Input size


@pytest.mark.parametrize('image_size', [64, (16, 48)])
def test_image_size_interpolates_the_positions(image_size, tmp_path):
    path = tmp_path / 'clip.safetensors'
    save_file(tower_state(make_encoder()), path)
    encoder = ClipImageEncoder(TINY, pretrained=str(path), image_size=image_size)
    height, width = (64, 64) if image_size == 64 else image_size
    assert encoder.grid_size == (height // 8, width // 8)
    assert encoder([make_photo()]).shape == (1, 1 + height * width // 64, 32)


def test_fit_positions_keeps_class_token_and_direction():
    # Positions that increase from left to right must still do so on a wider, lower grid.
    grid = torch.arange(4.0).expand(4, 4).reshape(16, 1)
    positions = torch.cat([torch.tensor([[99.0]]), grid])
    fitted = fit_positions(positions, (2, 8))
    assert fitted[0].item() == 99
    rows = fitted[1:, 0].view(2, 8)
    assert torch.allclose(rows[0], rows[1], atol=1e-5)
    assert (rows.diff(dim=1) > 0).all()
    assert fit_positions(positions, (4, 4)) is positions


def test_image_size_must_be_a_multiple_of_the_patch_size():
    with pytest.raises(ValueError, match='multiples of the 8 px patches'):
        make_encoder(image_size=(32, 36))


@pytest.mark.parametrize('image_size', [(32, 36), (34, 32), (32, 8), (2, 32)])
def test_check_multiple_checks_both_sides_of_a_patch(image_size):
    check_multiple((36, 48), (4, 16))
    with pytest.raises(ValueError, match='multiples of the 4 x 16 px patches'):
        check_multiple(image_size, (4, 16))


def test_encoder_builds_vit_b_32_with_its_known_sizes():
    encoder = ClipImageEncoder(
        'ViT-B-32', pretrained=None, allow_random=True, pooling={'kernel': 'inf'}
    )
    assert (encoder.image_size, encoder.grid_size, encoder.embed_dim) == ((224, 224), (7, 7), 768)
    assert encoder([make_photo()]).shape == (1, 1, 768)
    # 86 M of the 151 M parameters of the whole model: the text tower was not built.
    size = sum(weight.numel() for weight in encoder.tower.parameters())
    assert 85e6 < size < 88e6
    assert encoder.mean.flatten().tolist() == pytest.approx([0.48145466, 0.4578275, 0.40821073])
