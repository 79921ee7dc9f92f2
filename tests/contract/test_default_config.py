"""The config of the embedded default equals the bases that its parts are trained with."""

from __future__ import annotations

from pathlib import Path

from mmengine.config import Config

from pipeline.spotter import DEFAULT_CONFIG

CONFIGS = Path(__file__).parents[2] / 'configs'
DEFAULT = Config.fromfile(DEFAULT_CONFIG).model.to_dict()


def without_losses(detector: dict) -> dict:
    """The parts of a DBNet that reading uses, without thresholds and the type of preprocessor."""
    preprocessor = {k: v for k, v in detector['data_preprocessor'].items() if k != 'type'}
    head = {'in_channels': detector['det_head']['in_channels']}
    return {**detector, 'data_preprocessor': preprocessor, 'det_head': head}


def test_default_detector_equals_its_base() -> None:
    base = Config.fromfile(CONFIGS / '_base_' / 'ppocrv6-small-det.py').model.to_dict()
    assert without_losses(DEFAULT['detector']['detector']) == without_losses(base)


def test_default_recognizer_equals_its_base() -> None:
    config = Config.fromfile(CONFIGS / '_base_' / 'ppocrv6-small.py')
    base, ours = config.model.to_dict(), DEFAULT['recognizer']
    for decoder in (base['decoder'], ours['decoder']):
        decoder['dictionary'].pop('dict_file')  # paths relative to each config
        for name in ('language_model', 'lm_weight', 'rescore_below'):
            decoder.pop(name, None)
    assert ours == base
    assert DEFAULT['rectifier'] == config.rectifier.to_dict()
