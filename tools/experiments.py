"""``clipter experiments`` from a checkout: ``python tools/experiments.py --help``."""

import sys

from pipeline.cli.experiments import main

if __name__ == '__main__':
    sys.exit(main())
