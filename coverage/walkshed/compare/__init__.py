"""Before and after: what became different between two runs, from the files they wrote.

>>> from walkshed.compare import compare_runs
>>> compare_runs("no/such/folder", "nor/this")
Traceback (most recent call last):
...
walkshed.errors.InputError: no/such/folder: there is no such folder
nor/this: there is no such folder
"""

from __future__ import annotations

from walkshed.compare.comparison import Comparison, compare_results, compare_runs
from walkshed.compare.kept import KeptRun, read_run

__all__ = ["Comparison", "KeptRun", "compare_results", "compare_runs", "read_run"]
