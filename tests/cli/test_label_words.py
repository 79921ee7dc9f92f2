"""``clipter label-words``: texts only for words that are read confidently twice."""

from __future__ import annotations

import json
from types import SimpleNamespace

import pytest

from pipeline.cli import label_words


def reading(text: str, *scores: float) -> SimpleNamespace:
    return SimpleNamespace(item=text, score=list(scores))


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
