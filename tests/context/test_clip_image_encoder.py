import re

import cv2
import numpy as np
import pytest
import torch
from PIL import Image
from safetensors.torch import load_file, save_file
from torch import nn

from pipeline.context import ClipImageEncoder, open_clip_tower, tower_weights
from pipeline.context.towers.positions import fit_positions

TINY = {
    'embed_dim': 16,
    'vision_cfg': {
        'image_size': 32,
        'layers': 2,
        'width': 32,
        'patch_size': 8,
        'head_width': 16,
    },
}


def make_encoder(**changes) -> ClipImageEncoder:
    return ClipImageEncoder(**{'arch': TINY, 'pretrained': None, 'allow_random': True, **changes})


def make_photo(height: int = 50, width: int = 90, seed: int = 0) -> np.ndarray:
    rng = np.random.default_rng(seed)
    small = rng.integers(0, 256, (6, 9, 3), dtype=np.uint8)
    return cv2.resize(small, (width, height), interpolation=cv2.INTER_CUBIC)


def tower_state(encoder: ClipImageEncoder, prefix: str = 'visual.') -> dict[str, torch.Tensor]:
    """A checkpoint as open_clip writes one: with the projection, and a text tower beside."""
    state = {prefix + key: value.clone() for key, value in encoder.tower.state_dict().items()}
    state[prefix + 'proj'] = torch.zeros(32, 16)
    if prefix:
        state['text_projection'] = torch.zeros(4, 4)
        state['logit_scale'] = torch.zeros(())
    return state


def test_every_photo_gives_a_class_token_and_its_patch_grid():
    encoder = make_encoder()
    tokens = encoder([make_photo(), make_photo(200, 40, seed=1)])
    assert tokens.shape == (2, 1 + 4 * 4, 32)
    assert (encoder.embed_dim, encoder.grid_size, encoder.num_tokens) == (32, (4, 4), 17)


def test_tokens_are_those_after_the_final_norm_class_token_first():
    encoder = make_encoder()
    seen = {}
    encoder.tower.ln_post.register_forward_hook(lambda _, __, out: seen.update(out=out))
    tokens = encoder([make_photo()])
    assert torch.equal(tokens, seen['out'])
    # open_clip's own pooled output is the class token: what stands first here.
    assert torch.equal(tokens[:, 0], encoder.tower(to_pixels(make_photo(), encoder)))


def to_pixels(photo: np.ndarray, encoder: ClipImageEncoder) -> torch.Tensor:
    return (encoder._resize(photo)[None] / 255 - encoder.mean) / encoder.std


@pytest.mark.parametrize('size', [(50, 90), (90, 50), (720, 300), (20, 20), (1, 1)])
def test_the_whole_photo_is_resized_like_pil_does_and_turned_to_rgb(size):
    photo = make_photo(*size)
    ours = make_encoder()._resize(photo).permute(1, 2, 0).numpy().astype(int)
    theirs = Image.fromarray(photo[..., ::-1]).resize((32, 32), Image.Resampling.BICUBIC)
    assert np.abs(ours - np.asarray(theirs).astype(int)).max() <= 1


def test_the_edge_of_a_wide_photo_is_seen_not_cropped_away():
    encoder = make_encoder()
    photo = np.zeros((100, 400, 3), dtype=np.uint8)
    marked = photo.copy()
    marked[:, :40] = 255
    assert (encoder([photo]) - encoder([marked])).abs().max() > 0.01


def test_arrays_and_tensors_of_one_photo_give_the_same_tokens():
    encoder, photo = make_encoder(), make_photo()
    as_tensor = torch.from_numpy(photo).permute(2, 0, 1)
    assert torch.equal(encoder([photo]), encoder([as_tensor]))


def test_photos_do_not_see_each_other_however_they_are_batched():
    photos = [make_photo(40 + i, 60, seed=i) for i in range(5)]
    together = make_encoder(batch_size=5)(photos)
    by_two = make_encoder(batch_size=2)(photos)
    assert torch.allclose(together, by_two, atol=1e-5)
    assert not torch.allclose(together[0], together[1], atol=1e-2)


def test_no_photo_gives_no_tokens_of_the_right_shape():
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
def test_what_is_no_photo_is_refused(photo):
    with pytest.raises(ValueError, match='A photo must be'):
        make_encoder()([photo])


@pytest.mark.parametrize(('kernel', 'num_tokens'), [(1, 17), (2, 5), (3, 5), (4, 2), ('inf', 1)])
def test_pooling_is_applied(kernel, num_tokens):
    encoder = make_encoder(pooling={'kernel': kernel})
    assert encoder([make_photo()]).shape == (1, num_tokens, 32)
    assert encoder.num_tokens == num_tokens


def test_an_unknown_pooling_option_is_an_error():
    with pytest.raises(TypeError):
        make_encoder(pooling={'kernal': 2})


# Frozen


def test_the_encoder_is_frozen_and_stays_in_evaluation_mode():
    model = nn.Sequential(make_encoder()).train()
    encoder = model[0]
    assert not encoder.training
    assert not any(module.training for module in encoder.tower.modules())
    assert not any(weight.requires_grad for weight in encoder.tower.parameters())
    assert list(model.parameters()) == []
    assert not encoder([make_photo()]).requires_grad


def test_the_tower_follows_the_model_to_another_dtype_and_device():
    encoder = make_encoder()
    model = nn.Sequential(encoder).double()
    assert encoder.tower.conv1.weight.dtype == torch.float64
    assert encoder([make_photo()]).dtype == torch.float32
    model.to('meta')
    assert encoder.tower.conv1.weight.is_meta


def test_bf16_autocast_gives_nearly_the_same_float32_tokens():
    encoder, photo = make_encoder(), make_photo()
    exact = encoder([photo])
    with torch.autocast('cpu', torch.bfloat16):
        rough = encoder([photo])
    assert rough.dtype == torch.float32
    assert torch.allclose(exact, rough, atol=0.1)


# Weights


def test_random_weights_have_to_be_asked_for():
    with pytest.raises(ValueError, match='allow_random=True'):
        ClipImageEncoder('ViT-B-32', pretrained=None)


def test_random_weights_can_be_had_again_by_their_seed():
    state = torch.random.get_rng_state()
    first, again, other = make_encoder(seed=1), make_encoder(seed=1), make_encoder(seed=2)
    assert torch.equal(torch.random.get_rng_state(), state)
    photo = [make_photo()]
    assert torch.equal(first(photo), again(photo))
    assert not torch.equal(first(photo), other(photo))
    assert first.checksum == again.checksum != other.checksum


@pytest.mark.parametrize('kind', ['safetensors', 'pt', 'nested', 'half', 'tower alone'])
def test_weights_of_a_local_file_are_used(kind, tmp_path):
    source = make_encoder(seed=3)
    state = tower_state(source, prefix='' if kind == 'tower alone' else 'visual.')
    path = tmp_path / ('clip.pt' if kind in ('pt', 'nested') else 'clip.safetensors')
    if kind == 'pt':
        torch.save(state, path)
    elif kind == 'nested':
        torch.save({'state_dict': {f'module.{key}': value for key, value in state.items()}}, path)
    else:
        save_file({k: v.half() if kind == 'half' else v for k, v in state.items()}, path)
    loaded = ClipImageEncoder(TINY, pretrained=str(path))
    tolerance = 0.02 if kind == 'half' else 0
    photo = [make_photo()]
    assert torch.allclose(loaded(photo), source(photo), atol=tolerance, rtol=0)
    assert not any(weight.requires_grad for weight in loaded.tower.parameters())


def test_the_checksum_speaks_of_the_weights_and_not_of_the_file(tmp_path):
    state = tower_state(make_encoder(seed=3))
    torch.save(state, tmp_path / 'a.pt')
    save_file(state, tmp_path / 'b.safetensors')
    state['visual.conv1.weight'][0, 0, 0, 0] += 1
    save_file(state, tmp_path / 'c.safetensors')
    a, b, c = (
        ClipImageEncoder(TINY, pretrained=str(tmp_path / name)).checksum
        for name in ('a.pt', 'b.safetensors', 'c.safetensors')
    )
    assert a == b != c


def test_a_file_with_the_wrong_checksum_is_refused(tmp_path):
    path = tmp_path / 'clip.safetensors'
    save_file(tower_state(make_encoder()), path)
    with pytest.raises(ValueError, match='has sha256') as error:
        ClipImageEncoder(TINY, pretrained=str(path), checksum='0' * 64)
    right = re.search(r'sha256 ([0-9a-f]{64})', str(error.value)).group(1)
    assert ClipImageEncoder(TINY, pretrained=str(path), checksum=right[:8]).embed_dim == 32
    with pytest.raises(ValueError, match='first 8'):
        ClipImageEncoder(TINY, pretrained=str(path), checksum=right[:3])


class Bomb:
    def __reduce__(self):
        return (print, ('this file ran code',))


def test_a_file_that_would_run_code_is_refused(tmp_path, capsys):
    path = tmp_path / 'clip.pt'
    torch.save({'visual.conv1.weight': Bomb()}, path)
    with pytest.raises(ValueError, match='weights_only'):
        ClipImageEncoder(TINY, pretrained=str(path))
    assert 'ran code' not in capsys.readouterr().out


def test_weights_of_another_architecture_are_refused(tmp_path):
    path = tmp_path / 'clip.safetensors'
    state = tower_state(make_encoder())
    del state['visual.ln_post.weight']
    save_file(state, path)
    with pytest.raises(ValueError, match=r'do not fit arch(.|\n)*ln_post\.weight'):
        ClipImageEncoder(TINY, pretrained=str(path))


def test_neither_a_tag_nor_a_file_is_an_error_that_lists_the_tags():
    with pytest.raises(ValueError, match=r'neither a file nor a tag of ViT-B-32.*openai'):
        ClipImageEncoder('ViT-B-32', pretrained='opnai')


def test_an_unknown_architecture_is_an_error_that_lists_near_ones():
    with pytest.raises(ValueError, match="'ViT-B-16'"):
        ClipImageEncoder('ViT-B-33', pretrained=None, allow_random=True)


def test_without_network_the_message_says_which_file_to_fetch_and_where_to_put_it(monkeypatch):
    def fail(*args, **kwargs):
        raise ConnectionError('no network')

    monkeypatch.setattr('open_clip.pretrained.download_pretrained', fail)
    with pytest.raises(FileNotFoundError) as error:
        ClipImageEncoder('ViT-B-32', pretrained='openai')
    message = str(error.value)
    assert (
        'https://huggingface.co/timm/vit_base_patch32_clip_224.openai/resolve/main/'
        'open_clip_model.safetensors' in message
    )
    assert "pretrained='weights/ViT-B-32-openai/open_clip_model.safetensors'" in message
    assert 'quick_gelu=True' in message
    assert 'no network' in message


def test_a_tag_brings_its_activation_and_its_statistics(monkeypatch, tmp_path):
    path = tmp_path / 'clip.safetensors'
    save_file(tower_state(make_encoder()), path)
    fetched = {'quick_gelu': True, 'mean': (0.5, 0.5, 0.5), 'std': (0.25, 0.5, 1.0)}
    monkeypatch.setattr('open_clip.pretrained.get_pretrained_cfg', lambda arch, tag: fetched)
    monkeypatch.setattr(tower_weights, '_fetch', lambda *args: path)
    encoder = ClipImageEncoder(TINY, pretrained='some-tag')
    assert type(encoder.tower.transformer.resblocks[0].mlp.gelu).__name__ == 'QuickGELU'
    assert encoder.mean.flatten().tolist() == [0.5, 0.5, 0.5]
    assert encoder.std.flatten().tolist() == [0.25, 0.5, 1.0]


def test_a_file_that_may_need_quick_gelu_says_so(tmp_path):
    siblings = [{'quick_gelu': True}, {}]
    with pytest.warns(UserWarning, match='set quick_gelu'):
        chosen = open_clip_tower._choose_activation('ViT-B-32', {}, 'clip.pt', {}, siblings)
    assert chosen is False


def test_activation_and_statistics_may_be_given():
    encoder = make_encoder(quick_gelu=True, mean=(0, 0.1, 0.2), std=(1, 1, 0.5))
    assert type(encoder.tower.transformer.resblocks[0].mlp.gelu).__name__ == 'QuickGELU'
    assert encoder.mean.flatten().tolist() == pytest.approx([0, 0.1, 0.2])
    assert encoder.std.flatten().tolist() == [1, 1, 0.5]


# Input size


@pytest.mark.parametrize('image_size', [64, (16, 48)])
def test_another_input_size_interpolates_the_positions(image_size, tmp_path):
    path = tmp_path / 'clip.safetensors'
    save_file(tower_state(make_encoder()), path)
    encoder = ClipImageEncoder(TINY, pretrained=str(path), image_size=image_size)
    height, width = (64, 64) if image_size == 64 else image_size
    assert encoder.grid_size == (height // 8, width // 8)
    assert encoder([make_photo()]).shape == (1, 1 + height * width // 64, 32)


def test_interpolated_positions_keep_the_class_token_and_a_gradient():
    # Positions that rise from left to right must still do so on a wider, flatter grid.
    grid = torch.arange(4.0).expand(4, 4).reshape(16, 1)
    positions = torch.cat([torch.tensor([[99.0]]), grid])
    fitted = fit_positions(positions, (2, 8))
    assert fitted[0].item() == 99
    rows = fitted[1:, 0].view(2, 8)
    assert torch.allclose(rows[0], rows[1], atol=1e-5)
    assert (rows.diff(dim=1) > 0).all()
    assert fit_positions(positions, (4, 4)) is positions


def test_an_input_size_that_cuts_patches_is_refused():
    with pytest.raises(ValueError, match='multiples of the 8 px patches'):
        make_encoder(image_size=(32, 36))


# Checkpoints


def test_a_checkpoint_holds_the_name_and_checksum_of_the_tower_but_no_weights(tmp_path):
    model = nn.Sequential(make_encoder(seed=5))
    state = model.state_dict()
    assert list(state) == ['0.identity']
    assert b'random, seed 5' in state['0.identity'].numpy().tobytes()
    save_file(state, tmp_path / 'model.safetensors')
    model.load_state_dict(load_file(tmp_path / 'model.safetensors'), strict=True)
    model.load_state_dict({}, strict=True)


def test_a_checkpoint_made_with_another_encoder_is_refused():
    state = nn.Sequential(make_encoder(seed=5)).state_dict()
    with pytest.raises(ValueError, match=r'random, seed 5.*the model has .*random, seed 6'):
        nn.Sequential(make_encoder(seed=6)).load_state_dict(state)


def test_a_checkpoint_names_a_weights_file_without_its_folder(tmp_path):
    path = tmp_path / 'clip.safetensors'
    save_file(tower_state(make_encoder()), path)
    assert ClipImageEncoder(TINY, pretrained=str(path)).identity['pretrained'] == path.name


def test_the_real_vit_b_32_builds_at_its_known_sizes():
    encoder = ClipImageEncoder(
        'ViT-B-32', pretrained=None, allow_random=True, pooling={'kernel': 'inf'}
    )
    assert (encoder.image_size, encoder.grid_size, encoder.embed_dim) == ((224, 224), (7, 7), 768)
    assert encoder([make_photo()]).shape == (1, 1, 768)
    # 86 M of the 151 M parameters of the whole model: the text tower was not built.
    size = sum(weight.numel() for weight in encoder.tower.parameters())
    assert 85e6 < size < 88e6
    assert encoder.mean.flatten().tolist() == pytest.approx([0.48145466, 0.4578275, 0.40821073])
