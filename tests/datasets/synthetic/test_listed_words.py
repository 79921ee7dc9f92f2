"""Phrases of word lists."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from pipeline.cli import synthesize
from pipeline.datasets.synthetic.listed_words import LISTS, ListedWords
from pipeline.datasets.synthetic.words import CASES

CHARACTERS = Path(__file__).parents[3] / 'data' / 'dicts' / 'ppocrv6.txt'


def test_listed_words_draws_only_its_words() -> None:
    words = ListedWords(['東口', 'abc'])
    rng = np.random.default_rng(0)
    phrases = [words.draw(rng, case) for case in CASES for _ in range(20)]
    assert {word for phrase in phrases for word in phrase} == {'東口', 'abc'}
    assert {len(phrase) for phrase in phrases} == {1, 2}


@pytest.mark.parametrize('name', LISTS)
def test_lists_of_the_package_fit_the_multilingual_dictionary(name: str) -> None:
    known = set(CHARACTERS.read_text(encoding='utf-8'))
    words = ListedWords.of_files([name]).words
    assert len(set(words)) == len(words) >= 50
    assert all(set(word) <= known for word in words)


def test_listed_words_names_a_missing_file(tmp_path) -> None:
    with pytest.raises(FileNotFoundError, match='chinese or japanese'):
        ListedWords.of_files([str(tmp_path / 'klingon.txt')])


def test_synthesize_names_the_package_of_missing_fonts(tmp_path, capsys) -> None:
    words = tmp_path / 'words.txt'
    words.write_text('\U00013000\n', encoding='utf-8')  # a hieroglyph
    status = synthesize.main(
        ['--out', str(tmp_path / 'out'), '--count', '1', '--only-fonts', '--word-list', str(words)]
    )
    assert status == 2
    assert 'fonts-noto-cjk' in capsys.readouterr().err
