"""Rings of known size, angle and curvature."""

from __future__ import annotations

import numpy as np


def rectangle(width: float, height: float, angle_deg: float = 0.0, center=(100.0, 100.0)):
    """A ring from the top-left, rotated clockwise on the screen."""
    corners = np.array([[-1, -1], [1, -1], [1, 1], [-1, 1]]) * (width / 2, height / 2)
    angle = np.radians(angle_deg)
    turn = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
    return corners @ turn + center


def arc_ring(start_deg, end_deg, radius, height, points=30, center=(300.0, 300.0)):
    angles = np.radians(np.linspace(start_deg, end_deg, points))
    unit = np.stack([np.cos(angles), np.sin(angles)], axis=1)
    return np.concatenate([unit * (radius + height), unit[::-1] * radius]) + center
