"""Storage of the weights of exported networks."""

from __future__ import annotations

import io

import numpy as np
import onnx
import onnxruntime
import pytest
import torch
from onnx import TensorProto, numpy_helper
from torch import nn

from pipeline.backbones import PPLCNetV4
from pipeline.onnx.weights import fold_norms, store_in_half


def export(module: nn.Module, inputs: torch.Tensor) -> onnx.ModelProto:
    buffer = io.BytesIO()
    torch.onnx.export(
        module,
        (inputs,),
        buffer,
        dynamo=False,
        opset_version=17,
        do_constant_folding=False,
        training=torch.onnx.TrainingMode.PRESERVE,
    )
    return onnx.load_from_string(buffer.getvalue())


def run(model: onnx.ModelProto, inputs: torch.Tensor) -> np.ndarray:
    session = onnxruntime.InferenceSession(
        model.SerializeToString(), providers=['CPUExecutionProvider']
    )
    return session.run(None, {session.get_inputs()[0].name: inputs.numpy()})[0]


def random_norms(module: nn.Module) -> nn.Module:
    for norm in module.modules():
        if isinstance(norm, nn.BatchNorm2d):
            for values in (norm.weight, norm.bias, norm.running_mean, norm.running_var):
                nn.init.uniform_(values, 0.2, 2.0)
    return module.eval()


@pytest.mark.parametrize('bias', [True, False])
def test_fold_norms_keeps_the_outputs(bias: bool) -> None:
    torch.manual_seed(0)
    module = random_norms(
        nn.Sequential(
            nn.Conv2d(3, 8, 3, bias=bias), nn.BatchNorm2d(8), nn.ReLU(),
            nn.Conv2d(8, 8, 3, groups=8, bias=bias), nn.BatchNorm2d(8),
            nn.ConvTranspose2d(8, 4, 2, 2, bias=bias), nn.BatchNorm2d(4),
        )
    )  # fmt: skip
    inputs = torch.randn(1, 3, 12, 12)
    model = export(module, inputs)
    assert [n.op_type for n in model.graph.node].count('BatchNormalization') == 3
    fold_norms(model)
    onnx.checker.check_model(model)
    # Grouped convolutions are folded too: their gain is per output channel.
    assert 'BatchNormalization' not in [node.op_type for node in model.graph.node]
    with torch.no_grad():
        np.testing.assert_allclose(run(model, inputs), module(inputs).numpy(), atol=1e-5)


def test_fold_norms_folds_all_norms_of_the_backbone() -> None:
    backbone = random_norms(PPLCNetV4(8, (16, 24), (1, 2), ((0,), ()), strides=(2,), norm=True))
    inputs = torch.randn(1, 3, 32, 48)
    model = export(backbone, inputs)
    fold_norms(model)
    assert 'BatchNormalization' not in [node.op_type for node in model.graph.node]
    with torch.no_grad():
        np.testing.assert_allclose(run(model, inputs), backbone(inputs).numpy(), atol=1e-3)


def test_fold_norms_leaves_norms_whose_input_is_used_twice() -> None:
    class Shared(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.conv, self.norm = nn.Conv2d(3, 4, 1), nn.BatchNorm2d(4)

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            x = self.conv(x)
            return x + self.norm(x)

    torch.manual_seed(0)
    module, inputs = random_norms(Shared()), torch.randn(1, 3, 4, 4)
    model = export(module, inputs)
    fold_norms(model)
    assert 'BatchNormalization' in [node.op_type for node in model.graph.node]
    with torch.no_grad():
        np.testing.assert_allclose(run(model, inputs), module(inputs).numpy(), atol=1e-5)


def test_store_in_half_changes_no_value() -> None:
    torch.manual_seed(0)
    module = nn.Sequential(nn.Conv2d(3, 32, 3), nn.Conv2d(32, 32, 3))
    module[0].half().float()  # a layer as from a checkpoint in half precision
    inputs = torch.randn(1, 3, 8, 8)
    model = export(module, inputs)
    store_in_half(model)
    kinds = {weight.name: weight.data_type for weight in model.graph.initializer}
    assert kinds['0.weight_half'] == TensorProto.FLOAT16
    assert kinds['1.weight'] == TensorProto.FLOAT
    weight = next(w for w in model.graph.initializer if w.name == '0.weight_half')
    stored = numpy_helper.to_array(weight).astype(np.float32)
    assert np.array_equal(stored, module[0].weight.detach().numpy())
    with torch.no_grad():
        np.testing.assert_allclose(run(model, inputs), module(inputs).numpy(), atol=1e-5)
