"""The hybrid decoder reads by CTC and by PARSeq from one encoder."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from mmengine.structures import LabelData
from mmocr.structures import TextRecogDataSample

from pipeline.recognition.decoders.hybrid_decoder import HybridDecoder
from pipeline.recognition.language.letter_ngrams import LetterNgrams

COLUMNS = 8
FINDS_GAPS = dict(
    finds_gaps=True,
    module_loss=dict(type='PermutationLanguageModelLoss', unknown_chars='ignore'),
)


def make_decoder(tmp_path, **overrides) -> HybridDecoder:
    dict_file = tmp_path / 'abc.txt'
    dict_file.write_text('a\nb\nc\n')
    torch.manual_seed(0)
    settings = dict(
        grid_size=(2, COLUMNS),
        dictionary=dict(
            type='Dictionary',
            dict_file=str(dict_file),
            with_start=True,
            with_end=True,
            with_padding=True,
        ),
        embed_dim=16,
        num_heads=2,
        dropout=0.0,
        max_label_length=5,
        module_loss=dict(type='PermutationLanguageModelLoss', too_long='ignore'),
        postprocessor=dict(type='PARSeqPostprocessor'),
    )
    return HybridDecoder(**{**settings, **overrides})


def gold(*texts: str) -> list[TextRecogDataSample]:
    return [TextRecogDataSample(gt_text=LabelData(item=text)) for text in texts]


def learn(decoder: HybridDecoder, tokens: torch.Tensor, *texts: str) -> None:
    """Teach the CTC head alone what the tokens read."""
    optimizer = torch.optim.Adam(decoder.ctc_head.parameters(), lr=0.1)
    for _ in range(60):
        optimizer.zero_grad()
        decoder.loss(None, tokens, gold(*texts))['loss_ctc'].backward()
        optimizer.step()
    decoder.eval()


def read_path(decoder: HybridDecoder, path: str) -> LabelData:
    """Collapse a path of characters, '-' being the blank, each of probability 0.5."""
    blank = decoder.dictionary.start_idx
    classes = [blank if c == '-' else decoder.dictionary.char2idx(c) for c in path]
    log_probs = np.full((1, len(classes), decoder.ctc_head.out_features), -9.0)
    log_probs[0, range(len(classes)), classes] = math.log(0.5)
    return decoder.ctc_head.read(torch.from_numpy(log_probs))[0]


@pytest.mark.parametrize(
    ('path', 'text'),
    [
        ('aab', 'ab'),  # repeats merge
        ('a-ab', 'aab'),  # unless a blank stands between them
        ('--c-', 'c'),
        ('----', ''),
        ('abcba', 'abcba'),
    ],
)
def test_a_ctc_path_collapses_to_its_text(tmp_path, path: str, text: str) -> None:
    read = read_path(make_decoder(tmp_path), path)
    assert read.item == text
    assert len(read.score) == len(text)
    assert read.word_score == pytest.approx(0.5 ** len(text) if text else 0.0)


def test_ctc_loss_is_the_probability_of_all_paths(tmp_path) -> None:
    decoder = make_decoder(tmp_path)
    with torch.no_grad():
        decoder.ctc_head.weight.zero_()
        decoder.ctc_head.bias.zero_()
    tokens = torch.randn(1, 2 * COLUMNS, 16)
    loss = decoder.loss(None, tokens, gold('a'))['loss_ctc']
    # With all classes alike every path has the same probability; 'a' is written by the paths
    # with one run of a's among blanks: a start and an end of the run, C (C + 1) / 2 of them.
    paths = COLUMNS * (COLUMNS + 1) / 2
    classes = decoder.dictionary.num_classes
    assert loss.item() == pytest.approx(COLUMNS * math.log(classes) - math.log(paths), rel=1e-5)


def test_words_that_a_policy_left_out_teach_ctc_nothing(tmp_path) -> None:
    decoder = make_decoder(tmp_path)
    tokens = torch.randn(2, 2 * COLUMNS, 16)
    alone = decoder.loss(None, tokens[:1], gold('ab'))['loss_ctc']
    with_long = decoder.loss(None, tokens, gold('ab', 'aaaaaaa'))['loss_ctc']
    torch.testing.assert_close(with_long, alone)


def test_both_losses_train_the_encoder(tmp_path) -> None:
    decoder = make_decoder(tmp_path)
    for name in ('loss_plm', 'loss_ctc'):
        tokens = torch.randn(2, 2 * COLUMNS, 16, requires_grad=True)
        decoder.loss(None, tokens, gold('ab', 'c'))[name].backward()
        assert tokens.grad is not None and tokens.grad.abs().sum() > 0


def test_the_ctc_reader_learns_two_words(tmp_path) -> None:
    decoder = make_decoder(tmp_path, reader='ctc')
    tokens = torch.randn(2, 2 * COLUMNS, 16)
    learn(decoder, tokens, 'ab', 'cab')
    read = decoder.predict(None, tokens, gold('', ''))
    assert [sample.pred_text.item for sample in read] == ['ab', 'cab']


def test_a_grid_that_does_not_fit_the_encoder_is_named(tmp_path) -> None:
    with pytest.raises(ValueError, match=r'grid_size=\(2, 8\) has 16 tokens, got 12'):
        make_decoder(tmp_path).classify_columns(torch.zeros(1, 12, 16))


def test_an_unknown_reader_is_refused(tmp_path) -> None:
    with pytest.raises(ValueError, match='reader must be one of'):
        make_decoder(tmp_path, reader='beam')


def test_gaps_between_words_are_learned_and_named(tmp_path) -> None:
    decoder = make_decoder(tmp_path, **FINDS_GAPS)
    tokens = torch.randn(2, 2 * COLUMNS, 16)
    texts = ['ab c', 'ab']
    learn(decoder, tokens, *texts)
    for reader in ('ctc', 'parseq'):
        decoder.reader = reader
        joined, single = decoder.predict(None, tokens, gold(*texts))
        assert len(joined.pred_text.gaps) == 1 and 0 < joined.pred_text.gaps[0] < 1
        assert single.pred_text.gaps == []
    decoder.reader = 'ctc'
    read = decoder.predict(None, tokens, gold(*texts))
    assert [sample.pred_text.item for sample in read] == ['abc', 'ab']


def test_texts_of_several_words_do_not_teach_parseq(tmp_path) -> None:
    decoder = make_decoder(tmp_path, **FINDS_GAPS)
    tokens = torch.randn(2, 2 * COLUMNS, 16)
    torch.manual_seed(1)
    with_line = decoder.loss(None, tokens, gold('ab', 'a b'))['loss_plm']
    torch.manual_seed(1)
    alone = decoder.loss(None, tokens[:1], gold('ab'))['loss_plm']
    assert with_line.item() == pytest.approx(alone.item(), rel=1e-4)


@pytest.mark.parametrize(
    ('path', 'gaps'),
    [
        ('aa b', [2.5 / 4]),
        ('a  -b ', [2 / 6]),  # behind the last character is no gap
        (' a - b', [3.5 / 6]),
        ('a b c', [1.5 / 5, 3.5 / 5]),
        ('a-b', []),
        ('  --', []),
    ],
)
def test_gaps_lie_between_characters(tmp_path, path: str, gaps: list[float]) -> None:
    decoder = make_decoder(tmp_path, finds_gaps=True)
    specials = {'-': decoder.dictionary.start_idx, ' ': decoder.dictionary.padding_idx}
    classes = [specials.get(c, decoder.dictionary.char2idx(c, strict=False)) for c in path]
    assert decoder.ctc_head.reader.find_gaps(classes) == pytest.approx(gaps)


def test_a_space_among_the_characters_is_refused(tmp_path) -> None:
    dict_file = tmp_path / 'with_space.txt'
    dict_file.write_text('a\n \n')
    dictionary = dict(
        type='Dictionary',
        dict_file=str(dict_file),
        with_start=True,
        with_end=True,
        with_padding=True,
    )
    with pytest.raises(ValueError, match='without a space'):
        make_decoder(tmp_path, finds_gaps=True, dictionary=dictionary)


def test_gaps_are_not_learned_where_parseq_would_learn_texts_of_several_words(tmp_path) -> None:
    decoder = make_decoder(tmp_path, finds_gaps=True)
    with pytest.raises(ValueError, match="unknown_chars='ignore'"):
        decoder.loss(None, torch.randn(1, 2 * COLUMNS, 16), gold('ab'))


LANGUAGE = dict(type='LetterNgrams', words={'cab': 1})


def read_texts(decoder: HybridDecoder, tokens: torch.Tensor, **kwargs) -> list[LabelData]:
    decoder.eval()
    with torch.no_grad():
        samples = decoder.predict(None, tokens, gold(*[''] * len(tokens)), **kwargs)
    return [sample.pred_text for sample in samples]


def spread(decoder: HybridDecoder) -> HybridDecoder:
    """Freshly drawn weights are so small that every input reads alike."""
    for name, parameter in decoder.named_parameters():
        if 'norm' not in name:
            torch.nn.init.normal_(parameter, std=0.5)
    return decoder


def test_a_strong_language_model_reads_its_words_into_noise(tmp_path) -> None:
    tokens = torch.randn(3, 2 * COLUMNS, 16)
    seen = read_texts(make_decoder(tmp_path), tokens)
    assert all(word.item != 'cab' for word in seen)
    read = read_texts(make_decoder(tmp_path, language_model=LANGUAGE, lm_weight=30.0), tokens)
    for word in read:
        assert word.item == 'cab' and len(word.score) == 3
        assert 0 < word.word_score < 0.5  # PARSeq saw nothing of the kind
        assert all(0 < score < 1 for score in word.score)


def test_a_language_model_changes_doubtful_words_alone(tmp_path) -> None:
    tokens = torch.randn(8, 2 * COLUMNS, 16)
    plain = read_texts(spread(make_decoder(tmp_path)), tokens)
    scores = sorted(word.word_score for word in plain)
    between = (scores[3] + scores[4]) / 2
    read = read_texts(
        spread(
            make_decoder(
                tmp_path,
                language_model=LANGUAGE,
                lm_weight=30.0,
                rescore_below=between,
            )
        ),
        tokens,
    )
    for before, after in zip(plain, read):
        if before.word_score < between:
            assert after.word_score != before.word_score
        else:
            assert (after.item, after.score) == (before.item, before.score)


def test_without_weight_the_language_model_has_no_say(tmp_path) -> None:
    tokens = torch.randn(4, 2 * COLUMNS, 16)
    tokens[2:] *= 5  # surer, with fewer readings to choose from
    readings = [
        read_texts(
            spread(
                make_decoder(
                    tmp_path,
                    language_model=dict(type='LetterNgrams', words={word: 1}),
                    lm_weight=0.0,
                )
            ),
            tokens,
        )
        for word in ('cab', 'abba')
    ]
    assert [w.item for w in readings[0]] == [w.item for w in readings[1]]


def test_crops_with_one_reading_and_with_many_are_scored_together(tmp_path) -> None:
    for weight in (0.0, 0.4):
        decoder = make_decoder(tmp_path, language_model=LANGUAGE, lm_weight=weight)
        proposals = iter([[[0]], [[0, 1], [1], [2, 0, 1]]])
        decoder.rescorer._propose = lambda *_, proposals=proposals: next(proposals)
        words = read_texts(decoder, torch.randn(2, 2 * COLUMNS, 16))
        assert words[0].item == 'a'
        assert all(0 < word.word_score < 1 for word in words)


@pytest.mark.parametrize('count', [1, 2])
def test_a_word_that_never_ends_is_cut_and_read(tmp_path, count: int) -> None:
    decoder = make_decoder(tmp_path, language_model=LANGUAGE)
    with torch.no_grad():
        decoder.head.bias[decoder.dictionary.end_idx] = -50.0
        decoder.ctc_head.bias[decoder.dictionary.start_idx] = 50.0  # CTC sees nothing
    for word in read_texts(decoder, torch.randn(count, 2 * COLUMNS, 16)):
        assert 0 < len(word.item) <= 5
        assert 0 <= word.word_score < 1e-6


def test_scores_of_words_read_again_follow_the_temperature(tmp_path) -> None:
    tokens = torch.randn(3, 2 * COLUMNS, 16)
    scores = []
    for temperature in (1.0, 4.0):
        decoder = make_decoder(
            tmp_path,
            language_model=LANGUAGE,
            rescore_below=1.0,
            postprocessor=dict(type='PARSeqPostprocessor', temperature=temperature),
        )
        scores.append([word.word_score for word in read_texts(spread(decoder), tokens)])
    assert scores[0] != scores[1]


def test_doubtful_words_keep_their_own_scene_in_late_fusion(tmp_path) -> None:
    decoder = spread(make_decoder(tmp_path, language_model=LANGUAGE, rescore_below=0.9))
    tokens = torch.randn(4, 2 * COLUMNS, 16)
    scenes = torch.randn(4, 1, 16)
    together = read_texts(decoder, tokens, fuse_features=lambda features: features + scenes)
    assert any(word.word_score < 0.9 for word in together)
    for i, word in enumerate(together):
        (alone,) = read_texts(
            decoder,
            tokens[i : i + 1],
            fuse_features=lambda features, i=i: features + scenes[i : i + 1],
        )
        assert word.item == alone.item
        assert word.word_score == pytest.approx(alone.word_score, rel=1e-3)


def test_gaps_are_named_beside_a_language_model(tmp_path) -> None:
    decoder = make_decoder(tmp_path, **FINDS_GAPS, language_model=LANGUAGE)
    tokens = torch.randn(2, 2 * COLUMNS, 16)
    learn(decoder, tokens, 'ab c', 'ab')
    joined, single = read_texts(decoder, tokens)
    assert len(joined.gaps) == 1 and single.gaps == []


@pytest.mark.parametrize(
    ('settings', 'message'),
    [
        (dict(reader='ctc'), "language_model requires reader='parseq', got 'ctc'"),
        (dict(lm_weight=-1.0), 'lm_weight must be at least 0'),
        (dict(rescore_below=1.5), r'rescore_below in \[0, 1\], got 0.4 and 1.5'),
    ],
)
def test_settings_of_the_language_model_that_cannot_work(tmp_path, settings, message) -> None:
    with pytest.raises(ValueError, match=message):
        make_decoder(tmp_path, language_model=LANGUAGE, **settings)


def test_a_language_model_that_cannot_help_is_refused_later_too(tmp_path) -> None:
    with pytest.raises(ValueError, match="language_model requires reader='parseq'"):
        make_decoder(tmp_path, reader='ctc').language_model = LetterNgrams({'cab': 1})
    (tmp_path / 'letters.txt').write_text('a\nb\n')
    dictionary = dict(
        type='Dictionary',
        dict_file=str(tmp_path / 'letters.txt'),
        with_start=True,
        with_end=True,
        with_padding=True,
        with_unknown=True,
    )
    with pytest.raises(ValueError, match='with_unknown=False'):
        make_decoder(tmp_path, dictionary=dictionary, language_model=LANGUAGE)
