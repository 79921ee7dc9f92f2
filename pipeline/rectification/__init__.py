"""Straightening: from word polygons in a photo to crops that a recognizer reads."""

from .perspective import warp_quad
from .rectifier import Rectifier
from .thin_plate_spline import warp_thin_plate_spline
from .unroll import unroll_polygon

__all__ = ['Rectifier', 'unroll_polygon', 'warp_quad', 'warp_thin_plate_spline']
