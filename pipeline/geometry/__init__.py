"""Polygons of words: rings, sides, overlap and clipping.

Convention:
    - Coordinates are pixels, (x, y), y down. Pixel (column i, row j) covers the
      square from (i, j) to (i + 1, j + 1), so its centre is (i + 0.5, j + 0.5) and
      an image is the rectangle from (0, 0) to (width, height). Scaling an image by s
      scales its polygons by s, and mirroring it maps x to width - x.
    - A ring is an ordered polygon: clockwise on the screen, from the top-left of the
      first character. A ring of 2k points has k points along the top of the word and
      k points back along the bottom.
"""

from pipeline.geometry.arc import Arc, fit_arc
from pipeline.geometry.clip import clip_to_image
from pipeline.geometry.overlap import polygon_iou, polygon_shape
from pipeline.geometry.ring import (
    check_polygon,
    image_ring,
    is_clockwise,
    make_clockwise,
    next_points,
    polygon_area,
    signed_area,
)
from pipeline.geometry.ring_order import (
    CURVED_FILL,
    enclosing_quad,
    fit_sides,
    min_area_quad,
    order_quad,
    order_ring,
)
from pipeline.geometry.rotate import rotate_points, rotated_size
from pipeline.geometry.sides import (
    box_along,
    grow_ring,
    join_sides,
    polyline_length,
    resample_polyline,
    ring_size,
    ring_to_quad,
    split_sides,
    turn_ring,
)

__all__ = [
    'CURVED_FILL',
    'Arc',
    'box_along',
    'check_polygon',
    'clip_to_image',
    'enclosing_quad',
    'fit_arc',
    'fit_sides',
    'grow_ring',
    'image_ring',
    'is_clockwise',
    'join_sides',
    'make_clockwise',
    'min_area_quad',
    'next_points',
    'order_quad',
    'order_ring',
    'polygon_area',
    'polygon_iou',
    'polygon_shape',
    'polyline_length',
    'resample_polyline',
    'ring_size',
    'ring_to_quad',
    'rotate_points',
    'rotated_size',
    'signed_area',
    'split_sides',
    'turn_ring',
]
