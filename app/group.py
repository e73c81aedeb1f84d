"""What all commands share: the group ``kg``, its store, and errors told in words."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING, Any, TypeVar

import click

from kg.errors import InputError, KGError, NotFoundError, SetupError
from kg.store import default_store_path, has_store, is_server, open_store

if TYPE_CHECKING:
    from kg.store import Store

_F = TypeVar("_F", bound=Callable[..., Any])

EXIT_FAILED, EXIT_USAGE, EXIT_UNKNOWN = 1, 2, 3
"""Exit codes beside 0 (done, also with rejected lines)."""


def store_option(command: _F) -> _F:
    """Let ``--store`` stand before or after the subcommand."""

    def remember(context: click.Context, _: click.Parameter, value: str | None) -> None:
        if value is not None:
            context.meta["kg.store"] = value

    return click.option(
        "--store",
        metavar="FILE|URL",
        expose_value=False,
        callback=remember,
        is_eager=True,
        help="The store to use, a file or neo4j://HOST; before or after the command.",
    )(command)


@contextmanager
def opened(*, create: bool = False) -> Iterator[Store]:
    """Open the store that the command line names, for the time of a block."""
    url = store_url()
    with closing(open_store(url, create=create, password=password_for(url))) as store:
        yield store


def password_for(url: str | None) -> str | None:
    """Ask for the password of a server, where somebody is there to answer and none is set."""
    if not is_server(url) or os.environ.get("KG_NEO4J_PASSWORD") or not _somebody_answers():
        return None
    user = os.environ.get("KG_NEO4J_USER") or "neo4j"
    told: str = click.prompt(
        f"Password of {user}", default="", hide_input=True, show_default=False, err=True
    )
    return told or None


def _somebody_answers() -> bool:
    return sys.stdin.isatty()


def store_url() -> str | None:
    """Return the store that the command line names, if it does."""
    url = click.get_current_context().meta.get("kg.store")
    return None if url is None else str(url)


class Group(click.Group):
    """Translates the project's errors to a message and an exit code, at this one place."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Read the arguments; without any there is help where there is no store yet."""
        self.no_args_is_help = not args and not has_store()
        return super().parse_args(ctx, args)

    def invoke(self, ctx: click.Context) -> Any:
        """Run a command; an error of ours ends it with a message and its exit code."""
        try:
            return super().invoke(ctx)
        except NotFoundError as error:
            _fail(error, EXIT_UNKNOWN)
        except SetupError as error:
            _fail(error, EXIT_USAGE)
        except KGError as error:
            _fail(
                error,
                EXIT_USAGE if isinstance(error, InputError) and not error.source else EXIT_FAILED,
            )
        except BrokenPipeError:
            sys.stderr.close()
            sys.exit(0)


def _fail(error: KGError, code: int) -> None:
    from app.terminal import clean

    lines = str(error).splitlines() or [type(error).__name__]
    click.echo(
        "\n".join(
            click.style(f"kg: {clean(lines[0])}", fg="red") if i == 0 else clean(x)
            for i, x in enumerate(lines)
        ),
        err=True,
    )
    sys.exit(code)


@click.group(
    cls=Group,
    invoke_without_command=True,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 80},
    epilog=f"Without --store and KG_STORE the store is {default_store_path()}.",
)
@store_option
@click.version_option(package_name="research-kg", prog_name="kg")
@click.pass_context
def main(context: click.Context) -> None:
    """Papers, models and datasets from curated lists, every fact with its line.

    \b
    Example:
      kg ingest my-lists/
      kg ask "which models use LLaVA-665K"
    """
    if context.invoked_subcommand is None:
        from app.reader import show_status

        show_status(as_json=False)
