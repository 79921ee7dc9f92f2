from __future__ import annotations

from pathlib import Path

import pytest
import torch
from mmengine.logging import HistoryBuffer
from safetensors.torch import load_file, save_file
from torch import nn

from pipeline.utils.checkpoint import load_weights, save_weights


class Model(nn.Sequential):
    """A convolution, a norm with its buffers, a layer to read with."""

    def __init__(self, width: int = 4) -> None:
        super().__init__(nn.Conv2d(3, width, 3), nn.BatchNorm2d(width), nn.Linear(width, 2))


def prefixed(state: dict, prefix: str) -> dict:
    return {prefix + name: value for name, value in state.items()}


def assert_same(model: nn.Module, other: nn.Module, **tolerance: float) -> None:
    for name, value in model.state_dict().items():
        torch.testing.assert_close(other.state_dict()[name], value, **tolerance)


def test_weights_come_back_as_they_were(tmp_path):
    model, other = Model(), Model()
    model[1].running_mean.fill_(3.0)
    save_weights(model, tmp_path / 'a.safetensors')
    load_weights(other, tmp_path / 'a.safetensors')
    assert_same(model, other, rtol=0, atol=0)


def test_half_precision_halves_the_file_and_loads_as_full_precision(tmp_path):
    model, other = Model(200), Model(200)
    model[1].num_batches_tracked.fill_(100_000)
    save_weights(model, tmp_path / 'full.safetensors')
    save_weights(model, tmp_path / 'half.safetensors', torch.float16)
    full, half = ((tmp_path / f'{name}.safetensors').stat().st_size for name in ('full', 'half'))
    assert half < 0.6 * full
    load_weights(other, tmp_path / 'half.safetensors')
    assert {p.dtype for p in other.parameters()} == {torch.float32}
    assert_same(model, other, rtol=1e-3, atol=1e-5)


def test_values_that_half_precision_cannot_hold_survive(tmp_path):
    model, other = Model(), Model()
    model[1].running_var.copy_(torch.tensor([1e6, 1.0, 2.0, 3.0]))
    save_weights(model, tmp_path / 'half.safetensors', torch.float16)
    load_weights(other, tmp_path / 'half.safetensors')
    assert other[1].running_var.tolist() == [1e6, 1.0, 2.0, 3.0]


def test_weights_in_another_memory_format_are_stored_plainly(tmp_path):
    model, other = Model().to(memory_format=torch.channels_last), Model()
    save_weights(model, tmp_path / 'a.safetensors')
    load_weights(other, tmp_path / 'a.safetensors')
    assert_same(model, other, rtol=0, atol=0)


def test_a_training_checkpoint_of_mmengine_is_read(tmp_path):
    model, other = Model(), Model()
    checkpoint = {
        'state_dict': model.state_dict(),
        'meta': {'iter': 7},
        'message_hub': {'log_scalars': {'loss': HistoryBuffer([1.0], [1])}},
    }
    torch.save(checkpoint, tmp_path / 'iter_7.pth')
    load_weights(other, tmp_path / 'iter_7.pth')
    assert_same(model, other, rtol=0, atol=0)


def test_counters_of_norms_may_be_missing(tmp_path):
    state = Model().state_dict()
    del state['1.num_batches_tracked']
    save_file(state, tmp_path / 'a.safetensors')
    other = Model()
    load_weights(other, tmp_path / 'a.safetensors')
    assert torch.equal(other[0].weight, state['0.weight'])


@pytest.mark.parametrize(
    'wrap',
    [
        lambda state: {'state_dict': prefixed(state, 'module.'), 'epoch': 3},
        lambda state: prefixed(state, '_orig_mod.'),
        lambda state: prefixed(state, 'module._orig_mod.'),
        lambda state: {'model': state, 'optimizer': {'state': {}, 'param_groups': []}},
        lambda state: {'model_state_dict': state},
        lambda state: {
            'state_dict': prefixed(state, 'model.')
            | prefixed(state, 'ema.')
            | {'loss.weight': torch.ones(2)},
            'pytorch-lightning_version': '2.0',
        },
        lambda state: {'model': {'state_dict': prefixed(state, 'model.net.')}},
        lambda state: {name: value.numpy() for name, value in state.items()},
    ],
)
def test_load_weights_removes_common_wrappers(tmp_path, wrap):
    model, other = Model(), Model()
    torch.save(wrap(model.state_dict()), tmp_path / 'a.pth')
    load_weights(other, tmp_path / 'a.pth')
    assert_same(model, other, rtol=0, atol=0)


def test_load_weights_removes_wrappers_of_parts(tmp_path):
    # As MMSeparateDistributedDataParallel and torch.compile wrap the modules of a model.
    whole = nn.ModuleDict({'detector': Model(), 'recognizer': Model(6)})
    state = {
        name.replace('detector.', 'detector.module.').replace('zer.', 'zer._orig_mod.'): value
        for name, value in whole.state_dict().items()
    }
    torch.save({'state_dict': prefixed(state, 'module.')}, tmp_path / 'whole.pth')
    part = Model(6)
    load_weights(part, tmp_path / 'whole.pth', prefix='recognizer.')
    assert_same(whole['recognizer'], part, rtol=0, atol=0)


def test_load_weights_keeps_wrappers_that_the_model_has(tmp_path):
    model, other = (nn.ModuleDict({'module': Model(), 'model': Model()}) for _ in range(2))
    save_weights(model, tmp_path / 'a.safetensors')
    load_weights(other, tmp_path / 'a.safetensors')
    assert_same(model, other, rtol=0, atol=0)


def test_load_weights_names_the_prefix_of_a_larger_model(tmp_path):
    save_weights(nn.ModuleDict({'recognizer': Model()}), tmp_path / 'a.safetensors')
    with pytest.raises(ValueError, match=r"begin with 'recognizer\.', wanted names without it"):
        load_weights(Model(), tmp_path / 'a.safetensors')


def test_load_weights_names_the_prefix_that_is_missing(tmp_path):
    save_weights(Model(), tmp_path / 'a.safetensors')
    with pytest.raises(ValueError, match=r"wanted names that begin with 'recognizer\.'"):
        load_weights(nn.ModuleDict({'recognizer': Model()}), tmp_path / 'a.safetensors')


def test_load_weights_describes_the_unwrapped_names(tmp_path):
    torch.save({'state_dict': prefixed(Model(5).state_dict(), 'module.')}, tmp_path / 'a.pth')
    with pytest.raises(ValueError, match=r'Model: of another shape: 0.weight: \(4,') as caught:
        load_weights(Model(), tmp_path / 'a.pth')
    assert 'missing' not in str(caught.value)


@pytest.mark.parametrize('name', ['a.safetensors', 'a.pth', 'a.bin', 'a'])
def test_load_weights_reads_the_format_from_the_bytes(tmp_path, name):
    model = Model()
    writers = (
        lambda path: save_weights(model, path),
        lambda path: torch.save(model.state_dict(), path),
        lambda path: torch.save(model.state_dict(), path, _use_new_zipfile_serialization=False),
    )
    for write in writers:
        write(tmp_path / name)
        other = Model()
        load_weights(other, tmp_path / name)
        assert_same(model, other, rtol=0, atol=0)


def test_load_weights_names_the_keys_of_a_file_without_weights(tmp_path):
    torch.save({'epoch': 3, 'lr': 0.1}, tmp_path / 'a.pth')
    with pytest.raises(ValueError, match=r'no weights: wanted .* model, .* got the keys epoch, lr'):
        load_weights(Model(), tmp_path / 'a.pth')


@pytest.mark.parametrize(
    ('change', 'message'),
    [
        (lambda state: state.pop('0.weight'), 'missing: 0.weight'),
        (lambda state: state.update(extra=torch.zeros(1)), 'unexpected: extra'),
        (
            lambda state: state.update({'2.weight': torch.zeros(2, 9)}),
            r'of another shape: 2.weight: \(2, 4\) wanted, \(2, 9\) in the file',
        ),
    ],
)
def test_weights_that_do_not_fit_are_named_and_nothing_is_loaded(tmp_path, change, message):
    state = {name: value.clone() for name, value in Model().state_dict().items()}
    change(state)
    save_file(state, tmp_path / 'a.safetensors')
    model = Model()
    before = model[0].bias.clone()
    with pytest.raises(ValueError, match=rf'a\.safetensors does not fit Model: {message}'):
        load_weights(model, tmp_path / 'a.safetensors')
    assert torch.equal(model[0].bias, before)


def test_long_lists_of_names_are_cut_short(tmp_path):
    save_file({f'other.{i}': torch.zeros(1) for i in range(9)}, tmp_path / 'a.safetensors')
    with pytest.raises(ValueError, match=r'other\.3 and 5 more'):
        load_weights(Model(), tmp_path / 'a.safetensors')


def test_a_missing_file_says_so(tmp_path):
    with pytest.raises(FileNotFoundError, match=r'no weights at .*none\.pth'):
        load_weights(Model(), tmp_path / 'none.pth')


class Evil:
    """What a pickle could carry: code."""

    def __reduce__(self) -> tuple:
        return (print, ('this must not run',))


@pytest.mark.parametrize('name', ['a.safetensors', 'a.pth'])
@pytest.mark.parametrize('content', [b'', b'no weights at all', b'PK\x03\x04 cut off'])
def test_a_file_of_something_else_says_so_in_one_line(tmp_path, name, content):
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(ValueError, match='cannot read weights') as caught:
        load_weights(Model(), path)
    assert str(path) in str(caught.value)
    assert len(str(caught.value).splitlines()) == 1


def test_a_checkpoint_that_carries_code_is_refused(tmp_path, capsys):
    torch.save({'state_dict': Model().state_dict(), 'meta': Evil()}, tmp_path / 'evil.pth')
    with pytest.raises(ValueError, match='cannot read weights'):
        load_weights(Model(), tmp_path / 'evil.pth')
    assert 'must not run' not in capsys.readouterr().out


def test_a_checkpoint_without_weights_is_refused(tmp_path):
    torch.save([1, 2, 3], tmp_path / 'list.pth')
    with pytest.raises(ValueError, match='list'):
        load_weights(Model(), tmp_path / 'list.pth')


def test_a_part_is_taken_from_the_file_of_the_whole(tmp_path: Path):
    whole = nn.ModuleDict({'detector': Model(), 'recognizer': Model(6)})
    save_weights(whole, tmp_path / 'whole.safetensors')
    part = Model(6)
    load_weights(part, tmp_path / 'whole.safetensors', prefix='recognizer.')
    assert_same(whole['recognizer'], part, rtol=0, atol=0)
    assert set(load_file(tmp_path / 'whole.safetensors')) == set(whole.state_dict())
