"""Work that a second process does while the first goes on."""

from __future__ import annotations

import gc
import os
import signal
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from multiprocessing.connection import Connection

T = TypeVar("T")


class Meanwhile(Generic[T]):
    """What a copy of this process works out; made by :meth:`start`.

    The copy has everything that the first process had when it was made, so that nothing is read or sent but the
    answer. It says nothing: where it fails, the first process does the work itself and says what is the matter.
    """

    def __init__(self, process: Any, answer: Connection) -> None:
        self._process, self._answer = process, answer

    @classmethod
    def start(cls, work: Callable[[], T]) -> Meanwhile[T] | None:
        """Start the work; None where a process cannot be copied, or there is no second core.

        Parameters
        ----------
        work
            Gives the answer, which must be picklable.
        """
        if not hasattr(os, "fork") or sys.platform == "darwin" or (os.cpu_count() or 1) < 2:
            return None  # macOS has fork, but its own libraries do not outlive it
        import multiprocessing

        context = multiprocessing.get_context("fork")
        receiver, sender = context.Pipe(duplex=False)
        process = context.Process(target=_answer, args=(work, receiver, sender), daemon=True)
        gc.freeze()  # what both have stays where it is, and is held once
        try:
            with _not_interrupted():
                process.start()
        except OSError:
            return None
        sender.close()
        return cls(process, receiver)

    def result(self) -> T | None:
        """Wait for the answer; None where there is none."""
        try:
            answer: T = self._answer.recv()
        except (EOFError, OSError):
            return None
        finally:
            self.stop()
        return answer

    def stop(self) -> None:
        """End the work, if it has not ended."""
        self._answer.close()
        self._process.terminate()
        self._process.join()


def _answer(work: Callable[[], Any], receiver: Connection, sender: Connection) -> None:
    """Do the work in the copy, and send what came of it."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # Ctrl-C ends it without a word
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})
    receiver.close()
    try:
        sender.send(work())
    except Exception:  # noqa: BLE001 - whatever it is: the first process meets it again, and says so
        sender.close()


@contextmanager
def _not_interrupted() -> Iterator[None]:
    """Let Ctrl-C wait until the copy knows what to do with it."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
