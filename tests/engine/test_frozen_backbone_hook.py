"""FrozenBackboneHook: the features of a frozen backbone are computed once."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
import torch
from torch import nn

from pipeline.engine import FrozenBackboneHook


class Backbone(nn.Conv2d):
    """One convolution that counts the crops it has seen."""

    seen = 0

    def forward(self, crops):
        self.seen += len(crops)
        return super().forward(crops)


def make_runner(value: float = 0.5, frozen: bool = True) -> SimpleNamespace:
    backbone = Backbone(3, 4, 3, stride=2)
    nn.init.constant_(backbone.weight, value)
    nn.init.constant_(backbone.bias, 0.25)
    backbone.requires_grad_(not frozen)
    model = nn.Module()
    model.backbone = backbone
    return SimpleNamespace(model=model)


def make_crops(count: int = 4, seed: int = 0) -> torch.Tensor:
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(count, 3, 8, 16, generator=generator)


def test_features_are_computed_once_in_all_trainings(tmp_path):
    crops = make_crops()
    for times in (4, 0):  # the second training finds the features of the first
        runner = make_runner()
        hook = FrozenBackboneHook(str(tmp_path))
        hook.before_train(runner)
        backbone = runner.model.backbone
        first, again = backbone(crops), backbone(crops[[2, 0]])
        assert backbone.seen == times
        torch.testing.assert_close(first, nn.Conv2d.forward(backbone, crops), rtol=1e-3, atol=1e-3)
        assert torch.equal(again, first[[2, 0]])
        hook.after_train(runner)


def test_other_weights_have_other_features(tmp_path):
    crops = make_crops()
    for value in (0.5, -0.5):
        runner = make_runner(value)
        hook = FrozenBackboneHook(str(tmp_path))
        hook.before_train(runner)
        backbone = runner.model.backbone
        wanted = nn.Conv2d.forward(backbone, crops)
        torch.testing.assert_close(backbone(crops), wanted, rtol=1e-3, atol=1e-3)
        hook.after_train(runner)


def test_a_crop_twice_in_a_batch_is_computed_once(tmp_path):
    runner = make_runner()
    FrozenBackboneHook(str(tmp_path)).before_train(runner)
    crops = make_crops(2)[[0, 1, 0]]
    features = runner.model.backbone(crops)
    assert runner.model.backbone.seen == 2
    assert torch.equal(features[0], features[2])


def test_validation_and_the_time_after_training_use_the_backbone(tmp_path):
    runner = make_runner()
    hook = FrozenBackboneHook(str(tmp_path))
    hook.before_train(runner)
    backbone, crops = runner.model.backbone, make_crops()
    backbone(crops)
    backbone.eval()
    backbone(crops)
    assert backbone.seen == 8
    backbone.train()
    hook.after_train(runner)
    assert torch.equal(backbone(crops), nn.Conv2d.forward(backbone, crops))


def test_a_trained_backbone_is_an_error(tmp_path):
    with pytest.raises(ValueError, match=r'needs a frozen backbone.*frozen_stages'):
        FrozenBackboneHook(str(tmp_path)).before_train(make_runner(frozen=False))


def test_a_norm_in_training_mode_is_an_error(tmp_path):
    runner = make_runner()
    runner.model.backbone.norm = nn.BatchNorm2d(4).requires_grad_(False)
    with pytest.raises(ValueError, match='norms or dropouts in training mode'):
        FrozenBackboneHook(str(tmp_path)).before_train(runner)
