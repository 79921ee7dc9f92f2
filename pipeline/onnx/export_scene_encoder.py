"""Export of a context encoder to ONNX."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from pipeline.clipter.encoder import ClipImageEncoder
from pipeline.onnx.export import export_graph

FILE = 'scene_encoder.onnx'


class SceneEncoderGraph(nn.Module):
    """Resized images (I, height, width, 3) uint8 BGR -> pooled scene tokens (I, S, C)."""

    def __init__(self, encoder: ClipImageEncoder) -> None:
        super().__init__()
        self.tower = encoder.tower  # its weights belong to the graph
        self.pool = encoder.pool
        self.encode = encoder._tower.encode
        self.grid_size = encoder.grid_size
        self.mean: Tensor
        self.std: Tensor
        self.register_buffer('mean', encoder.mean * 255)
        self.register_buffer('std', encoder.std * 255)

    def forward(self, images: Tensor) -> Tensor:
        """Scene tokens after the pooling."""
        values = images.permute(0, 3, 1, 2).flip(1).float()
        return self.pool(self.encode((values - self.mean) / self.std), self.grid_size)


def export_scene_encoder(encoder: ClipImageEncoder, folder: Path) -> dict[str, Any]:
    """Write ``scene_encoder.onnx``; the number of images is dynamic.

    Args:
        encoder: Context encoder on the CPU.
        folder: Output folder.

    Returns:
        Settings of :class:`pipeline.onnx.scene_encoder.OnnxSceneEncoder`, as JSON values.
    """
    fast = torch.backends.mha.get_fastpath_enabled()
    torch.backends.mha.set_fastpath_enabled(False)  # ONNX has no operator for it
    try:
        export_graph(
            SceneEncoderGraph(encoder),
            torch.zeros(1, *encoder.image_size, 3, dtype=torch.uint8),
            folder / FILE,
            {'images': {0: 'I'}, 'tokens': {0: 'I'}},
        )
    finally:
        torch.backends.mha.set_fastpath_enabled(fast)
    return {
        'file': FILE,
        'image_size': list(encoder.image_size),
        'interpolation': encoder.interpolation,
        'encoder': encoder.fingerprint,
    }
