"""Many studies in one go: which, each by itself, in parallel processes, and what came of them.

>>> from walkshed.batch import run_one
>>> run_one("no/such/study.toml")["status"]
'failed'
"""

from __future__ import annotations

from walkshed.batch.every import Batch, run_batch
from walkshed.batch.jobs import Job, read_jobs
from walkshed.batch.unit import run_one

__all__ = ["Batch", "Job", "read_jobs", "run_batch", "run_one"]
