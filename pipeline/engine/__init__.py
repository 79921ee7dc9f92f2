"""What MMEngine's training loop lacks for this project: bf16 on the CPU, memory format."""

from pipeline.engine.bfloat16_optim_wrapper import BFloat16OptimWrapper
from pipeline.engine.channels_last_hook import ChannelsLastHook
from pipeline.engine.lost_words_hook import LostWordsHook
from pipeline.engine.throughput_hook import ThroughputHook

__all__ = ['BFloat16OptimWrapper', 'ChannelsLastHook', 'LostWordsHook', 'ThroughputHook']
