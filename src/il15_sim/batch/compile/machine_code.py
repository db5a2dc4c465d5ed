"""From LLVM IR text to functions in memory, through the cache on disk."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import llvmlite
import llvmlite.binding as llvm

from il15_sim.batch.compile.code_cache import CodeCache, code_key


@dataclass(frozen=True)
class MachineCode:
    """Loaded functions by name, and what is known about them."""

    addresses: dict[str, int]
    description: dict[str, Any]
    seconds: float  # spent on compiling; zero where the code came from the cache
    _engine: Any  # owns the memory of the functions


@cache
def _generator() -> str:
    """Hash of the sources of the batch engine: other sources write other code."""
    sources = sorted(Path(__file__).parents[1].rglob("*.py"))
    return hashlib.sha256(b"".join(path.read_bytes() for path in sources)).hexdigest()


@cache
def _target() -> tuple[str, str]:
    llvm.initialize_native_target()
    llvm.initialize_native_asmprinter()
    return llvm.get_host_cpu_name(), llvm.get_host_cpu_features().flatten()


def _machine() -> Any:
    cpu, features = _target()
    target = llvm.Target.from_default_triple()
    return target.create_target_machine(
        cpu=cpu, features=features, opt=2, reloc="pic", codemodel="jitdefault"
    )


def key_of(**parts: str) -> str:
    """Key of code on this kind of processor with this compiler."""
    cpu, features = _target()
    version = ".".join(map(str, llvm.llvm_version_info))
    return code_key(
        generator=_generator(),
        llvm=version,
        llvmlite=llvmlite.__version__,
        cpu=cpu,
        features=features,
        **parts,
    )


def compile_text(text: str) -> bytes:
    """Object code of a module of LLVM IR text, optimised for this processor."""
    module = llvm.parse_assembly(text)
    module.verify()
    machine = _machine()
    options = llvm.create_pipeline_tuning_options(speed_level=2)
    # The text is vectors already, and its loops are short.
    options.loop_vectorization = False
    options.slp_vectorization = False
    builder = llvm.create_pass_builder(machine, options)
    builder.getModulePassManager().run(module, builder)
    code: bytes = machine.emit_object(module)
    return code


def load_code(code: bytes, names: list[str]) -> tuple[dict[str, int], Any]:
    """Addresses of functions in object code, and the engine that keeps them in memory."""
    _target()
    engine = llvm.create_mcjit_compiler(llvm.parse_assembly(""), _machine())
    engine.add_object_file(llvm.ObjectFileRef.from_data(code))
    engine.finalize_object()
    addresses = {name: engine.get_function_address(name) for name in names}
    missing = sorted(name for name, address in addresses.items() if not address)
    if missing:
        raise RuntimeError(f"compiled code lacks {', '.join(missing)}")
    return addresses, engine


def build(
    key: str,
    names: list[str],
    make: Any,
    store: CodeCache | None = None,
    before: Callable[[], object] | None = None,
) -> MachineCode:
    """Load the code of a key from the cache, or make and keep it.

    `make()` returns (text, description); it is called only where the cache has nothing, and
    `before()` before it.
    """
    store = CodeCache() if store is None else store
    found = store.load(key)
    seconds = 0.0
    if found is None:
        if before is not None:
            before()
        begin = time.perf_counter()
        text, description = make()
        code = compile_text(text)
        seconds = time.perf_counter() - begin
        store.store(key, code, description)
    else:
        code, description = found
    addresses, engine = load_code(code, names or list(description["functions"]))
    return MachineCode(addresses, description, seconds, engine)
