"""Rectification: from word polygons of an image to straight crops for a recognizer."""

from pipeline.rectification.perspective import warp_quad
from pipeline.rectification.rectifier import Rectifier
from pipeline.rectification.thin_plate_spline import warp_thin_plate_spline
from pipeline.rectification.unroll import unroll_polygon

__all__ = ['Rectifier', 'unroll_polygon', 'warp_quad', 'warp_thin_plate_spline']
