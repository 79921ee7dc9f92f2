import hashlib
import re

import pytest
import torch
from safetensors.torch import save_file
from tiny_towers import TINY, make_encoder, make_photo, tower_state

from pipeline.clipter.encoder import ClipImageEncoder, open_clip_tower, tower_weights


def test_random_weights_need_allow_random():
    with pytest.raises(ValueError, match='allow_random=True'):
        ClipImageEncoder('ViT-B-32', pretrained=None)


def test_random_weights_depend_only_on_the_seed():
    state = torch.random.get_rng_state()
    first, again, other = make_encoder(seed=1), make_encoder(seed=1), make_encoder(seed=2)
    assert torch.equal(torch.random.get_rng_state(), state)
    photo = [make_photo()]
    assert torch.equal(first(photo), again(photo))
    assert not torch.equal(first(photo), other(photo))
    assert first.checksum == again.checksum != other.checksum


@pytest.mark.parametrize('kind', ['safetensors', 'pt', 'nested', 'half', 'tower only'])
def test_weights_are_loaded_from_a_local_file(kind, tmp_path):
    source = make_encoder(seed=3)
    state = tower_state(source, prefix='' if kind == 'tower only' else 'visual.')
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


def test_checksum_depends_on_the_weights_not_the_file(tmp_path):
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


def test_weights_with_a_wrong_checksum_are_rejected(tmp_path):
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


def test_weights_file_that_would_run_code_is_rejected(tmp_path, capsys):
    path = tmp_path / 'clip.pt'
    torch.save({'visual.conv1.weight': Bomb()}, path)
    with pytest.raises(ValueError, match='weights_only'):
        ClipImageEncoder(TINY, pretrained=str(path))
    assert 'ran code' not in capsys.readouterr().out


def test_weights_of_another_architecture_are_rejected(tmp_path):
    path = tmp_path / 'clip.safetensors'
    state = tower_state(make_encoder())
    del state['visual.ln_post.weight']
    save_file(state, path)
    with pytest.raises(ValueError, match=r'do not fit --tower(.|\n)*ln_post\.weight'):
        ClipImageEncoder(TINY, pretrained=str(path))


def test_unknown_pretrained_lists_the_tags():
    with pytest.raises(ValueError, match=r'neither a file nor a tag of ViT-B-32.*openai'):
        ClipImageEncoder('ViT-B-32', pretrained='opnai')


def test_unknown_architecture_lists_similar_names():
    with pytest.raises(ValueError, match="'ViT-B-16'"):
        ClipImageEncoder('ViT-B-33', pretrained=None, allow_random=True)


def test_tag_sets_activation_and_statistics(monkeypatch, tmp_path):
    path = tmp_path / 'clip.safetensors'
    save_file(tower_state(make_encoder()), path)
    fetched = {'quick_gelu': True, 'mean': (0.5, 0.5, 0.5), 'std': (0.25, 0.5, 1.0)}
    monkeypatch.setattr('open_clip.pretrained.get_pretrained_cfg', lambda arch, tag: fetched)
    monkeypatch.setattr(tower_weights, '_fetch', lambda *args: path)
    encoder = ClipImageEncoder(TINY, pretrained='some-tag')
    assert type(encoder.tower.transformer.resblocks[0].mlp.gelu).__name__ == 'QuickGELU'
    assert encoder.mean.flatten().tolist() == [0.5, 0.5, 0.5]
    assert encoder.std.flatten().tolist() == [0.25, 0.5, 1.0]


def test_weights_file_that_may_need_quick_gelu_warns(tmp_path):
    siblings = [{'quick_gelu': True}, {}]
    with pytest.warns(UserWarning, match='set quick_gelu'):
        chosen = open_clip_tower._choose_activation('ViT-B-32', {}, 'clip.pt', {}, siblings)
    assert chosen is False


def test_activation_and_statistics_can_be_set():
    encoder = make_encoder(quick_gelu=True, mean=(0, 0.1, 0.2), std=(1, 1, 0.5))
    assert type(encoder.tower.transformer.resblocks[0].mlp.gelu).__name__ == 'QuickGELU'
    assert encoder.mean.flatten().tolist() == pytest.approx([0, 0.1, 0.2])
    assert encoder.std.flatten().tolist() == [1, 1, 0.5]


def test_checksum_may_have_the_prefix_sha256(tmp_path):
    path = tmp_path / 'clip.safetensors'
    save_file(tower_state(make_encoder()), path)
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    assert ClipImageEncoder(TINY, str(path), checksum=f'sha256:{digest}').embed_dim == 32
    with pytest.raises(ValueError, match=rf'{digest}.*sha256:{"0" * 64}'):
        ClipImageEncoder(TINY, str(path), checksum=f'sha256:{"0" * 64}')
    with pytest.raises(ValueError, match='needs a weights file'):
        make_encoder(checksum=digest)


def test_batch_norm_counters_stay_integers(tmp_path):
    path = tmp_path / 'clip.safetensors'
    save_file({'bn1.num_batches_tracked': torch.tensor(3), 'w': torch.ones(2).half()}, path)
    state = tower_weights.read_tower_state(path)
    assert state['bn1.num_batches_tracked'].dtype == torch.int64
    assert state['w'].dtype == torch.float32
