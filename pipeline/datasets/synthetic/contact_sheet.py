"""Overview image of written scenes, for visual inspection."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from pipeline.io import read_image


def draw_contact_sheet(
    folder: Path,
    records: Sequence[dict[str, Any]],
    columns: int = 10,
    tile_px: int = 320,
    polygons: bool = True,
) -> np.ndarray:
    """Draw scenes in a grid with the polygons of words in green and of ignored words in gray.

    Args:
        folder: Folder that 'img_path' of the records is relative to.
        records: MMOCR samples with 'img_path' and 'instances'.
        columns: Number of scenes per row.
        tile_px: Longer side of a scene on the sheet, in pixels.
        polygons: Whether to draw polygons.

    Returns:
        (H, W, 3) uint8 BGR.

    Raises:
        ImageReadError: If the image of a scene cannot be read.
    """
    tiles = []
    for record in records:
        image = read_image(folder / record['img_path'])
        scale = tile_px / max(image.shape[:2])
        tile = cv2.resize(image, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
        for word in record['instances'] if polygons else ():
            points = np.array(word['polygon']).reshape(-1, 2) * scale
            color = (128, 128, 128) if word['ignore'] else (0, 255, 0)
            cv2.polylines(tile, [points.round().astype(np.int32)], True, color, 1, cv2.LINE_AA)
        square = np.zeros((tile_px, tile_px, 3), np.uint8)
        square[: tile.shape[0], : tile.shape[1]] = tile
        tiles.append(square)
    while len(tiles) % min(columns, len(tiles)):
        tiles.append(np.zeros((tile_px, tile_px, 3), np.uint8))
    columns = min(columns, len(tiles))
    rows = [np.hstack(tiles[i : i + columns]) for i in range(0, len(tiles), columns)]
    return np.vstack(rows)
