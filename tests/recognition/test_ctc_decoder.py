"""CTC decoder: learning, reading, rescoring with a language model."""

from __future__ import annotations

import pytest
import torch
from mmengine.structures import LabelData
from mmocr.structures import TextRecogDataSample

from pipeline.recognition.decoders.ctc_decoder import CTCDecoder
from pipeline.recognition.language.letter_ngrams import LetterNgrams

COLUMNS = 12


def make_decoder(folder, characters: str = 'abc ', **settings) -> CTCDecoder:
    (folder / 'letters.txt').write_text('\n'.join(characters) + '\n')
    dictionary = dict(type='Dictionary', dict_file=str(folder / 'letters.txt'), with_padding=True)
    torch.manual_seed(0)
    return CTCDecoder(**{'dictionary': dictionary, 'embed_dim': 16, **settings})


def samples(*texts: str) -> list[TextRecogDataSample]:
    return [TextRecogDataSample(gt_text=LabelData(item=text)) for text in texts]


def test_ctc_decoder_learns_words_and_gaps(tmp_path) -> None:
    decoder = make_decoder(tmp_path)
    tokens = torch.randn(3, COLUMNS, 16)
    texts = ('ab', 'c a', 'bba')
    optimizer = torch.optim.Adam(decoder.parameters(), lr=0.1)
    for _ in range(150):
        optimizer.zero_grad()
        decoder.loss(None, tokens, samples(*texts))['loss_ctc'].backward()
        optimizer.step()
    read = [s.pred_text for s in decoder.eval().predict(None, tokens, samples('', '', ''))]
    assert [reading.item for reading in read] == list(texts)
    assert [len(reading.gaps) for reading in read] == [0, 1, 0]


def test_ctc_decoder_loss_skips_texts_outside_the_dictionary(tmp_path) -> None:
    decoder = make_decoder(tmp_path)
    tokens = torch.randn(2, COLUMNS, 16)
    known = decoder.loss(None, tokens[:1], samples('ab'))['loss_ctc']
    both = decoder.loss(None, tokens, samples('ab', 'aé'))['loss_ctc']
    torch.testing.assert_close(both, known)


def test_ctc_decoder_rescores_low_confidence_words_only(tmp_path) -> None:
    words = {'cab': 1}
    tokens = torch.randn(4, COLUMNS, 16)
    decoder = make_decoder(tmp_path, 'abc')
    plain = [s.pred_text for s in decoder.predict(None, tokens, samples(*'abcd'))]
    settings = dict(language_model=LetterNgrams(words, order=3), lm_weight=50.0)
    between = sorted(r.word_score for r in plain)
    bound = (between[1] + between[2]) / 2
    decoder = make_decoder(tmp_path, 'abc', rescore_below=bound, **settings)
    read = [s.pred_text for s in decoder.predict(None, tokens, samples(*'abcd'))]
    for before, after in zip(plain, read):
        if before.word_score >= bound:
            assert after.item == before.item
        else:
            assert after.item == 'cab'
            assert len(after.score) == 3
            assert 0 < after.word_score < 1


def test_ctc_decoder_does_not_rescore_uncovered_letters(tmp_path) -> None:
    decoder = make_decoder(tmp_path, 'abé', lm_weight=50.0, rescore_below=1.0)
    with torch.no_grad():
        decoder.head.bias[decoder.dictionary.char2idx('é')] -= 0.5
    tokens = torch.randn(8, COLUMNS, 16)
    plain = [s.pred_text.item for s in decoder.predict(None, tokens, samples(*'abcdefgh'))]
    decoder.language_model = LetterNgrams({'ab': 1}, order=2)
    read = [s.pred_text.item for s in decoder.predict(None, tokens, samples(*'abcdefgh'))]
    accented = [text for text in plain if 'é' in text]
    assert 0 < len(accented) < 8
    assert [text for text in read if 'é' in text] == accented
    assert {new for old, new in zip(plain, read) if 'é' not in old} == {'ab'}


def test_ctc_decoder_does_not_rescore_empty_and_split_readings(tmp_path) -> None:
    decoder = make_decoder(tmp_path, rescore_below=1.0, lm_weight=50.0)
    blank, space = decoder.dictionary.padding_idx, decoder.dictionary.char2idx(' ')
    columns = torch.randn(2, COLUMNS, 16)
    with torch.no_grad():
        decoder.head.weight.zero_()
        decoder.head.bias.zero_()
        decoder.head.weight[[0, 1, space, blank], [0, 1, 2, 3]] = 1.0
        columns.zero_()
        columns[:, :, 3] = 3.0  # blank
        columns[1, [2, 5, 8], [0, 2, 1]] = 9.0  # a, space, b
    decoder.language_model = LetterNgrams({'ab': 1}, order=2)
    empty, split = (s.pred_text for s in decoder.predict(None, columns, samples('', '')))
    assert (empty.item, empty.word_score) == ('', 0.0)
    assert split.item == 'a b'
    assert split.gaps == pytest.approx([5.5 / COLUMNS])


def test_ctc_decoder_gaps_are_fractions_of_the_unpadded_crop(tmp_path) -> None:
    decoder = make_decoder(tmp_path)
    tokens = torch.randn(1, COLUMNS, 16)
    optimizer = torch.optim.Adam(decoder.parameters(), lr=0.1)
    for _ in range(150):
        optimizer.zero_grad()
        decoder.loss(None, tokens, samples('a b'))['loss_ctc'].backward()
        optimizer.step()
    (whole,) = decoder.predict(None, tokens, samples(''))
    (padded,) = samples('')
    padded.set_metainfo({'valid_ratio': 0.75})
    decoder.predict(None, tokens, [padded])
    (gap,), (share,) = whole.pred_text.gaps, padded.pred_text.gaps
    assert share == pytest.approx(gap / 0.75)


def test_ctc_decoder_late_fusion_changes_the_logits(tmp_path) -> None:
    decoder = make_decoder(tmp_path).eval()
    tokens = torch.randn(2, COLUMNS, 16)
    fused = decoder(None, tokens, fuse_features=lambda features: -features)
    torch.testing.assert_close(fused, decoder(None, -tokens))


def test_ctc_decoder_requires_a_padding_token(tmp_path) -> None:
    (tmp_path / 'letters.txt').write_text('a\n')
    dictionary = dict(type='Dictionary', dict_file=str(tmp_path / 'letters.txt'))
    with pytest.raises(ValueError, match='with_padding=True'):
        CTCDecoder(dictionary=dictionary, embed_dim=4)


def test_ctc_decoder_rejects_a_language_model_with_unknown_tokens(tmp_path) -> None:
    (tmp_path / 'letters.txt').write_text('a\n')
    dictionary = dict(
        type='Dictionary',
        dict_file=str(tmp_path / 'letters.txt'),
        with_padding=True,
        with_unknown=True,
    )
    decoder = CTCDecoder(dictionary=dictionary, embed_dim=4)
    with pytest.raises(ValueError, match='with_unknown=False'):
        decoder.language_model = LetterNgrams({'a': 1})
