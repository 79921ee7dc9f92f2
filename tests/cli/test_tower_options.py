"""``--tower`` and ``--pretrained``."""

from __future__ import annotations

from pathlib import Path

import pytest
from mmengine.config import Config

from pipeline.cli import extract_context, infer, train
from pipeline.cli.common import CommandError
from pipeline.cli.tower_options import set_tower

DEMO = Path(__file__).parents[2] / 'data' / 'demo' / 'scene.jpg'
CONFIG = 'recognition/parseq-tiny_clip-vit-b32_mhca-early_scenes'


def make_config(**changes: object) -> Config:
    encoder = {
        'type': 'ClipImageEncoder', 'arch': 'ViT-B-32', 'pretrained': 'openai',
        'pooling': {'kernel': 2}, **changes,
    }  # fmt: skip
    return Config({'model': {'recognizer': {'context_encoder': encoder}}})


def encoder_of(config: Config) -> dict:
    return config.model.recognizer.context_encoder.to_dict()


def test_set_tower_changes_the_encoder_and_keeps_its_pooling():
    config = make_config(quick_gelu=True, checksum='12345678')
    set_tower(config, 'ViT-B-16', 'openai')
    assert encoder_of(config) == {
        'type': 'ClipImageEncoder', 'arch': 'ViT-B-16', 'pretrained': 'openai',
        'pooling': {'kernel': 2},
    }  # fmt: skip


def test_set_tower_without_options_changes_nothing():
    config = make_config(quick_gelu=True)
    set_tower(config, None, None)
    assert encoder_of(config) == encoder_of(make_config(quick_gelu=True))


def test_embedded_tower_needs_no_pretrained():
    config = make_config()
    set_tower(config, 'clipter-lite0', None)
    assert encoder_of(config)['pretrained'] == 'embedded'


def test_pretrained_file_replaces_random_weights(tmp_path):
    file = tmp_path / 'clip.safetensors'
    file.write_bytes(b'0')
    config = make_config(pretrained=None, allow_random=True, seed=3)
    set_tower(config, None, str(file))
    assert encoder_of(config)['pretrained'] == str(file)
    assert not {'allow_random', 'seed'} & set(encoder_of(config))


@pytest.mark.parametrize(
    ('tower', 'pretrained', 'message'),
    [
        ('ViT-B-16', None, r'--tower ViT-B-16 requires --pretrained.*openai'),
        (None, 'opnai', r'--pretrained opnai: neither a file nor a tag.*openai'),
        (None, 'no/clip.safetensors', r'--pretrained no/clip.safetensors: no such file'),
        (
            'clipter-lite0',
            'openai',
            r'neither a file nor a tag of --tower clipter-lite0 \(embedded',
        ),
    ],
)
def test_wrong_weights_name_the_option(tower, pretrained, message):
    with pytest.raises(CommandError, match=message):
        set_tower(make_config(), tower, pretrained)


def test_config_without_context_is_an_error():
    with pytest.raises(CommandError, match='require a config with scene context'):
        set_tower(Config({'model': {'type': 'TextSpotter'}}), 'clipter-lite0', None)


@pytest.mark.parametrize('command', [train, extract_context])
def test_command_names_a_missing_weights_file(command, tmp_path, capsys):
    out = ['--work-dir', str(tmp_path)] if command is train else ['--out', str(tmp_path)]
    assert command.main([CONFIG, '--pretrained', 'no/clip.safetensors', *out]) == 2
    assert 'error: --pretrained no/clip.safetensors: no such file' in capsys.readouterr().err


def test_infer_with_a_tower_requires_a_config_with_context(tmp_path, capsys):
    assert infer.main([str(DEMO), '--tower', 'clipter-lite0', '--out', str(tmp_path)]) == 2
    assert '--tower and --pretrained require a config with scene context' in capsys.readouterr().err


def test_infer_rejects_a_tower_with_context_off(tmp_path, capsys):
    options = ['--context', 'off', '--tower', 'clipter-lite0', '--out', str(tmp_path)]
    assert infer.main([str(DEMO), '--config', CONFIG, *options]) == 2
    assert '--context off uses no tower' in capsys.readouterr().err
