"""Scene context that is added to a plain recognizer, with its weights in a file of their own."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from mmengine.registry import DefaultScope
from tiny_towers import TINY, make_photo

from pipeline import embedded_context
from pipeline.cli import pack_fusion
from pipeline.embedded_context import default_with_context, with_context
from pipeline.recognition.crop_reader import read_crops
from pipeline.registry import MODELS
from pipeline.spotter_choice import SpotterChoice

DICTIONARY = Path(__file__).parents[1] / 'data' / 'dicts' / 'ascii94.txt'
ENCODER = dict(type='ClipImageEncoder', arch=TINY, pretrained=None, allow_random=True)
FUSION = dict(type='GatedAttention', embed_dim=16)


def make_plain() -> torch.nn.Module:
    with DefaultScope.overwrite_default_scope('mmocr'):
        return MODELS.build(
            dict(
                type='EncoderDecoderRecognizer',
                data_preprocessor=dict(type='CropDataPreprocessor', bgr_to_rgb=False),
                backbone=dict(
                    type='PPLCNetV4', stem_channels=8, widths=(8, 16), depths=(1, 1),
                    squeeze_excitation=((), ()), strides=((2, 1),), pool=(4, 2),
                ),
                encoder=dict(type='LightSVTREncoder', in_channels=16, embed_dim=16, num_heads=2),
                decoder=dict(
                    type='CTCDecoder', embed_dim=16,
                    dictionary=dict(
                        type='Dictionary', dict_file=str(DICTIONARY), with_padding=True
                    ),
                ),
            )
        ).eval()  # fmt: skip


def write_config(folder: Path, **encoder: object) -> Path:
    model = dict(
        type='ContextRecognizer', context_encoder={**ENCODER, **encoder}, fusion=FUSION,
        stage='early', train_recognizer=False,
    )  # fmt: skip
    path = folder / 'context.py'
    path.write_text(f'model = {model!r}\n')
    return path


@pytest.fixture
def trained(tmp_path) -> Path:
    """A checkpoint whose gate is open, packed beside its config."""
    with DefaultScope.overwrite_default_scope('mmocr'):
        model = MODELS.build(
            dict(
                type='ContextRecognizer', recognizer=make_plain(), context_encoder=ENCODER,
                fusion=FUSION,
            )
        )  # fmt: skip
    torch.nn.init.normal_(model.fusion.value.weight, std=3.0)
    torch.nn.init.constant_(model.fusion.gate.alpha, 0.5)
    torch.save({'state_dict': model.state_dict()}, tmp_path / 'iter_1.pth')
    assert (
        pack_fusion.main(
            [str(tmp_path / 'iter_1.pth'), '--out', str(tmp_path / 'fusion.safetensors')]
        )
        == 0
    )
    return write_config(tmp_path)


def read(recognizer: torch.nn.Module, tokens: torch.Tensor | None = None) -> list[float]:
    crops = [make_photo(48, 96, seed) for seed in range(3)]
    return [r.score for r in read_crops(recognizer, crops, tokens, [0, 0, 0])]


def test_with_context_off_reads_bit_for_bit_as_before(trained):
    plain = make_plain()
    before = read(plain)
    recognizer = with_context(plain, trained, trained.with_name('fusion.safetensors'))
    assert read(recognizer) == before
    tokens = recognizer.encode_images([make_photo()])
    assert recognizer.fusion.gate.openness == pytest.approx(0.462, abs=1e-3)
    assert read(recognizer, tokens) != before


def test_with_context_rejects_another_tower(trained, tmp_path):
    with pytest.raises(ValueError, match='context encoder'):
        with_context(make_plain(), write_config(tmp_path, seed=1), tmp_path / 'fusion.safetensors')


def test_with_context_without_weights_names_the_command(tmp_path):
    with pytest.raises(FileNotFoundError, match='clipter pack-fusion'):
        with_context(make_plain(), write_config(tmp_path), tmp_path / 'fusion.safetensors')


def test_default_with_context_rejects_onnx():
    with pytest.raises(ValueError, match='runs in torch'):
        default_with_context('cpu', 'onnx')


def test_pack_fusion_rejects_a_plain_recognizer(tmp_path, capsys):
    torch.save({'state_dict': make_plain().state_dict()}, tmp_path / 'plain.pth')
    status = pack_fusion.main([str(tmp_path / 'plain.pth'), '--out', str(tmp_path / 'out')])
    assert status == 2
    assert 'has no fusion' in capsys.readouterr().err


def test_spotter_choice_reports_a_missing_fusion_before_anything_is_built(monkeypatch, tmp_path):
    weights = tmp_path / 'fusion.safetensors'
    monkeypatch.setattr(embedded_context, 'CONTEXT_WEIGHTS', weights)
    monkeypatch.setattr(embedded_context.check_embedded_context, '__defaults__', ('auto', weights))
    choice = SpotterChoice(context=True)
    assert choice.runs_in_torch
    with pytest.raises(FileNotFoundError, match='is not in this installation'):
        choice.check()
    with pytest.raises(ValueError, match='runs in torch'):
        SpotterChoice(context=True, engine='onnx').check()
    weights.touch()
    choice.check()
