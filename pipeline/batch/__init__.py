"""Reading of many images on many machines, in parts; the machines are those of Ray."""

from pipeline.batch.part_folder import Part, PartFolder, plan_parts
from pipeline.batch.part_reader import PartReader, ReaderSettings
from pipeline.batch.ray_run import RaySettings

__all__ = ['Part', 'PartFolder', 'PartReader', 'RaySettings', 'ReaderSettings', 'plan_parts']
