"""How commands end: every fault of the user in one line, whatever the terminal can take."""

from __future__ import annotations

import errno
import logging
import os
import sys
import traceback
import warnings
from collections.abc import Sequence
from contextlib import suppress
from typing import Any

import click

from il15_sim.errors import InputError, closest
from il15_sim.interrupts import TERMINATED, sigterm_raises

INTERRUPTED = 130
#: Exit code of a process whose reader has left, as shells tell it (`il15-sim list | head -1`).
UNREAD = 128 + 13
# Failures of what is written to; they come without a file name.
_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO)
_DEBUG = "il15_sim.debug"


class Command(click.Command):
    """A command that takes `--debug`, and lists it last."""

    def get_params(self, ctx: click.Context) -> list[click.Parameter]:
        """The parameters, `--debug` and `--help` included."""
        *own, last = super().get_params(ctx)
        debug = click.Option(
            ["--debug"],
            is_flag=True,
            expose_value=False,
            is_eager=True,
            callback=_keep_debug,
            help="Show the traceback of an error.",
        )
        return [*own, debug, last]


def _keep_debug(ctx: click.Context, _param: click.Parameter, value: bool) -> None:
    if value and not ctx.meta.get(_DEBUG):
        ctx.meta[_DEBUG] = True
        log = logging.getLogger("il15_sim")
        log.setLevel(logging.DEBUG)
        log.addHandler(handler := logging.StreamHandler())
        ctx.find_root().call_on_close(lambda: log.removeHandler(handler))


class Commands(Command, click.Group):
    """A group that tells every fault of the user in one line, and suggests what was meant."""

    def main(
        self,
        args: Sequence[str] | None = None,
        prog_name: str | None = None,
        complete_var: str | None = None,
        standalone_mode: bool = True,
        **extra: Any,
    ) -> Any:
        """Run and exit: 0 all well, 1 a part failed, 2 bad input or a full disk.

        130 after Ctrl-C, 141 where the reader of the output has left, 143 after SIGTERM.
        """
        if not standalone_mode:
            return super().main(args, prog_name, complete_var, False, **extra)
        _prepare_streams()
        try:
            with sigterm_raises(), warnings.catch_warnings():
                warnings.showwarning = _show_warning
                code = super().main(args, prog_name, complete_var, False, **extra)
        except click.ClickException as error:
            fail(_told(error, self))
            code = error.exit_code
        except click.Abort:
            _tell_interrupted()
            code = INTERRUPTED
        sys.exit(code if isinstance(code, int) else 0)

    def make_context(
        self, info_name: str | None, args: list[str], parent: Any = None, **extra: Any
    ) -> click.Context:
        """Read the words in front of the command; `--help` and `--version` print here."""
        try:
            return super().make_context(info_name, args, parent, **extra)
        except OSError as error:
            raise click.exceptions.Exit(_output_lost(error)) from None

    def invoke(self, ctx: click.Context) -> Any:
        """Run a command; bad input ends with its line and exit code 2."""
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt:
            _tell_interrupted()
            ctx.exit(INTERRUPTED)
        except SystemExit as end:
            if end.code == TERMINATED:
                _tell_interrupted()
            raise
        except (InputError, OSError) as error:
            if ctx.meta.get(_DEBUG):
                traceback.print_exc()
            # Without a file name it is no fault of a place that the user named.
            if isinstance(error, OSError) and error.filename is None:
                ctx.exit(_output_lost(error))
            line = str(error)
            if isinstance(error, OSError):
                line = f"{error.filename}: {error.strerror or type(error).__name__}"
            fail(line)
            ctx.exit(2)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """The command of that name, or an error with the closest one."""
        name = args[0] if args else ""
        if name and self.get_command(ctx, name) is None and not name.startswith("-"):
            near = closest(name, self.list_commands(ctx))
            hint = f"did you mean '{near}'?" if near else "see il15-sim --help"
            raise click.UsageError(f"no such command '{name}'; {hint}", ctx)
        return super().resolve_command(ctx, args)

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The commands in the order in which a user meets them."""
        return list(self.commands)


def fail(line: str) -> None:
    """Tell an error on standard error."""
    _tell(f"error: {line}")


def warn(line: str) -> None:
    """Tell a warning on standard error."""
    _tell(f"warning: {line}")


def _prepare_streams() -> None:
    """Make standard output and error take any text, wherever they lead."""
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        if stream is None:  # closed by whoever started this process
            setattr(sys, name, open(os.devnull, "w", encoding="utf-8"))  # noqa: SIM115
        # A terminal without Greek letters must not lose a result over a title.
        elif stream.errors == "strict" and hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")


def _show_warning(message: Warning | str, *_place: object, **_more: object) -> None:
    """A warning of any library in one line; where it was raised is of no use to a reader."""
    warn(" ".join(str(message).split()))


def _tell_interrupted() -> None:
    _tell("interrupted; nothing half written")


def _tell(line: str) -> None:
    with suppress(OSError):  # nobody is left to tell
        click.echo(line, err=True)


def _told(error: click.ClickException, group: click.Group) -> str:
    """A usage error in one line, the closest option included."""
    if isinstance(error, click.NoSuchOption):
        ctx = error.ctx
        known = [o for p in ctx.command.get_params(ctx) for o in p.opts] if ctx else []
        near = closest(error.option_name, known)
        hint = f"; did you mean {near}?" if near else ""
        word = error.option_name.lstrip("-")
        if word in group.commands:
            hint = f"; 'il15-sim {word}' is a command of its own"
        return f"no such option {error.option_name}{hint}"
    message = error.format_message()
    told = "--help" in message or "did you mean" in message
    if isinstance(error, click.UsageError) and error.ctx is not None and not told:
        message = f"{message.rstrip('.')}; see {error.ctx.command_path} --help"
    return " ".join(message.split())


def _output_lost(error: OSError) -> int:
    """Exit code where output cannot be written; any other failure is raised again."""
    unread = isinstance(error, BrokenPipeError)
    if error.filename is not None or not (unread or error.errno in _FULL):
        raise error
    # Python writes what is left once more as it ends, and would tell the failure again.
    with suppress(OSError, ValueError, AttributeError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    if unread:
        return UNREAD
    fail(f"the output cannot be written: {error.strerror}")
    return 2
