"""The folder of experiments belongs to their settings."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from pipeline.analysis.experiments import Settings
from pipeline.analysis.experiments.experiments import claim_folder


def make_settings(folder: Path) -> Settings:
    return Settings(folder, 'clipter-lite0', 'embedded', (Path('cut'),), {'dev': Path('dev.json')})


def test_claim_folder_accepts_the_imagenet_control_later(tmp_path):
    settings = make_settings(tmp_path)
    claim_folder(settings)
    claim_folder(replace(settings, imagenet='imagenet.safetensors'))
    with pytest.raises(ValueError, match=r'other settings \(imagenet\)'):
        claim_folder(replace(settings, imagenet='another.safetensors'))


def test_claim_folder_rejects_other_iterations(tmp_path):
    claim_folder(make_settings(tmp_path))
    with pytest.raises(ValueError, match=r'other settings \(iters\)'):
        claim_folder(replace(make_settings(tmp_path), iters=10))
