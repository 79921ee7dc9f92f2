"""Context cache: reading, rejected inputs, interrupted runs."""

from __future__ import annotations

import json
import pickle
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import torch
from safetensors.torch import save_file

from pipeline.clipter.cache.cached_context_encoder import CachedContextEncoder
from pipeline.clipter.cache.context_cache import ContextCache, photo_key
from pipeline.clipter.cache.context_cache_writer import ContextCacheWriter

PHOTO = photo_key(b'a photo', None)
TOKENS = torch.randn(5, 4)


def encoder(**differs: Any) -> SimpleNamespace:
    """The attributes of a context encoder that the cache reads."""
    fingerprint = {
        'arch': 'ViT-B-32', 'checksum': 'a' * 64, 'image_size': [224, 224], 'pooling': 2,
        'mean': [0.5, 0.5, 0.5], **differs,
    }  # fmt: skip
    identity = {
        'arch': 'ViT-B-32', 'pretrained': 'openai', 'checksum': fingerprint['checksum'],
        'quick_gelu': 'True',
    }  # fmt: skip
    return SimpleNamespace(fingerprint=fingerprint, identity=identity, embed_dim=4, num_tokens=5)


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    with ContextCacheWriter(tmp_path / 'cache', encoder()) as writer:
        writer.add(PHOTO, TOKENS)
    return tmp_path / 'cache'


def test_context_cache_returns_tokens_as_float16(directory):
    cache = ContextCache(directory)
    assert PHOTO in cache and len(cache) == 1
    assert (cache.num_tokens, cache.embed_dim) == (5, 4)
    assert torch.equal(cache.read(PHOTO, 'a.jpg'), TOKENS.half())


def test_photo_key_depends_on_bytes_and_native_size():
    keys = {
        photo_key(b'a', None), photo_key(b'b', None),
        photo_key(b'a', (720, 1280)), photo_key(b'a', (640, 960)),
    }  # fmt: skip
    assert len(keys) == 4
    assert photo_key(b'a', None) == photo_key(b'a', None)


def test_read_names_a_missing_image_and_the_command_to_add_it(directory):
    with pytest.raises(ValueError, match=r'street/b\.jpg.*clipter extract-context'):
        ContextCache(directory).read(photo_key(b'another', None), 'street/b.jpg')


def test_context_cache_without_header_names_the_command(tmp_path):
    with pytest.raises(ValueError, match='extract-context'):
        ContextCache(tmp_path)


@pytest.mark.parametrize(
    ('differs', 'said'),
    [
        ({'arch': 'ViT-B-16'}, "arch is 'ViT-B-32' in the cache, 'ViT-B-16' in the model"),
        ({'checksum': 'b' * 64}, 'checksum is'),
        ({'image_size': (336, 336)}, r'image_size is \[224, 224\]'),
        ({'pooling': 'inf'}, "pooling is 2 in the cache, 'inf' in the model"),
    ],
)
def test_context_cache_rejects_another_encoder(directory, differs, said):
    with pytest.raises(ValueError, match=said):
        ContextCache(directory).check(encoder(**differs).fingerprint)
    with pytest.raises(ValueError, match=said):
        ContextCacheWriter(directory, encoder(**differs))


def test_check_treats_tuples_and_lists_as_equal(directory):
    cache = ContextCache(directory)
    assert cache.check(encoder(image_size=(224, 224)).fingerprint) is None


def test_context_cache_rejects_a_shard_of_another_encoder(directory, tmp_path):
    with ContextCacheWriter(tmp_path / 'other', encoder(arch='RN50')) as writer:
        writer.add(photo_key(b'other', None), TOKENS)
    (shard,) = (tmp_path / 'other').glob('tokens-*')
    shard.rename(directory / shard.name)
    with pytest.raises(ValueError, match="arch is 'RN50'"):
        ContextCache(directory)


def test_context_cache_names_a_broken_shard(directory):
    (directory / 'tokens-broken.safetensors').write_bytes(b'half of a')
    with pytest.raises(ValueError, match=r'tokens-broken\.safetensors'):
        ContextCache(directory)


def test_context_cache_ignores_other_files(directory):
    save_file({'x': TOKENS}, directory / 'model.safetensors')
    assert len(ContextCache(directory)) == 1


def test_writer_keeps_images_added_before_an_error(tmp_path):
    keys = [photo_key(bytes([i]), None) for i in range(5)]
    with (
        pytest.raises(RuntimeError),
        ContextCacheWriter(tmp_path, encoder(), shard_photos=2) as writer,
    ):
        for key in keys[:3]:
            writer.add(key, TOKENS)
        raise RuntimeError('the power went')
    assert len(ContextCache(tmp_path)) == 3
    with ContextCacheWriter(tmp_path, encoder(), shard_photos=2) as writer:
        assert [key in writer for key in keys] == [True] * 3 + [False] * 2
        writer.add(keys[3], TOKENS)
    assert len(ContextCache(tmp_path)) == 4
    assert not list(tmp_path.glob('.*'))  # no temporary file is left


def test_writer_rejects_wrong_shape_and_float16_overflow(tmp_path):
    with ContextCacheWriter(tmp_path, encoder()) as writer:
        with pytest.raises(ValueError, match=r'\(5, 4\), got \(4, 4\)'):
            writer.add(PHOTO, TOKENS[:4])
        with pytest.raises(ValueError, match='half precision'):
            writer.add(PHOTO, TOKENS + 1e6)


def test_context_cache_can_be_pickled_while_open(directory):
    cache = ContextCache(directory)
    cache.read(PHOTO, 'a.jpg')
    assert torch.equal(pickle.loads(pickle.dumps(cache)).read(PHOTO, 'a.jpg'), TOKENS.half())


def test_context_cache_names_a_broken_header(directory):
    header = directory / 'context_cache.json'
    header.write_text(header.read_text()[:40])
    with pytest.raises(ValueError, match=r'context_cache\.json'):
        ContextCache(directory)
    header.write_text(json.dumps({'fingerprint': {}}))
    with pytest.raises(ValueError, match='not the header'):
        ContextCache(directory)


# CachedContextEncoder


def test_cached_encoder_has_token_sizes_but_no_weights(directory):
    stand_in = CachedContextEncoder(str(directory))
    assert (stand_in.embed_dim, stand_in.num_tokens) == (4, 5)
    assert list(stand_in.parameters()) == []
    with pytest.raises(ValueError, match='no tower'):
        stand_in([])


def test_cached_encoder_checkpoint_rejects_another_encoder(directory, tmp_path):
    state = CachedContextEncoder(str(directory)).state_dict()
    CachedContextEncoder(str(directory)).load_state_dict(state)
    with ContextCacheWriter(tmp_path / 'other', encoder(checksum='b' * 64)):
        pass
    with pytest.raises(ValueError, match='openai'):
        CachedContextEncoder(str(tmp_path / 'other')).load_state_dict(state)
