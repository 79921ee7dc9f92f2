"""Packages of the wheel, with the configs; all metadata is in pyproject.toml."""

from pathlib import Path

from setuptools import find_namespace_packages, find_packages, setup
from setuptools.command.build_py import build_py

# Folders beside pipeline/ that the wheel contains inside the package.
CONFIGS = [
    'pipeline.configs',
    *(
        f'pipeline.configs.{name}'
        for name in find_namespace_packages('configs', exclude=['*__pycache__*'])
    ),
]
DICTIONARIES = 'pipeline.data.dicts'


class BuildWithConfigs(build_py):
    """Adapts the paths from configs to the package, which is one folder nearer in the wheel."""

    def run(self):
        super().run()
        if self.editable_mode:
            return
        for path in Path(self.build_lib, 'pipeline', 'configs').rglob('*.py'):
            text = path.read_text(encoding='utf-8')
            path.write_text(text.replace('../../pipeline/', '../../'), encoding='utf-8')


setup(
    packages=[*find_packages(include=['pipeline', 'pipeline.*']), *CONFIGS, DICTIONARIES],
    cmdclass={'build_py': BuildWithConfigs},
    package_dir={'pipeline.configs': 'configs', 'pipeline.data': 'data'},
    package_data={
        'pipeline': [
            'py.typed',
            'weights/*',
            'weights/onnx/*',
            'datasets/synthetic/words/*.txt',
            'recognition/language/*.txt',
            'analysis/submission/assets/*',
            'serve/page/*',
        ],
        DICTIONARIES: ['*.txt'],
    },
)
