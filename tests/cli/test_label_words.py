"""``clipter label-words``: texts only for words that are read confidently twice."""

from __future__ import annotations

import json
import math

import numpy as np
import pytest
from mmengine.structures import LabelData

from pipeline.cli import label_words
from pipeline.recognition.ctc_reader import Reading
from pipeline.rectification import Rectifier


def reading(text: str, *scores: float) -> Reading:
    return Reading(text, list(scores), math.prod(scores) if text else 0.0)


SURE = reading('abc', 0.99, 0.98, 0.99)


@pytest.mark.parametrize(
    ('tight', 'loose', 'label'),
    [
        (SURE, SURE, 'abc'),
        (SURE, reading('abd', 0.99, 0.99, 0.99), None),  # the readings differ
        (SURE, reading('abc', 0.99, 0.99, 0.6), None),  # one character is improbable
        (reading('abc', 0.9, 0.9, 0.9), SURE, None),  # all are a little
        (reading(''), reading(''), None),
        (reading('a b', 0.99, 0.99, 0.99), reading('a b', 0.99, 0.99, 0.99), None),  # two words
    ],
)
def test_label_words_agrees_on_sure_words_only(tight, loose, label) -> None:
    assert label_words._agree(tight, loose) == label


def test_label_words_names_a_missing_checkpoint(tmp_path, capsys) -> None:
    (tmp_path / 'textdet.json').write_text(json.dumps({'metainfo': {}, 'data_list': []}))
    arguments = ['configs/_base_/ppocrv6-small.py', str(tmp_path / 'none.pth')]
    arguments += ['--data', str(tmp_path / 'textdet.json'), '--out', str(tmp_path / 'out.json')]
    assert label_words.main(arguments) == 2
    assert 'none.pth' in capsys.readouterr().err
    assert not (tmp_path / 'out.json').exists()


def test_label_words_chooses_the_orientation_with_the_highest_score(monkeypatch) -> None:
    """The score is the probability of the text, as in the spotter, not the mean of characters."""
    candidates = [('abcdef', [0.9] * 6), ('a', [0.85]), ('', []), ('b', [0.2])]
    labels = [LabelData(item=text, score=scores) for text, scores in candidates]
    monkeypatch.setattr('pipeline.recognition.crop_reader.read_crops', lambda *_: labels)
    tall = np.array([[40, 10], [60, 10], [60, 90], [40, 90]], dtype=np.float32)
    image = np.zeros((100, 100, 3), np.uint8)
    (read,) = label_words._read(None, Rectifier(size=(32, 128)), image, [tall])
    assert read.text == 'a'
