"""Blocks found in synthetic images, counted by hand."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest
from toy_report_scenes import GHOST, LOW, TALL, write_scenes
from toy_scenes import instance, write_set
from toy_spotter import BLUE_STEP, draw_photo, make_toy

from pipeline.analysis.detector.findings import box_threshold, boxes_from, find_words
from pipeline.analysis.detector.measurement import measure_detector
from pipeline.analysis.detector.scoring import choose_line_format
from pipeline.analysis.detector.tables import miss_table, recall_tables, score_table, shape_table
from pipeline.analysis.detector.textless import find_false_words, most_false_first
from pipeline.analysis.detector.worst_images import find_worst
from pipeline.analysis.gt_images import GtImage, GtWord, read_gt_images
from pipeline.io import ImageReadError, iter_inputs


@pytest.fixture
def measured(tmp_path):
    photos = read_gt_images([write_scenes(tmp_path)], keep_empty=True)
    return measure_detector(make_toy(), photos)


def test_find_words_spotter_keeps_scored_texts():
    image = draw_photo(('a', TALL), ('b', LOW))
    image[70:90, 10:90] = (BLUE_STEP // 2, 60, 0)  # an a of score 60 / 255 * 0.9 = 0.21
    image[70:90, 110:190] = 0  # reads as nothing
    found = find_words(make_toy(min_score=0.5), image)
    assert len(found['detector']) == 4
    assert found['detector'].confidences == pytest.approx([0.9] * 4)
    assert sorted(found['spotter'].texts) == ['a', 'b']
    assert found['spotter'].confidences == pytest.approx([0.9 * 200 / 255] * 2)


def test_find_words_removes_its_hook():
    spotter = make_toy()
    find_words(spotter, draw_photo(('a', TALL)))
    assert not spotter.detector._forward_hooks


def test_measure_detector_counts_by_the_protocol(measured):
    # Four gt words count, three are found; of five boxes one lies in the ignored word.
    score = measured.stages['detector'].scores['detection'].score
    assert (score.matched, score.gt_care, score.det_care) == (3, 4, 4)
    assert '| detection, detector only | 0.750 | 0.750 | 0.750 [' in score_table(measured)
    end_to_end = measured.stages['spotter'].scores['e2e'].score
    assert end_to_end.matched == 3


def test_recall_tables_contain_recall_by_height(measured):
    table = recall_tables(measured.tally)
    assert '| 32 to under 48 px | 2 | 1.000 | 1.000 |' in table
    assert '| 16 to under 24 px | 1 | 0.000 | 0.000 |' in table
    assert '| 8 to under 12 px | 1 | 1.000 | 1.000 |' in table
    assert '| 64 px and more | 0 | - | - |' in table
    assert '| 0 to under 5 degrees | 4 | 0.750 | 0.750 |' in table


def test_shape_table_counts_quads_as_straight(measured):
    table = shape_table(measured.tally)
    assert '| straight | 4 | 0.750 | 1.000 | 0.750 | 1.000 |' in table
    assert '| curved | 0 | - | - | - | - |' in table


def test_miss_table_counts_a_word_without_box(measured):
    table = miss_table(measured.tally)
    assert '| no box covers a tenth of the word or more | 1 | 25.0 % |' in table
    assert '| missed by the spotter | 1 | 25.0 % |' in table


def test_miss_table_counts_words_dropped_after_recognition(tmp_path):
    photos = read_gt_images([write_scenes(tmp_path)], keep_empty=True)
    table = miss_table(measure_detector(make_toy(min_score=0.9), photos).tally)
    assert '| missed by the detector | 1 | 25.0 % |' in table
    assert (
        '| found, but dropped after recognition (empty, or below min_score) | 3 | 75.0 % |' in table
    )
    assert '| missed by the spotter | 4 | 100.0 % |' in table


def test_find_worst_sorts_by_errors(measured):
    (worst,) = find_worst(measured, 10)  # the others have none
    assert worst.index == 0
    assert worst.counts == {
        'matched': 1, 'missed': 1, 'misread': 0, 'spurious': 1, 'dont_care': 2,
    }  # fmt: skip


def test_choose_line_format_is_polygon_for_curved_words():
    def photo(points: int) -> GtImage:
        return GtImage(None, [GtWord(np.zeros((points, 2), np.float32), 'a')])  # type: ignore

    assert choose_line_format([photo(4), photo(4)]) == 'quad'
    assert choose_line_format([photo(4), photo(6)]) == 'polygon'


def test_find_false_words_counts_words_of_textless_images(tmp_path):
    photos = {'clean.png': draw_photo(), 'sign.png': draw_photo(('a', TALL), ('g', GHOST))}
    write_set(tmp_path, [], photos)
    results = find_false_words(make_toy(min_score=0.8), iter_inputs([tmp_path]))
    assert [result.count('detector') for result in results] == [0, 2]
    assert [result.count('spotter') for result in results] == [0, 0]
    assert [result.item.name for result in most_false_first(results)] == ['sign']


def test_measure_detector_rejects_an_unreadable_image(tmp_path):
    annotation = write_scenes(tmp_path)
    (tmp_path / 'two.png').write_text('no image')
    with pytest.raises(ImageReadError, match=r'two\.png'):
        measure_detector(make_toy(), read_gt_images([annotation]))


def test_measure_detector_rejects_data_with_only_ignored_words(tmp_path):
    word = instance('###', TALL) | {'ignore': True}
    folder = write_set(
        tmp_path, [{'img_path': 'a.png', 'instances': [word]}], {'a.png': draw_photo()}
    )
    photos = read_gt_images([folder / 'annotation.json'])
    with pytest.raises(ValueError, match='wanted words to find, got 1 that are all ignored'):
        measure_detector(make_toy(), photos)


def test_boxes_from_restores_the_threshold():
    postprocessor = SimpleNamespace(min_text_score=0.6)
    inner = SimpleNamespace(det_head=SimpleNamespace(postprocessor=postprocessor))
    spotter = SimpleNamespace(
        detector=SimpleNamespace(detector=inner, pyramid=SimpleNamespace(min_score=0.1))
    )
    assert box_threshold(spotter) == 0.6
    with boxes_from(spotter, 0.2):
        assert (postprocessor.min_text_score, spotter.detector.pyramid.min_score) == (0.2, 0.2)
    assert (postprocessor.min_text_score, spotter.detector.pyramid.min_score) == (0.6, 0.1)


def test_boxes_from_rejects_a_detector_without_threshold():
    assert box_threshold(make_toy()) is None
    with (
        pytest.raises(ValueError, match='BlockDetector has no min_text_score'),
        boxes_from(make_toy(), 0.2),
    ):
        pass
