"""Calls from Numba code into compiled model code, for the programs that time its functions."""

from __future__ import annotations

from typing import Any

from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic


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
