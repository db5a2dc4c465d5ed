"""Addresses in Numba code: calls into compiled model code, and views of memory."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

from llvmlite import ir
from numba import carray, njit, types
from numba.core import cgutils
from numba.extending import intrinsic

from il15_sim.batch.layout import LANES


@intrinsic
def call(typingctx: Any, function: Any, *arrays: Any) -> Any:
    """`call(function, a, b, ...)`: a function gets the addresses of its arrays."""
    arrays = arrays[0] if len(arrays) == 1 and isinstance(arrays[0], tuple) else arrays

    def codegen(context: Any, builder: Any, signature: Any, values: Any) -> Any:
        pointer = ir.IntType(8).as_pointer()
        given = [builder.inttoptr(a, pointer) for a in cgutils.unpack_tuple(builder, values[1])]
        kind = ir.FunctionType(ir.VoidType(), [pointer] * len(given))
        builder.call(builder.inttoptr(values[0], kind.as_pointer()), given)
        return context.get_dummy_value()

    return types.void(function, types.StarArgTuple(arrays)), codegen


@intrinsic
def _pointer(typingctx: Any, address: Any) -> Any:
    def codegen(context: Any, builder: Any, signature: Any, values: Any) -> Any:
        return builder.inttoptr(values[0], cgutils.voidptr_t)

    return types.voidptr(address), codegen


@njit
def floats(address: int, count: int) -> Any:
    """Doubles at an address, shape (count,)."""
    return carray(_pointer(address), (count,), types.float64)


@njit
def integers(address: int, count: int) -> Any:
    """Integers of 64 bits at an address, shape (count,)."""
    return carray(_pointer(address), (count,), types.int64)


@njit
def lanes_at(address: int, count: int) -> Any:
    """Doubles of all lanes at an address, shape (count, LANES)."""
    return carray(_pointer(address), (count, LANES), types.float64)


def keep_on_disk(function: Any) -> None:
    """Keep a compiled function on disk until any file of this package changes.

    Numba by itself looks at the file of the function only, not at those that it calls.
    """
    from numba.core.caching import FunctionCache

    sources = sorted(Path(__file__).parent.glob("*.py"))
    stamp = hashlib.sha256(b"".join(path.read_bytes() for path in sources)).hexdigest()
    kept = FunctionCache(function.py_func)
    kept._cache_file._source_stamp = stamp
    function._cache = kept
