"""``clipter report-detector`` from a checkout: ``python tools/report_detector.py --help``."""

import sys

from pipeline.cli.report_detector import main

if __name__ == '__main__':
    sys.exit(main())
