from __future__ import annotations

import numpy as np
import pytest

from pipeline.visualization.draw_readings import draw_readings

CROP = np.full((32, 128, 3), (255, 0, 0), dtype=np.uint8)


def reds(sheet: np.ndarray) -> int:
    b, g, r = (sheet[..., i].astype(int) for i in range(3))
    return int(((r > 150) & (g < 60) & (b < 60)).sum())


def test_draw_readings_marks_wrong_texts_red():
    assert reds(draw_readings([CROP], ['open'], ['open'])) == 0
    assert reds(draw_readings([CROP], ['open'], ['0pen'])) > 20


def test_draw_readings_lays_out_rows():
    one, five = draw_readings([CROP], ['a'], ['a']), draw_readings([CROP] * 5, 'aaaaa', 'aaaaa')
    assert five.shape == (2 * one.shape[0], one.shape[1], 3)
    assert (five == (255, 0, 0)).all(2).sum() == 5 * (one == (255, 0, 0)).all(2).sum()


def test_draw_readings_puts_the_image_above():
    photo = np.full((720, 1280, 3), (0, 255, 0), dtype=np.uint8)
    sheet = draw_readings([CROP], ['a'], ['a'], photo)
    assert (sheet[:300] == (0, 255, 0)).all(2).any(1).all()
    assert not (sheet[-90:] == (0, 255, 0)).all(2).any()


def test_draw_readings_cuts_long_texts_and_marks_empty_texts():
    sheet = draw_readings([CROP, CROP], ['a', 'a'], ['W' * 200, ''], columns=2)
    assert (sheet[70:, 250:262] == 255).all()
    assert reds(sheet[:, 262:]) > 20


def test_draw_readings_rejects_different_counts():
    with pytest.raises(ValueError, match='1 crops, 2 ground-truth'):
        draw_readings([CROP], ['a', 'b'], ['a'])


def test_draw_readings_shows_scores_before_texts():
    plain = draw_readings([CROP], ['open'], ['0pen'])
    scored = draw_readings([CROP], ['open'], ['0pen'], scores=[0.25])
    assert scored.shape == plain.shape
    assert reds(scored) > reds(plain)
    with pytest.raises(ValueError, match='wanted one score per crop, got 2 for 1 crops'):
        draw_readings([CROP], ['open'], ['0pen'], scores=[0.25, 0.5])
