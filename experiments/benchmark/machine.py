"""What measured times depend on beside the code: processor, compilers, versions."""

from __future__ import annotations

import json
import os
import platform
import subprocess
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import llvmlite.binding as llvm

_PACKAGES = ("il15-sim", "numpy", "scipy", "numba", "llvmlite", "libroadrunner", "xarray", "zarr")


def describe(tools: dict[str, str] | None = None) -> dict[str, object]:
    """The machine and the versions; nothing that names it or its folders."""
    about = _processor()
    return {
        "processor": ", ".join(
            f"{k} {about[k]}"
            for k in ("model name", "cpu family", "model", "stepping")
            if k in about
        )
        or platform.processor(),
        "llvm_processor": llvm.get_host_cpu_name(),
        "megahertz": about.get("cpu MHz", ""),
        "cache": about.get("cache size", ""),
        "avx512": "avx512f" in about.get("flags", "").split(),
        "cores": os.cpu_count(),
        "system": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
        "python_compiler": platform.python_compiler(),
        "llvm": ".".join(map(str, llvm.llvm_version_info)),
        "compilers": {name: _first_line(name) for name in ("g++", "gfortran")},
        "packages": {name: found for name in _PACKAGES if (found := _version(name))},
        "tools": tools or {},
    }


def write(path: Path, tools: dict[str, str] | None = None) -> None:
    """`describe` as JSON; a program without further tools keeps those that the file names."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if tools is None and path.exists():
        tools = json.loads(path.read_text(encoding="utf-8"))["tools"]
    path.write_text(json.dumps(describe(tools), indent=2) + "\n", encoding="utf-8")


def _processor() -> dict[str, str]:
    """Lines of the first processor in /proc/cpuinfo, where there is one."""
    try:
        text = Path("/proc/cpuinfo").read_text(encoding="utf-8")
    except OSError:
        return {}
    parts = (line.partition(":") for line in text.split("\n\n")[0].splitlines())
    return {name.strip(): value.strip() for name, _, value in parts}


def _first_line(compiler: str) -> str:
    try:
        told = subprocess.run([compiler, "--version"], capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        return "absent"
    return told.stdout.splitlines()[0]


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return ""
