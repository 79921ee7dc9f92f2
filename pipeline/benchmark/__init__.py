"""Speed and memory of a spotter, in total and per stage."""

import pipeline.compat  # noqa: F401  makes MMOCR importable
from pipeline.benchmark.against import Comparison, build_rapidocr, check_rapidocr, compare
from pipeline.benchmark.cold_start import ColdStart, measure_cold_start
from pipeline.benchmark.context_cost import (
    ContextCost,
    add_random_context,
    measure_context_cost,
)
from pipeline.benchmark.crop_cost import CropCost, measure_crop_cost
from pipeline.benchmark.detector_cost import DetectorCost, build_peer, measure_detector_cost
from pipeline.benchmark.machine import describe_machine
from pipeline.benchmark.memory import Memory, current_memory, reset_peak
from pipeline.benchmark.photos import draw_photos
from pipeline.benchmark.runs import Soak, Throughput, measure_throughput, soak
from pipeline.benchmark.stage_clock import STAGES, StageClock

__all__ = [
    'STAGES',
    'ColdStart',
    'Comparison',
    'ContextCost',
    'CropCost',
    'DetectorCost',
    'Memory',
    'Soak',
    'StageClock',
    'Throughput',
    'add_random_context',
    'build_peer',
    'build_rapidocr',
    'check_rapidocr',
    'compare',
    'current_memory',
    'describe_machine',
    'draw_photos',
    'measure_cold_start',
    'measure_context_cost',
    'measure_crop_cost',
    'measure_detector_cost',
    'measure_throughput',
    'reset_peak',
    'soak',
]
