"""Conversion of published PARSeq weights, tested with random weights of the same names."""

from __future__ import annotations

import copy
import math
from collections import OrderedDict
from pathlib import Path

import pytest
import torch
from mmengine.config import Config
from mmengine.runner import load_checkpoint
from parseq_words import CHARS, DICTIONARY, END, PAD, REPOSITORY, START
from reference_parseq import ReferencePARSeq, published_shapes
from torch import Tensor, nn

from pipeline.recognition.parseq import PARSeq
from pipeline.recognition.published_parseq import (
    PUBLISHED_CHARSETS,
    convert_published_parseq,
    is_published_parseq,
)
from pipeline.registry import MODELS, TASK_UTILS
from pipeline.utils.checkpoint import load_weights

WIDTHS = {'tiny': 192, 'small': 384}
ORDER = [END, *range(94)]  # own classes in the published order
# In double precision: what is computed is the same, the epsilons of norms included.
CLOSE = {'rtol': 1e-9, 'atol': 1e-9}


def build_small_parseq(dictionary: dict | None = None) -> PARSeq:
    """A PARSeq of width 48, with two encoder blocks, in eval mode and double precision."""
    config = Config.fromfile(REPOSITORY / 'configs' / '_base_' / 'parseq-tiny.py').model
    config.encoder.update(embed_dim=48, depth=2, num_heads=3)
    config.decoder.update(embed_dim=48, num_heads=6)
    if dictionary is not None:
        config.decoder.dictionary = dictionary
    return MODELS.build(config).eval().double()


def build_reference(charset: str = CHARS) -> ReferencePARSeq:
    """The reference implementation, with weights that give different texts for the crops."""
    torch.manual_seed(0)
    reference = ReferencePARSeq(charset, 48, depth=2, encoder_heads=3, decoder_heads=6)
    for name, parameter in reference.named_parameters():
        is_scale = 'norm' in name and name.endswith('weight')
        nn.init.normal_(parameter, mean=float(is_scale), std=0.1 if is_scale else 0.25)
    nn.init.normal_(reference.pos_queries)
    nn.init.normal_(reference.decoder.layers[0].cross_attn.out_proj.weight, std=0.5)
    with torch.no_grad():
        reference.head.bias[0] += 2
    return reference.eval().double()


def draw_published(size: str) -> dict[str, Tensor]:
    generator = torch.Generator().manual_seed(0)
    return OrderedDict(
        (name, torch.randn(shape, generator=generator))
        for name, shape in published_shapes(WIDTHS[size]).items()
    )


def dictionary_of(chars: str, folder: Path, **options: bool) -> dict:
    (folder / 'chars.txt').write_text('\n'.join(chars))
    return {**DICTIONARY, 'dict_file': str(folder / 'chars.txt'), **options}


def read(model: PARSeq, crops: Tensor) -> tuple[Tensor, Tensor]:
    """Logits of autoregressive decoding and of the refinement after it."""
    memory = model.decoder.project_memory(model.encoder(crops))
    draft = model.decoder.read_autoregressively(memory)
    return draft, model.decoder.refine(draft.argmax(-1), memory)


@pytest.fixture(scope='module')
def crops() -> Tensor:
    return torch.randn(6, 3, 32, 128, generator=torch.Generator().manual_seed(1)).double()


@pytest.fixture(scope='module')
def reference() -> ReferencePARSeq:
    return build_reference()


@pytest.mark.parametrize('size', WIDTHS)
def test_published_files_load_completely(size, tmp_path):
    config = Config.fromfile(REPOSITORY / 'configs' / 'recognition' / f'parseq-{size}_words.py')
    model, published = MODELS.build(config.model), draw_published(size)
    torch.save(published, tmp_path / 'parseq.pt')
    converted = convert_published_parseq(published, model.decoder.dictionary)
    ours = {name: value.shape for name, value in model.state_dict().items()}
    assert {name: value.shape for name, value in converted.items()} == ours

    load_weights(model, tmp_path / 'parseq.pt')  # rejects missing and unexpected names
    for name, value in model.state_dict().items():
        assert torch.equal(value, converted[name]), name


def test_drawn_files_have_the_published_parameter_counts():
    """README of PARSeq: 23.833 M; encoder 21.381 M, decoder 2.368 M, classifier 36,575."""
    counts = {name: math.prod(shape) for name, shape in published_shapes(384).items()}
    parts = dict.fromkeys(('encoder', 'decoder', 'head', 'text_embed', 'pos_queries'), 0)
    for name, count in counts.items():
        parts[name.split('.')[0]] += count
    assert parts['encoder'] / 1e6 == pytest.approx(21.381, abs=5e-4)
    assert parts['decoder'] / 1e6 == pytest.approx(2.368, abs=5e-4)
    assert (parts['head'], parts['text_embed']) == (36_575, 37_248)
    assert sum(parts.values()) / 1e6 == pytest.approx(23.833, abs=5e-4)


def test_reference_has_the_published_names(reference):
    def kinds(names):
        return {name.replace('blocks.1', 'blocks.0') for name in names if '.blocks.1' not in name}

    published = [n for n in published_shapes(48) if not any(f'.{i}.' in n for i in range(2, 12))]
    assert kinds(reference.state_dict()) == kinds(published)


def test_converted_weights_equal_the_reference(crops, reference):
    model = build_small_parseq()
    model.load_state_dict(reference.state_dict())
    with torch.no_grad():
        memory = model.encoder(crops)
        draft, refined = read(model, crops)
        probs = model(crops, mode='tensor')
    texts, lengths = set(), set()
    for i in range(len(crops)):
        tokens = reference.encoder(crops[i : i + 1]).detach()
        torch.testing.assert_close(memory[i : i + 1], tokens, **CLOSE)
        wanted = reference.draft(tokens, decode_ar=True)
        lengths.add(len(wanted))
        torch.testing.assert_close(draft[i, : len(wanted), ORDER], wanted, **CLOSE)
        wanted = reference.refine(tokens, wanted)
        torch.testing.assert_close(refined[i][:, ORDER], wanted, **CLOSE)
        torch.testing.assert_close(probs[i][:, ORDER], wanted.softmax(-1), **CLOSE)
        read_here = model.decoder.postprocessor.read_word(
            probs[i].argmax(-1).tolist(), probs[i].amax(-1).tolist()
        )
        assert read_here.item == reference.read(wanted)
        texts.add(read_here.item)
    # The crops have different texts, so equal results are significant.
    assert len(texts) > 3 and min(lengths) < 8 and max(lengths) == 26
    assert (probs[..., [START, PAD]] == 0).all()


def test_converted_weights_equal_the_reference_in_nar_mode(crops, reference):
    model = build_small_parseq()
    model.load_state_dict(reference.state_dict())
    with torch.no_grad():
        logits = model.decoder.read_one_shot(model.decoder.project_memory(model.encoder(crops)))
    for i in range(len(crops)):
        wanted = reference.draft(reference.encoder(crops[i : i + 1]), decode_ar=False)
        torch.testing.assert_close(logits[i][:, ORDER], wanted, **CLOSE)


def lightning(state: dict[str, Tensor], **hyper_parameters: object) -> dict:
    """A Lightning checkpoint as written by newer versions of the published code."""
    return {
        'epoch': 19,
        'pytorch-lightning_version': '2.0.0',
        'state_dict': OrderedDict((f'model.{name}', value) for name, value in state.items()),
        'hyper_parameters': {'name': 'parseq', **hyper_parameters},
    }


@pytest.mark.parametrize('wrap', [dict, lightning], ids=['published', 'lightning'])
@pytest.mark.parametrize('way', ['load_weights', 'load_from', 'init_cfg', 'copy', 'inside'])
def test_every_loader_converts_published_files(wrap, way, reference, crops, tmp_path):
    file, model = tmp_path / 'parseq.pt', build_small_parseq()
    torch.save(wrap(reference.state_dict()), file)
    if way == 'load_weights':
        load_weights(model, file)
    elif way == 'load_from':
        load_checkpoint(model, str(file), strict=True)
    elif way == 'init_cfg':
        model.init_cfg = {'type': 'Pretrained', 'checkpoint': str(file)}
        model.init_weights()
    elif way == 'copy':  # MMEngine's averaged models are copies
        model = copy.deepcopy(model)
        load_checkpoint(model, str(file), strict=True)
    else:
        state = {f'recognizer.{name}': value for name, value in reference.state_dict().items()}
        whole = nn.ModuleDict({'recognizer': model})
        torch.save(state, file)
        load_weights(whole, file)
        whole.load_state_dict(state)
    wanted = reference.draft(reference.encoder(crops[:1]), decode_ar=False)
    with torch.no_grad():
        tokens = model.encoder(crops[:1])
        logits = model.decoder.read_one_shot(model.decoder.project_memory(tokens))
    torch.testing.assert_close(logits[0][:, ORDER], wanted, **CLOSE)


def test_conversion_reorders_classes_by_the_dictionary(reference, tmp_path):
    model = build_small_parseq(dictionary_of(CHARS[::-1], tmp_path))
    model.load_state_dict(reference.state_dict())
    for place, char in enumerate(CHARS):
        index = model.decoder.dictionary.char2idx(char)
        assert torch.equal(model.decoder.head.weight[index], reference.head.weight[1 + place])
        assert torch.equal(
            model.decoder.char_embed.weight[index],
            reference.text_embed.embedding.weight[1 + place],
        )


def test_conversion_maps_eos_bos_and_pad(reference):
    model = build_small_parseq()
    model.load_state_dict(reference.state_dict())
    embedded, head = reference.text_embed.embedding.weight, reference.head
    assert torch.equal(model.decoder.char_embed.weight[[END, START, PAD]], embedded[[0, 95, 96]])
    assert torch.equal(model.decoder.head.bias[END], head.bias[0])
    assert not model.decoder.head.weight[[START, PAD]].any()


def test_conversion_rejects_another_charset(tmp_path):
    model, file = build_small_parseq(), tmp_path / 'parseq36.pt'
    before = copy.deepcopy(model.state_dict())
    torch.save(build_reference(PUBLISHED_CHARSETS[36]).state_dict(), file)
    wanted = r"has 94 characters .*, but the checkpoint has 36 characters '0123.*set dict_file"
    with pytest.raises(ValueError, match=wanted):
        load_weights(model, file)
    with pytest.raises(ValueError, match=wanted):
        load_checkpoint(model, str(file))
    assert all(torch.equal(value, before[name]) for name, value in model.state_dict().items())


@pytest.mark.parametrize('length', [36, 62])
def test_conversion_accepts_the_charset_of_the_file(length, tmp_path):
    charset = PUBLISHED_CHARSETS[length]
    reference = build_reference(charset)
    model = build_small_parseq(dictionary_of(charset, tmp_path))
    model.load_state_dict(reference.state_dict())
    # Published: EOS, then the characters. Own: the characters, then EOS.
    head = model.decoder.head.bias
    assert torch.equal(head[:length], reference.head.bias[1:])
    assert torch.equal(head[model.decoder.dictionary.end_idx], reference.head.bias[0])
    embedded = reference.text_embed.embedding.weight
    assert torch.equal(model.decoder.char_embed.weight[:length], embedded[1 : length + 1])


def test_conversion_requires_an_unpublished_charset(tmp_path):
    charset = 'abcxyz'
    state = build_reference(charset).state_dict()
    model = build_small_parseq(dictionary_of('zyxcba', tmp_path))
    dictionary = model.decoder.dictionary
    with pytest.raises(ValueError, match=r'has 6 characters, but contains no charset.*charset='):
        model.load_state_dict(state)
    named = convert_published_parseq(state, dictionary, charset)
    stated = convert_published_parseq(lightning(state, charset_train=charset), dictionary)
    assert all(torch.equal(named[name], stated[name]) for name in {*named, *stated})
    assert torch.equal(named['decoder.head.bias'][:6], state['head.bias'][1:].flip(0))
    model.load_state_dict(named)
    with pytest.raises(ValueError, match='a charset of 5 requires 6 rows in the classifier and 8'):
        convert_published_parseq(state, dictionary, charset[:5])


@pytest.mark.parametrize(
    'options', [{'with_unknown': True}, {'same_start_end': True}, {'with_padding': False}]
)
def test_conversion_rejects_other_tokens(options, reference, tmp_path):
    dictionary = TASK_UTILS.build(dictionary_of(CHARS, tmp_path, **options))
    with pytest.raises(ValueError, match='three separate tokens BOS, EOS and PAD'):
        convert_published_parseq(reference.state_dict(), dictionary)


def test_conversion_reports_unexpected_names(reference, tmp_path):
    state = {**reference.state_dict(), 'head.scale': torch.ones(1), 'ema.decay': torch.ones(1)}
    torch.save(state, tmp_path / 'more.pt')
    with pytest.raises(ValueError, match=r'unexpected: decoder\.head\.scale, ema\.decay'):
        load_weights(build_small_parseq(), tmp_path / 'more.pt')


def test_own_names_are_not_published_names():
    model = build_small_parseq()
    state = model.state_dict()
    assert not is_published_parseq(state)
    assert model.adapt_state(state) is state
    with pytest.raises(ValueError, match=r'wanted a state dict with the names of PARSeq'):
        convert_published_parseq(state, model.decoder.dictionary)


def test_conversion_does_not_modify_arguments(reference):
    model, state = build_small_parseq(), reference.state_dict()
    before = {name: value.clone() for name, value in state.items()}
    model.adapt_state(state)
    model.load_state_dict(state)
    assert list(state) == list(before)
    assert all(torch.equal(value, before[name]) for name, value in state.items())
