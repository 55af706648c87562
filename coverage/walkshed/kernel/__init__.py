"""The inner loops of walking access, in C.

Plain C11 without Python's headers: one shared library for every version of Python, called through ctypes with numpy
arrays. It is compiled when walkshed is installed (``hatch_build.py``); :mod:`walkshed.kernel.library` is the only door to
it, :mod:`walkshed.kernel.recipe` says what it is made of. Every function of it has a slow twin in Python among the tests.
"""
