"""A line that says what is being done, and what is told of a job at its end."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from il15_sim.cli.group import fail, warn
from il15_sim.interrupts import raise_lost

if TYPE_CHECKING:
    from il15_sim.jobs.folder import Finished


@contextmanager
def progress() -> Iterator[Callable[[str], None]]:
    """A line on stderr, only where somebody watches."""
    from tqdm import tqdm

    with tqdm(file=sys.stderr, leave=False, disable=None, bar_format="{desc} [{elapsed}]") as bar:

        def tell(words: str) -> None:
            raise_lost()  # libraries drop what a signal raised inside their callbacks
            bar.set_description_str(words)

        yield tell


def end_with(jobs: Iterable[Finished], place: Path) -> None:
    """Tell warnings and failures of finished jobs, and last where they lie; exit 1 on a failure.

    The other parts' results stand; but nobody should take them for the whole.
    """
    done = list(jobs)
    for line in [line for job in done for line in job.warnings]:
        warn(line)
    failed = [line for job in done for line in job.failed]
    for line in failed:
        fail(line)
    click.echo(place)
    if failed:
        click.get_current_context().exit(1)
