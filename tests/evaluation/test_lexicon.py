from __future__ import annotations

import random
import string
import time
from pathlib import Path

import numpy as np
import pytest
from rapidfuzz.distance import Levenshtein

from pipeline.evaluation.lexicon import Lexicon
from pipeline.evaluation.lexicon_files import parse_lexicon, read_lexicon
from pipeline.evaluation.lexicon_rules import apply_lexicon, lexicon_rule
from pipeline.evaluation.lexicon_search import NearestWords
from pipeline.evaluation.weighted_edit_distance import weighted_edit_distance
from pipeline.evaluation.words import Words

QUAD = np.array([[0, 0], [80, 0], [80, 20], [0, 20]])


def drawn_words(count: int, seed: int, lengths: tuple[int, int] = (2, 12)) -> list[str]:
    rng = random.Random(seed)
    return [''.join(rng.choices('ABCDE', k=rng.randint(*lengths))) for _ in range(count)]


def scan(text: str, words: list[str], normalized: bool) -> tuple[int, float]:
    """Plain loop that defines the result: the first minimum in file order."""
    best_index, best = -1, np.inf
    for index, word in enumerate(words):
        distance = Levenshtein.distance(text, word)
        value = distance / max(len(text), len(word)) if normalized else distance
        if value < best:
            best_index, best = index, value
    return best_index, best


@pytest.mark.parametrize('normalized', [False, True], ids=['plain', 'normalized'])
def test_nearest_words_equals_a_scan_in_file_order(normalized: bool) -> None:
    words = drawn_words(400, seed=1)  # Only five letters, so there are many ties.
    texts = drawn_words(150, seed=2, lengths=(1, 16))

    index, distance = NearestWords(words).find(texts, normalized)

    assert list(zip(index, distance)) == [scan(text, words, normalized) for text in texts]


def test_nearest_words_is_ten_times_faster_than_a_scan() -> None:
    rng = random.Random(3)
    words = sorted(
        {''.join(rng.choices(string.ascii_uppercase, k=rng.randint(3, 12))) for _ in range(20_000)}
    )
    texts = [''.join(rng.sample(word, len(word))) for word in rng.sample(words, 400)]
    nearest = NearestWords(words)

    start = time.process_time()
    nearest.find(texts)
    per_text = (time.process_time() - start) / len(texts)
    start = time.process_time()
    for text in texts[:10]:
        scan(text, words, normalized=False)
    per_scanned_text = (time.process_time() - start) / 10

    assert per_scanned_text > 10 * per_text


def test_lexicon_match_of_nothing_is_empty() -> None:
    assert Lexicon.from_words([]).match(['word'])[0].word == ''
    assert Lexicon.from_words(['word']).match([]) == []


def test_lexicon_match_ignores_words_at_distance_100() -> None:
    match = Lexicon.from_words(['A' * 150]).match(['B'])[0]

    assert (match.word, match.distance) == ('', 100)


@pytest.mark.parametrize(
    ('rule', 'level', 'left', 'reason'),
    [
        ('adelaidet', 'strong', ['HELLO'], 'two edits drop a word'),
        ('adelaidet', 'generic', ['HELLO'], 'at every level'),
        ('mask-textspotter', 'strong', ['HELLO'], 'two edits drop a word'),
        ('mask-textspotter', 'generic', ['HELLO', 'HI-TEC', 'HI-TEC'], 'none is dropped'),
        ('testr', 'weak', ['HELLO', 'HI-TEC'], 'three edits drop a word'),
        ('testr', 'generic', ['HELLO', 'HI-TEC', 'HI-TEC'], 'none is dropped'),
        ('spts', 'weak', ['HELLO'], 'two edits in five are 0.4, which is too far'),
        ('spts', 'generic', ['HELLO', 'HI-TEC', 'HI-TEC'], 'none is dropped'),
        ('davar', 'strong', ['HELLO', 'HI-TEC', 'HI-TEC'], 'none is ever dropped'),
    ],
)
def test_lexicon_rules_drop_different_predictions(
    rule: str, level: str, left: list[str], reason: str
) -> None:
    lexicon = Lexicon.from_pairs([('HELLO', 'HELLO'), ('HITEC', 'HI-TEC')])
    det = {'1': Words([QUAD] * 3, ['hallo', 'HITxx', 'xxTxC'])}

    corrected = apply_lexicon(det, lambda photo: lexicon, lexicon_rule(rule), level)

    assert list(corrected['1'].texts) == left, reason


def test_lexicon_rule_davar_keeps_short_texts_and_numbers() -> None:
    lexicon = Lexicon.from_words(['THOUSAND', 'NO'])
    det = {'1': Words([QUAD] * 3, ['on', '5,000', 'thou,sand'])}

    corrected = apply_lexicon(det, lambda photo: lexicon, lexicon_rule('davar'), 'full')

    assert list(corrected['1'].texts) == ['on', '5000', 'THOUSAND']


def test_lexicon_rule_davar_compares_original_spellings() -> None:
    lexicon = Lexicon.from_pairs([('ITS', 'I-T-S'), ('ITSY', 'ITSY')])
    for rule, word in (('davar', 'ITSY'), ('adelaidet', 'I-T-S')):
        corrected = apply_lexicon(
            {'1': Words([QUAD], ['its'])}, lambda photo: lexicon, lexicon_rule(rule), 'weak'
        )

        assert list(corrected['1'].texts) == [word]


def test_lexicon_rule_testr_keeps_all_on_curved_sets() -> None:
    lexicon = Lexicon.from_words(['WORD'])
    det = {'1': Words([QUAD], ['entirely'])}
    for rule, left in (('testr', ['WORD']), ('spts', [])):
        corrected = apply_lexicon(
            det, lambda photo: lexicon, lexicon_rule(rule, curved=True), 'generic'
        )

        assert list(corrected['1'].texts) == left


def test_lexicon_rule_adelaidet_drops_self_crossing_polygons() -> None:
    crossed = QUAD[[0, 2, 1, 3]]
    lexicon = Lexicon.from_words(['WORD'])
    det = {'1': Words([crossed, QUAD + 0.7], ['word', 'word '])}

    corrected = apply_lexicon(det, lambda photo: lexicon, lexicon_rule('adelaidet'), 'weak')

    assert list(corrected['1'].texts) == ['WORD']
    np.testing.assert_array_equal(corrected['1'].polygons[0], QUAD)


def test_lexicon_rule_rejects_an_unknown_name() -> None:
    with pytest.raises(ValueError, match="got 'best'"):
        lexicon_rule('best')  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ('text', 'keys', 'originals'),
    [
        ('HELLO\nWorld\n\n', ['HELLO', 'WORLD'], ['HELLO', 'World']),
        ('HITEC HI-TEC\r\nCAFE CAFÉ', ['HITEC', 'CAFE'], ['HI-TEC', 'CAFÉ']),
        ('\ufeffNEW YORK\nPARIS', ['NEW YORK', 'PARIS'], ['NEW YORK', 'PARIS']),
        ('NEW YORK New York\nA B', ['NEW YORK', 'A'], ['New York', 'B']),
    ],
    ids=['plain words', 'pairs', 'a word of two words', 'a key of two words'],
)
def test_parse_lexicon_reads_words_or_pairs(text: str, keys: list, originals: list) -> None:
    lexicon = parse_lexicon('words.txt', text.encode())

    assert (list(lexicon.keys), list(lexicon.originals)) == (keys, originals)


@pytest.mark.parametrize('encoding', ['utf-16', 'utf-8-sig', 'utf-8'])
def test_read_lexicon_reads_utf8_and_marked_utf16(encoding: str, tmp_path: Path) -> None:
    (tmp_path / 'words.txt').write_bytes('CAFÉ\r\nWORLD\r\n'.encode(encoding))

    lexicon = read_lexicon(tmp_path / 'words.txt', 'weak')('1')

    assert list(lexicon.originals) == ['CAFÉ', 'WORLD']


def test_read_lexicon_reads_big_endian_utf16(tmp_path: Path) -> None:
    (tmp_path / 'words.txt').write_bytes(b'\xfe\xff' + 'HELLO\nÜBER\n'.encode('utf-16-be'))

    assert list(read_lexicon(tmp_path / 'words.txt', 'weak')('1').keys) == ['HELLO', 'ÜBER']


@pytest.mark.parametrize(
    ('content', 'line', 'got'),
    [
        ('WORLD\nCAFÉ\n'.encode('latin-1'), 2, '0xc9'),
        ('WORLD\nCAFÉ\n'.encode('utf-16-le'), 1, 'a zero byte'),
        ('WORLD\n'.encode('utf-32'), 1, 'a zero byte'),
        (b'\xff\xfeA\0\n\0B', 2, '0x42'),
    ],
    ids=['latin-1', 'no mark', 'utf-32', 'cut off'],
)
def test_read_lexicon_names_the_line_of_another_encoding(
    content: bytes, line: int, got: str, tmp_path: Path
) -> None:
    (tmp_path / 'voc_img_1.txt').write_bytes(content)
    message = rf'voc_img_1\.txt, line {line}: wanted UTF-8, .*, got {got}\.'

    with pytest.raises(ValueError, match=message):
        read_lexicon(tmp_path / 'voc_img_1.txt', 'weak')
    with pytest.raises(ValueError, match=message):
        read_lexicon(tmp_path, 'strong')('1')


def test_read_lexicon_strong_finds_lists_by_number(tmp_path: Path) -> None:
    (tmp_path / 'new_voc_img_7.txt').write_text('HITEC\n')
    (tmp_path / 'pair_voc_img_7.txt').write_text('HITEC HI-TEC\n')
    (tmp_path / 'voc_img_12.txt').write_text('WORD\n')

    lexicon_of = read_lexicon(tmp_path, 'strong')

    assert lexicon_of('7').match(['hitec'])[0].word == 'HI-TEC'
    assert lexicon_of('0000012').match(['ward'])[0].word == 'WORD'
    with pytest.raises(ValueError, match=r'image 8 .*img_8\.txt'):
        lexicon_of('8')


def test_read_lexicon_rejects_the_wrong_kind_of_path(tmp_path: Path) -> None:
    (tmp_path / 'words.txt').write_text('WORD\n')

    with pytest.raises(ValueError, match='wanted a folder or zip of lists'):
        read_lexicon(tmp_path / 'words.txt', 'strong')
    with pytest.raises(ValueError, match='wanted one file'):
        read_lexicon(tmp_path, 'weak')


def test_weighted_edit_distance_is_lower_for_low_scores() -> None:
    rows = {'A': 0, 'B': 1, 'C': 2}
    scores = np.array([[0.9, 0.1], [0.05, 0.5], [0.05, 0.4]])  # (class, position)

    # 'AB' -> 'AC': 1 - 5 * 0.4 / 0.5 < 0, so it is free; 'AB' -> 'BB': 1 - 5 * 0.05 / 0.9.
    assert weighted_edit_distance('AB', 'AC', scores, rows) == 0
    assert weighted_edit_distance('AB', 'BB', scores, rows) == pytest.approx(1 - 0.25 / 0.9)


def test_weighted_edit_distance_requires_all_scores() -> None:
    with pytest.raises(ValueError, match=r'\(C, 2\)'):
        weighted_edit_distance('AB', 'A', np.ones((2, 1)), {'A': 0, 'B': 1})
    with pytest.raises(ValueError, match="'-'"):
        weighted_edit_distance('AB', 'A-B', np.ones((2, 2)), {'A': 0, 'B': 1})
