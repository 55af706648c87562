"""A key that is handed over to its service and to nobody else."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote, quote_plus

HIDDEN = "***"


class Secret:
    """A key and the name of the parameter that carries it.

    It prints as stars, cannot be pickled, and takes itself out of whatever a server sends back.

    Parameters
    ----------
    parameter
        What the service calls it in the address: ``key``, ``ak``, ``tk``.
    value
        The key.

    Examples
    --------
    >>> key = Secret("key", "0123456789abcdef")
    >>> key
    Secret('key', ***)
    >>> key.scrubbed({"info": "no such key: 0123456789abcdef"})
    {'info': 'no such key: ***'}
    """

    __slots__ = ("_value", "parameter")

    def __init__(self, parameter: str, value: str) -> None:
        self.parameter = parameter
        self._value = value

    def __repr__(self) -> str:
        return f"Secret({self.parameter!r}, {HIDDEN})"

    def __reduce__(self) -> Any:
        raise TypeError("a key is not written anywhere")

    def pair(self) -> tuple[str, str]:
        """Return the parameter with the key, for the one request that carries it."""
        return self.parameter, self._value

    def scrubbed(self, data: Any) -> Any:
        """Return what a server sent without the key, wherever it stands in it."""
        if isinstance(data, str):
            for shape in {self._value, quote(self._value, safe=""), quote_plus(self._value)}:
                data = data.replace(shape, HIDDEN)
            return data
        if isinstance(data, dict):
            return {self.scrubbed(key): self.scrubbed(value) for key, value in data.items()}
        if isinstance(data, list):
            return [self.scrubbed(value) for value in data]
        # a key of digits may come back as a number
        return HIDDEN if isinstance(data, int) and str(data) == self._value else data
