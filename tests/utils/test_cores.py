from pathlib import Path

import pytest

from pipeline.utils.cores import multiplies_bfloat16


@pytest.mark.parametrize(
    'text, expected',
    [
        ('processor\t: 0\nflags\t\t: fpu avx512_bf16 amx_bf16 amx_tile\n', True),
        ('vendor_id\t: GenuineIntel\nflags\t\t: fpu avx512_bf16\n', False),
        ('vendor_id\t: AuthenticAMD\nflags\t\t: fpu avx512_bf16\n', True),
        ('vendor_id\t: AuthenticAMD\nflags\t\t: fpu avx2\n', False),
        ('model name\t: amx_bf16\nflags\t\t: fpu\n', False),
    ],
)
def test_multiplies_bfloat16_reads_the_flags_of_the_processor(tmp_path, text, expected):
    (tmp_path / 'cpuinfo').write_text(text)
    assert multiplies_bfloat16(tmp_path / 'cpuinfo') is expected


def test_multiplies_bfloat16_is_false_without_a_description():
    assert multiplies_bfloat16(Path('missing')) is False
