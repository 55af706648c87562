"""The only door to the kernel's library: loading it, and calling its functions with numpy arrays.

A call checks each argument (type, C-contiguity, writeability of outputs) before C sees an address; lengths are the
caller's affair. ctypes releases the GIL during a call: other threads run meanwhile, and must leave the arrays alone.
"""

from __future__ import annotations

import ctypes
import sys
from functools import cache
from operator import index
from pathlib import Path
from typing import TYPE_CHECKING, Any, Generic, TypeVar

import numpy as np

from walkshed.errors import KernelError, Text
from walkshed.kernel.recipe import library_name, source_digest, sources

if TYPE_CHECKING:
    from collections.abc import Callable

T = TypeVar("T")

_FOLDER = Path(__file__).parent
_BYTES = ctypes.c_char * 0  # as an argument: the address of the buffer it was made from
_INT64_END = 1 << 63


@cache
def library() -> ctypes.CDLL:
    """Return the library, loaded and checked once in a process.

    Raises
    ------
    KernelError
        An ImportError: the library is missing, is of another machine, or was built from other sources than those beside it.

    Examples
    --------
    >>> library() is library()
    True
    """
    return opened(_FOLDER)


def opened(folder: Path) -> ctypes.CDLL:
    """Return the library of a folder, checked against the sources that stand beside it, if there are any."""
    path = folder / library_name(sys.platform)
    if not path.exists():
        raise _unusable(Text("is missing", "不存在"), path)
    try:
        found = ctypes.CDLL(str(path))
        tell = found.walkshed_source_digest
    except (OSError, AttributeError) as error:
        raise _unusable(Text(f"cannot be loaded ({error})", f"无法加载（{error}）"), path) from error
    tell.restype = ctypes.c_char_p
    if sources(folder) and (tell() or b"").decode() != source_digest(folder):
        raise _unusable(Text("was built from other sources", "由其他版本的源代码编译"), path)
    return found


def _unusable(what: Text, path: Path) -> KernelError:
    return KernelError(
        Text(
            f"walkshed's compiled part {path} {what.en}: install walkshed again "
            "(python -m pip install ., or in a checkout python -m pip install -e . or make)",
            f"walkshed 的编译部分 {path} {what.zh}：请重新安装 walkshed"
            "（python -m pip install .，在源码目录中用 python -m pip install -e . 或 make）",
        )
    )


def _array(dtype: np.dtype[Any], *, out: bool = False) -> Callable[[Any], Any]:
    """Return the kind of an array: what gives its address where it is of this type, and as C expects it."""
    buffer: Callable[[Any], Any] = _BYTES.from_buffer

    def address(array: Any) -> Any:
        if not isinstance(array, np.ndarray):
            raise TypeError(f"the kernel takes a numpy array of {dtype}, not {type(array).__name__}")
        if array.dtype is not dtype and array.dtype != dtype:
            raise TypeError(f"the kernel takes an array of {dtype}, not of {array.dtype}")
        flags = array.flags
        if flags.carray:
            return buffer(array)  # the quickest way to the address
        if not (flags.c_contiguous and flags.aligned):
            raise ValueError("the kernel takes arrays that are C-contiguous and aligned")
        if out:
            raise ValueError("the kernel cannot write into a read-only array")
        return ctypes.c_void_p(array.ctypes.data)

    return address


def _integer(value: Any) -> ctypes.c_int64:
    number = index(value)
    if not -_INT64_END <= number < _INT64_END:  # ctypes would cut it off in silence
        raise OverflowError(f"{number} does not fit into 64 bits")
    return ctypes.c_int64(number)


INT = _integer
"""An int64_t: any integer that fits."""
DOUBLE = ctypes.c_double
"""A double: any real number."""
INT32 = _array(np.dtype(np.int32))
INT64 = _array(np.dtype(np.int64))
FLOAT32 = _array(np.dtype(np.float32))
FLOAT64 = _array(np.dtype(np.float64))
UINT8 = _array(np.dtype(np.uint8))
BOOL = _array(np.dtype(np.bool_))
"""Arrays that C reads: ``const int32_t *`` and so on, ``const uint8_t *`` of 0 and 1 for BOOL."""
OUT_INT32 = _array(np.dtype(np.int32), out=True)
OUT_INT64 = _array(np.dtype(np.int64), out=True)
OUT_FLOAT32 = _array(np.dtype(np.float32), out=True)
OUT_FLOAT64 = _array(np.dtype(np.float64), out=True)
OUT_UINT8 = _array(np.dtype(np.uint8), out=True)
OUT_BOOL = _array(np.dtype(np.bool_), out=True)
"""Arrays that C writes: they must be writeable, and overlap no other argument."""


class Struct:
    """Numbers and arrays that C takes as one ``struct``; it keeps the arrays.

    Parameters
    ----------
    fields
        In C's order: the kind of each, and its value.
    """

    def __init__(self, *fields: tuple[Callable[[Any], Any], Any]) -> None:
        self.arrays = [value for _, value in fields if isinstance(value, np.ndarray)]
        members: list[Any] = []
        for kind, value in fields:
            member = kind(value)
            if isinstance(value, np.ndarray):
                member = ctypes.c_void_p(value.ctypes.data)
            members.append(member)
        types = [(f"member_{number}", type(member)) for number, member in enumerate(members)]
        made = type("Members", (ctypes.Structure,), {"_fields_": types})
        self.members = made(*members)


def _struct(value: Any) -> Any:
    if not isinstance(value, Struct):
        raise TypeError(f"the kernel takes a Struct, not {type(value).__name__}")
    return ctypes.byref(value.members)


STRUCT = _struct
"""A ``const`` pointer to a struct."""


class Result(Generic[T]):
    """What a function returns: its C type, and what becomes of the value."""

    def __init__(self, restype: Any, made: Callable[[Any], T]) -> None:
        self.restype, self.made = restype, made


def _counted(value: int) -> int:
    if value < 0:  # WALKSHED_NO_MEMORY
        raise MemoryError
    return value


NOTHING: Result[None] = Result(None, lambda _: None)
"""A ``void`` function."""
AN_INT: Result[int] = Result(ctypes.c_int64, int)
"""An ``int64_t``, as it is."""
A_COUNT: Result[int] = Result(ctypes.c_int64, _counted)
"""An ``int64_t`` that is never negative but where there was no memory, which raises MemoryError."""
A_DOUBLE: Result[float] = Result(ctypes.c_double, float)
"""A ``double``."""
A_TEXT: Result[str] = Result(ctypes.c_char_p, lambda value: value.decode())
"""A ``const char *`` of ASCII that the library keeps."""


class Function(Generic[T]):
    """A function of the library, made by :func:`declare`; the library is loaded at the first call."""

    def __init__(self, name: str, kinds: tuple[Callable[[Any], Any], ...], result: Result[T]) -> None:
        self.name = name
        self._kinds, self._result = kinds, result
        self._call: Any = None

    def __call__(self, *arguments: Any) -> T:
        """Check the arguments, call the function, return what it answers."""
        if len(arguments) != len(self._kinds):
            raise TypeError(f"{self.name} takes {len(self._kinds)} arguments, not {len(arguments)}")
        passed = [kind(argument) for kind, argument in zip(self._kinds, arguments, strict=True)]
        call = self._call or self._found()
        return self._result.made(call(*passed))

    def _found(self) -> Any:
        call = library()[self.name]  # by index: a new object, whose result type is ours alone
        call.restype = self._result.restype
        self._call = call
        return call


def declare(name: str, *kinds: Callable[[Any], Any], result: Result[T]) -> Function[T]:
    """Declare a function of the library.

    Parameters
    ----------
    name
        The function's name in C.
    kinds
        One for each parameter, in C's order: ``INT`` and ``DOUBLE``; arrays that are read: ``INT32``, ``INT64``,
        ``FLOAT32``, ``FLOAT64``, ``UINT8``, ``BOOL``; arrays that are written: ``OUT_INT32`` and so on; a :class:`Struct` of them: ``STRUCT``.
    result
        ``NOTHING``, ``AN_INT``, ``A_COUNT``, ``A_DOUBLE`` or ``A_TEXT``.

    Returns
    -------
    Function
        To be called with one argument for each kind. It raises TypeError for another type of number or number of
        arguments, ValueError for an array that is not C-contiguous or, as an output, read-only, OverflowError for an
        integer of more than 64 bits, and KernelError where the library cannot be used. It does not know how long an array
        must be: that is the caller's affair.

    Examples
    --------
    >>> digest = declare("walkshed_source_digest", result=A_TEXT)
    >>> len(digest())
    64
    """
    return Function(name, kinds, result)
