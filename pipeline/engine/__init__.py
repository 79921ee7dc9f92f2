"""Extensions of MMEngine's loops: bfloat16 training, word evaluation, hooks for logs and checks."""

import pipeline.compat  # noqa: F401  makes MMOCR importable
from pipeline.engine.bfloat16_optim_wrapper import BFloat16OptimWrapper
from pipeline.engine.channels_last_hook import ChannelsLastHook
from pipeline.engine.context_cache_hook import ContextCacheHook
from pipeline.engine.frozen_backbone_hook import FrozenBackboneHook
from pipeline.engine.frozen_features_hook import FrozenFeaturesHook
from pipeline.engine.gate_log_hook import GateLogHook
from pipeline.engine.lost_words_hook import LostWordsHook
from pipeline.engine.optional_tensorboard import OptionalTensorboardVisBackend
from pipeline.engine.pretrained_init import WrappedPretrainedInit
from pipeline.engine.reading_pictures_hook import ReadingPicturesHook
from pipeline.engine.restore_norms_hook import RestoreNormsHook
from pipeline.engine.throughput_hook import ThroughputHook
from pipeline.engine.unwrap_checkpoint_hook import UnwrapCheckpointHook
from pipeline.engine.word_evaluator import WordEvaluator

__all__ = [
    'BFloat16OptimWrapper',
    'ChannelsLastHook',
    'ContextCacheHook',
    'FrozenBackboneHook',
    'FrozenFeaturesHook',
    'GateLogHook',
    'LostWordsHook',
    'OptionalTensorboardVisBackend',
    'ReadingPicturesHook',
    'RestoreNormsHook',
    'ThroughputHook',
    'UnwrapCheckpointHook',
    'WordEvaluator',
    'WrappedPretrainedInit',
]
