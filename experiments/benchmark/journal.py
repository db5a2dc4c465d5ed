"""Finished parts of a measurement, on disk as they come: an interrupted benchmark goes on."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

import il15_sim


@dataclass(frozen=True)
class Part:
    """One call of one engine: the sets [first, last), its times, an error per set (NaN: failed)."""

    first: int
    last: int
    wall_s: float
    cpu_s: float
    errors: list[float]


class Journal:
    """Lines of JSON: the identity of the measurement, then its parts by key."""

    def __init__(self, path: Path, identity: str) -> None:
        """Read what an interrupted run of the same identity left, else start anew."""
        self._path = path
        self.parts: dict[str, Part] = {}
        lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
        if lines and lines[0] == json.dumps(identity):
            for line in lines[1:]:
                try:
                    told = json.loads(line)
                except json.JSONDecodeError:  # cut off in the middle of writing
                    continue
                key = told.pop("key")
                self.parts[key] = Part(**told)
        path.parent.mkdir(parents=True, exist_ok=True)
        text = [json.dumps(identity), *(self._line(k, p) for k, p in self.parts.items())]
        path.write_text("\n".join(text) + "\n", encoding="utf-8")

    def add(self, key: str, part: Part) -> None:
        """Keep a part."""
        self.parts[key] = part
        with self._path.open("a", encoding="utf-8") as file:
            file.write(self._line(key, part) + "\n")

    def close(self) -> None:
        """Everything is measured: the next run starts anew."""
        self._path.unlink()

    @staticmethod
    def _line(key: str, part: Part) -> str:
        return json.dumps({"key": key} | asdict(part))


def identity_of(values: np.ndarray, *texts: str) -> str:
    """Hash of the parameter sets, of texts, and of the package and the benchmark themselves."""
    digest = hashlib.sha256(np.ascontiguousarray(values).tobytes())
    folders = (Path(il15_sim.__file__).parent, Path(__file__).parent)
    for folder in folders:
        for path in sorted(folder.rglob("*.py")):
            digest.update(path.read_bytes())
    for text in texts:
        digest.update(text.encode() + b"\0")
    return digest.hexdigest()
