"""Processes that stay alive from study to study; one that dies takes no other study with it."""

from __future__ import annotations

import json
import os
import queue
import signal
import subprocess
import sys
import threading
from typing import TYPE_CHECKING, Any

from walkshed.batch.unit import FAILED, ended

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from walkshed.batch.jobs import Job

_PATIENCE_S = 20.0


def cores() -> int:
    """Return how many cores this process may use."""
    if sys.platform == "linux":
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def run_all(
    jobs: Sequence[Job], *, processes: int, offline: bool = False
) -> Iterator[tuple[int, dict[str, Any]]]:
    """Run studies in parallel and yield each one's number and what came of it, as they end.

    Parameters
    ----------
    jobs
        The studies.
    processes
        How many run at once.
    offline
        Never use the network.

    Yields
    ------
    tuple of int and dict
        The place in ``jobs``, and what :func:`walkshed.batch.unit.run_one` returns.
    """
    pool = _Pool(jobs, offline=offline)
    try:
        pool.start(min(processes, len(jobs)))
        for _ in jobs:
            yield pool.next_answer()
    finally:
        pool.close()


class _Pool:
    """Threads that each feed one process."""

    def __init__(self, jobs: Sequence[Job], *, offline: bool) -> None:
        self._waiting: queue.SimpleQueue[tuple[int, dict[str, Any]]] = queue.SimpleQueue()
        for number, job in enumerate(jobs):
            self._waiting.put((number, {"study": job.study, "out": job.out, "offline": offline}))
        self._answers: queue.SimpleQueue[tuple[int, dict[str, Any]] | BaseException] = queue.SimpleQueue()
        self._lock = threading.Lock()
        self._closed = False
        self._workers: list[subprocess.Popen[str]] = []
        self._threads: list[threading.Thread] = []

    def start(self, count: int) -> None:
        self._threads = [threading.Thread(target=self._feed, daemon=True) for _ in range(count)]
        for thread in self._threads:
            thread.start()

    def next_answer(self) -> tuple[int, dict[str, Any]]:
        while True:
            try:
                # with an end, because a wait without one cannot be interrupted on Windows
                answer = self._answers.get(timeout=0.5)
            except queue.Empty:
                continue
            if isinstance(answer, BaseException):
                raise answer
            return answer

    def close(self) -> None:
        """End all processes: those at work are interrupted and tidy up, so that no half-written folder stays."""
        with self._lock:
            self._closed = True
            alive = [worker for worker in self._workers if worker.poll() is None]
        for worker in alive:
            if os.name == "posix":
                worker.send_signal(signal.SIGINT)
        for worker in alive:
            try:
                worker.wait(_PATIENCE_S)
            except subprocess.TimeoutExpired:
                worker.kill()
                worker.wait()
        for thread in self._threads:
            thread.join(_PATIENCE_S)

    def _feed(self) -> None:
        """Take one study after the other until none is left."""
        worker: subprocess.Popen[str] | None = None
        try:
            while True:
                try:
                    number, job = self._waiting.get_nowait()
                except queue.Empty:
                    break
                worker = worker or self._new_worker()
                if worker is None:
                    break
                answer = _asked(worker, job)
                if answer is None:
                    _finish(worker)
                    answer = _lost(job, worker.returncode)
                    worker = None
                self._answers.put((number, answer))
        except BaseException as error:  # noqa: BLE001 - the thread that waits must hear of it
            self._answers.put(error)
        finally:
            if worker is not None:
                _finish(worker)

    def _new_worker(self) -> subprocess.Popen[str] | None:
        with self._lock:
            if self._closed:
                return None
            worker = subprocess.Popen(
                [sys.executable, "-m", "walkshed.batch.worker"],
                stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                text=True, encoding="ascii",
                # the keyboard's interruption reaches this process alone, which passes it on once
                start_new_session=os.name == "posix",
            )  # fmt: skip
            self._workers.append(worker)
            return worker


def _asked(worker: subprocess.Popen[str], job: dict[str, Any]) -> dict[str, Any] | None:
    """Return a process's answer, or None where it has died."""
    if worker.stdin is None or worker.stdout is None:
        return None
    try:
        worker.stdin.write(json.dumps(job) + "\n")
        worker.stdin.flush()
        line = worker.stdout.readline()
        answer: dict[str, Any] | None = json.loads(line) if line.endswith("\n") else None
    except OSError:
        return None
    return answer


def _finish(worker: subprocess.Popen[str]) -> None:
    """Let a process end by itself, and close its pipes."""
    for pipe in (worker.stdin, worker.stdout):
        if pipe is not None:
            try:
                pipe.close()
            except OSError:
                continue
    try:
        worker.wait(_PATIENCE_S)
    except subprocess.TimeoutExpired:
        worker.kill()
        worker.wait()


def _lost(job: dict[str, Any], code: int | None) -> dict[str, Any]:
    said = ended(code)
    messages = [f"{said.en} · {said.zh}"]
    return {
        "study": job["study"], "folder": job["out"], "status": FAILED, "messages": messages, "seconds": None,
    }  # fmt: skip
