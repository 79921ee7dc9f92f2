from __future__ import annotations

import cv2
import numpy as np
import pytest
import torch
from mmengine.structures import InstanceData
from mmocr.models.textdet.module_losses import DBModuleLoss
from mmocr.structures import TextDetDataSample

from pipeline.detection.word_gap_loss import WordGapDBModuleLoss

# Two words of a line, 20 px high and 8 px apart.
LEFT = (10, 20, 60, 20, 60, 40, 10, 40)
RIGHT = (68, 20, 118, 20, 118, 40, 68, 40)


def sample_of(*polygons: tuple[int, ...], ignored: tuple[bool, ...] = ()) -> TextDetDataSample:
    sample = TextDetDataSample(
        gt_instances=InstanceData(
            polygons=[np.array(polygon, dtype=np.float32) for polygon in polygons],
            ignored=torch.tensor(ignored or (False,) * len(polygons), dtype=torch.bool),
        )
    )
    sample.set_metainfo({'img_shape': (64, 128)})
    return sample


def predictions(logits: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    prob = logits.sigmoid()
    return logits, torch.full_like(prob, 0.3), prob


def logits_of(*boxes: tuple[int, int, int, int]) -> torch.Tensor:
    """Logits (1, 64, 128): text inside the boxes, background elsewhere."""
    logits = torch.full((1, 64, 128), -8.0)
    for x0, y0, x1, y1 in boxes:
        logits[0, y0:y1, x0:x1] = 8.0
    return logits


def test_draw_gaps_marks_gaps_without_kernels():
    gaps = WordGapDBModuleLoss().draw_gaps(sample_of(LEFT, RIGHT))
    assert gaps[30, 58:70].all()  # from kernel to kernel, over the middle of the height
    assert not gaps[30, 20:50].any()
    assert not gaps[:24].any() and not gaps[37:].any()


def test_loss_gap_is_higher_for_bridged_gaps():
    module_loss = WordGapDBModuleLoss(min_sidelength=4)
    parted, bridged = logits_of((16, 26, 54, 34), (74, 26, 112, 34)), logits_of((16, 26, 112, 34))
    losses = [
        module_loss(predictions(logits), [sample_of(LEFT, RIGHT)])['loss_gap']
        for logits in (parted, bridged)
    ]
    assert losses[0] < 0.01
    assert losses[1] > 5


def test_word_gap_loss_keeps_the_losses_of_dbnet():
    logits = logits_of((16, 26, 112, 34))
    ours = WordGapDBModuleLoss(min_sidelength=4)(predictions(logits), [sample_of(LEFT, RIGHT)])
    theirs = DBModuleLoss(min_sidelength=4)(predictions(logits), [sample_of(LEFT, RIGHT)])
    for name, value in theirs.items():
        torch.testing.assert_close(ours[name], value)


def test_draw_gaps_leaves_out_ignored_words():
    gaps = WordGapDBModuleLoss().draw_gaps(sample_of(LEFT, RIGHT, ignored=(False, True)))
    assert gaps[30, 60:66].all()
    assert not gaps[20:41, 68:118].any()


def test_draw_gaps_follows_a_tilted_word():
    turn = cv2.getRotationMatrix2D((64, 32), 30, 1)
    tilted = (np.array(LEFT).reshape(4, 2) + [29, 2]) @ turn[:, :2].T + turn[:, 2]
    gaps = WordGapDBModuleLoss().draw_gaps(sample_of(tuple(tilted.flatten())))
    ends = (tilted[[0, 1]] + tilted[[3, 2]]) / 2
    for x, y in np.round(ends).astype(int):
        assert gaps[y, x]
    x, y = np.round(tilted.mean(0)).astype(int)
    assert not gaps[y, x]


@pytest.mark.parametrize('polygons', [(), (LEFT,)])
def test_loss_gap_has_a_graph_without_words(polygons):
    logits = torch.zeros(1, 64, 128, requires_grad=True)
    losses = WordGapDBModuleLoss()(predictions(logits), [sample_of(*polygons)])
    sum(losses.values()).backward()
    assert torch.isfinite(logits.grad).all()
