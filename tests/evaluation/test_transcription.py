from __future__ import annotations

import pytest

from pipeline.evaluation.transcription import spotted, texts_match, vocabulary_word


@pytest.mark.parametrize(
    ('gt_text', 'predicted', 'agree', 'reason'),
    [
        ('Hello', 'hELLO', True, 'case does not count'),
        ('hello!', 'hello', True, 'one special character may be missing at the end'),
        ('(hello', 'hello', True, 'and at the start'),
        ('(hello)', 'hello', True, 'and at both'),
        ('(hello)', 'hello)', True, 'at one end only'),
        ('hello!!', 'hello', False, 'but only one a side'),
        ('hello!!', 'hello!', True, 'so one of two may stay'),
        ('hello', 'hello!', False, 'the prediction is taken as it is'),
        ('-hello', 'hello', False, 'a hyphen is no special character'),
        (' hello', 'hello', False, 'nor is a blank'),
        ("it's", 'its', False, 'inside a word nothing is forgiven'),
        ('"', '', True, 'a lone special character may be missing'),
        ('', '', True, 'nothing is nothing'),
        ('', 'a', False, 'nothing is not a word'),
    ],
)
def test_texts_match_edge_ignores_one_character_per_end(
    gt_text: str, predicted: str, agree: bool, reason: str
) -> None:
    assert texts_match(gt_text, predicted) is agree, reason


@pytest.mark.parametrize(
    ('gt_text', 'predicted', 'agree'),
    [
        ('hello!!', 'hello', True),
        ('hello', '"hello".', True),
        ('((hello', 'hello))', True),
        ('hel.lo', 'hello', False),
        ('-hello', 'hello', False),
        ('!?', '', True),
    ],
)
def test_texts_match_all_strips_both_texts(gt_text: str, predicted: str, agree: bool) -> None:
    assert texts_match(gt_text, predicted, strip='all') is agree


def test_texts_match_rejects_an_unknown_rule() -> None:
    with pytest.raises(ValueError, match="'edge' or 'all', got 'both'"):
        texts_match('a', 'b', strip='both')  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ('text', 'word', 'reason'),
    [
        ("Joe's", 'Joe', 'a possessive ending goes'),
        ("JOE'S", 'JOE', 'in capitals too'),
        ('-stop-', 'stop', 'outer hyphens go'),
        ('hi-tec', 'hi-tec', 'inner hyphens stay'),
        ('"word".', 'word', 'outer punctuation goes'),
        ('no', None, 'too short'),
        ("it's", None, 'too short without its ending'),
        ('A.B', None, 'punctuation inside makes two words'),
        ('two words', None, 'two words'),
        ('route66', None, 'digits are not spotted'),
        ('a&b', None, 'nor are symbols'),
        ('CAFÉ', 'CAFÉ', 'accented Latin letters are'),
        ('Ωμέγα', 'Ωμέγα', 'and Greek ones'),
        ('Привет', None, 'Cyrillic ones are not'),
        ('ab×cd', None, 'the multiplication sign is among the letters but is not a letter'),
        ('', None, 'nothing'),
    ],
)
def test_vocabulary_word_cleans_or_rejects(text: str, word: str | None, reason: str) -> None:
    assert vocabulary_word(text) == word, reason


def test_vocabulary_word_min_length() -> None:
    assert vocabulary_word('no', min_length=2) == 'no'
    assert vocabulary_word('word', min_length=5) is None


def test_spotted_ignores_only_case() -> None:
    assert spotted('Joe', 'JOE')
    assert not spotted('Joe', 'Joe!')
