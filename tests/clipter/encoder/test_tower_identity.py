import json

import pytest
import torch
from mmengine.runner import load_checkpoint, save_checkpoint
from mmengine.runner.checkpoint import get_state_dict, weights_to_cpu
from safetensors.torch import load_file, save_file
from tiny_towers import TINY, make_encoder, make_photo, tower_state
from torch import nn

from pipeline.clipter.encoder import ClipImageEncoder, clip_image_encoder
from pipeline.utils.checkpoint import load_weights, save_weights


def test_checkpoint_contains_tower_identity_but_no_weights(tmp_path):
    model = nn.Sequential(make_encoder(seed=5))
    state = model.state_dict()
    assert list(state) == ['0.identity']
    assert b'random, seed 5' in state['0.identity'].numpy().tobytes()
    save_file(state, tmp_path / 'model.safetensors')
    model.load_state_dict(load_file(tmp_path / 'model.safetensors'), strict=True)
    model.load_state_dict({}, strict=True)


def test_checkpoint_of_another_encoder_is_rejected():
    state = nn.Sequential(make_encoder(seed=5)).state_dict()
    with pytest.raises(ValueError, match=r'random, seed 5.*the model has .*random, seed 6'):
        nn.Sequential(make_encoder(seed=6)).load_state_dict(state)


def test_checkpoint_names_a_weights_file_without_its_folder(tmp_path):
    path = tmp_path / 'clip.safetensors'
    save_file(tower_state(make_encoder()), path)
    assert ClipImageEncoder(TINY, pretrained=str(path)).identity['pretrained'] == path.name


def write_file(path, seed: int = 3) -> str:
    save_file(tower_state(make_encoder(seed=seed)), path)
    return str(path)


def test_mismatch_message_names_both_encoders_and_the_fix(tmp_path):
    wanted = nn.Sequential(ClipImageEncoder(TINY, write_file(tmp_path / 'a.safetensors', 3)))
    here = nn.Sequential(ClipImageEncoder(TINY, write_file(tmp_path / 'b.safetensors', 4)))
    with pytest.raises(ValueError) as error:
        here.load_state_dict(wanted.state_dict())
    message = str(error.value)
    assert f"weights 'a.safetensors', checksum {wanted[0].checksum[:16]}" in message
    assert f"weights 'b.safetensors', checksum {here[0].checksum[:16]}" in message
    assert '--tower custom-' in message


def test_identity_ignores_the_name_of_the_weights(tmp_path):
    first = nn.Sequential(ClipImageEncoder(TINY, write_file(tmp_path / 'a.safetensors')))
    second = nn.Sequential(ClipImageEncoder(TINY, write_file(tmp_path / 'b.safetensors')))
    assert second.load_state_dict(first.state_dict()).missing_keys == []


def test_identity_depends_on_the_activation():
    state = nn.Sequential(make_encoder(quick_gelu=True)).state_dict()
    with pytest.raises(ValueError, match='quick_gelu=True'):
        nn.Sequential(make_encoder(quick_gelu=False)).load_state_dict(state)


def test_on_mismatch_warn_accepts_another_encoder():
    state = nn.Sequential(make_encoder(seed=5)).state_dict()
    model = nn.Sequential(make_encoder(seed=6, on_mismatch='warn'))
    with pytest.warns(UserWarning, match='random, seed 5'):
        model.load_state_dict(state)
    with pytest.raises(ValueError, match="'error' or 'warn'"):
        make_encoder(on_mismatch='ignore')


def test_checkpoint_without_identity_still_loads(tmp_path):
    model = nn.Sequential(make_encoder(), nn.Linear(2, 2))
    before = {key: value for key, value in model.state_dict().items() if 'identity' not in key}
    fresh = nn.Sequential(make_encoder(), nn.Linear(2, 2))
    assert fresh.load_state_dict(before, strict=True).missing_keys == []
    assert torch.equal(fresh[1].weight, model[1].weight)
    save_file(before, tmp_path / 'model.safetensors')
    fresh = nn.Sequential(make_encoder(), nn.Linear(2, 2))
    load_weights(fresh, tmp_path / 'model.safetensors')
    assert torch.equal(fresh[1].weight, model[1].weight)


@pytest.mark.parametrize('kind', ['safetensors', 'half', 'torch', 'mmengine'])
def test_identity_is_checked_in_every_checkpoint_format(kind, tmp_path):
    model = nn.Sequential(make_encoder(seed=5), nn.Linear(2, 2))
    path = tmp_path / ('model.safetensors' if kind in ('safetensors', 'half') else 'model.pth')
    if kind == 'torch':
        torch.save(model.state_dict(), path)
    elif kind == 'mmengine':
        save_checkpoint({'state_dict': weights_to_cpu(get_state_dict(model))}, str(path))
    else:
        save_weights(model, path, torch.float16 if kind == 'half' else None)
    assert path.stat().st_size < 4096  # the tower has 25,000 weights

    def load(target: nn.Module) -> None:
        if kind == 'mmengine':
            load_checkpoint(target, str(path), strict=True)
        elif kind == 'torch':
            target.load_state_dict(torch.load(path, weights_only=True))
        else:
            load_weights(target, path)

    fresh = nn.Sequential(make_encoder(seed=5), nn.Linear(2, 2))
    load(fresh)
    assert torch.allclose(fresh[1].weight, model[1].weight, atol=1e-3)
    with pytest.raises(ValueError, match='made with the context encoder'):
        load(nn.Sequential(make_encoder(seed=6), nn.Linear(2, 2)))


def test_mismatched_checkpoint_is_not_partially_loaded(tmp_path):
    save_weights(nn.Sequential(nn.Linear(2, 2), make_encoder(seed=5)), tmp_path / 'a.safetensors')
    other = nn.Sequential(nn.Linear(2, 2), make_encoder(seed=6))
    before = other[0].weight.clone()
    with pytest.raises(ValueError, match='made with the context encoder'):
        load_weights(other, tmp_path / 'a.safetensors')
    assert torch.equal(other[0].weight, before)


def test_identity_from_tensor_rejects_broken_data():
    model = nn.Sequential(make_encoder())
    for stored in (b'{"arch"', b'[]', b'{}'):
        with pytest.raises(ValueError, match='identity of a context encoder'):
            model.load_state_dict({'0.identity': torch.tensor(list(stored), dtype=torch.uint8)})


def test_fingerprint_changes_only_with_the_tokens():
    plain = make_encoder().fingerprint
    assert json.loads(json.dumps(plain)) == plain
    for changes in (
        {'seed': 1},
        {'image_size': 64},
        {'pooling': {'kernel': 2}},
        {'pooling': {'kernel': 'inf'}},
        {'quick_gelu': True},
        {'mean': (0, 0, 0)},
        {'std': (1, 1, 1)},
    ):
        assert make_encoder(**changes).fingerprint != plain, changes
    assert make_encoder(batch_size=1, on_mismatch='warn').fingerprint == plain


def test_checksum_is_computed_once_on_first_access(monkeypatch):
    calls = []
    monkeypatch.setattr(
        clip_image_encoder, 'hash_weights', lambda tower: calls.append(1) or 'a' * 64
    )
    encoder = make_encoder()
    encoder([make_photo()])
    assert calls == []
    assert encoder.checksum == encoder.fingerprint['checksum'] == encoder.identity['checksum']
    nn.Sequential(encoder).state_dict()
    assert calls == [1]


@pytest.mark.parametrize('convert', [lambda m: m.half(), lambda m: m.double().to('meta')])
def test_checksum_does_not_change_with_the_dtype_or_device(convert):
    encoder = make_encoder()
    convert(nn.Sequential(encoder))
    assert encoder.checksum == make_encoder().checksum
