"""The rules that hold for the whole code: who may import whom, what is documented, what is loaded.

Read from the source with `ast`; a violation is shown as file:line.
"""

from __future__ import annotations

import ast
import copy
import inspect
import json
import pickle
import re
import shutil
import subprocess
import sys
import tomllib
import warnings
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

import ingest
import kg.errors
import queries
from kg.errors import KGError

ROOT = Path(__file__).resolve().parents[1]

MAY_IMPORT = {
    "kg": {"kg"},
    "ingest": {"ingest", "kg"},
    "queries": {"queries", "kg"},
    "app": {"app", "ingest", "queries", "kg"},
}
"""Package -> packages of ours that it may import. Nobody else imports app."""

ROOMS = {
    "sqlite3": r"kg/sqlite/.*",
    "neo4j": r"kg/neo4j/.*",
    "markdown_it": r"ingest/blocks\.py",
    "selectolax": r"ingest/blocks\.py",
    "bibtexparser": r"ingest/from_bibtex\.py",
    "click": r"app/.*",
    "ahocorasick_rs": r"ingest/arxiv/naming\.py",
    "networkx": r"queries/networks\.py",
    "arxiv": r"ingest/arxiv/search\.py",
}
"""Library -> the only files that may import it, anywhere in the file."""

OPTIONAL = {
    "ahocorasick_rs",
    "arxiv",
    "lxml",
    "neo4j",
    "networkx",
    "torch",
    "plotly",
    "dash",
    "sentence_transformers",
}
"""Libraries of extras: imported inside functions only."""

SLOW = {
    "torch",
    "plotly",
    "dash",
    "arxiv",
    "networkx",
    "bibtexparser",
    "markdown_it",
    "ftfy",
    "sentence_transformers",
}
"""Libraries that a command loads only when it needs them."""

INNER = {
    r"kg/engine/.*": r"kg\.(sqlite|neo4j)\b.*",
    r"kg/\w+\.py": r"kg\.engine\b.*",
}
"""Files -> modules of ours that they may not import: the engine knows no store, and only stores
know the engine."""

Function = ast.FunctionDef | ast.AsyncFunctionDef


@cache
def parsed(file: Path) -> ast.Module:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a test of its own, below
        return ast.parse(file.read_text(encoding="utf-8"), filename=str(file))


def modules(*folders: str) -> list[Path]:
    """List the Python files under these folders of the repository."""
    return sorted(file for folder in folders for file in (ROOT / folder).rglob("*.py"))


def product() -> list[Path]:
    return modules(*MAY_IMPORT)


def place(file: Path, node: ast.AST) -> str:
    return f"{file.relative_to(ROOT).as_posix()}:{getattr(node, 'lineno', 1)}"


def imported(node: ast.AST, package: str) -> list[str]:
    """Name the top-level packages that a node imports, if it is an import."""
    if isinstance(node, ast.Import):
        return [alias.name.partition(".")[0] for alias in node.names]
    if isinstance(node, ast.ImportFrom):
        return [package if node.level else (node.module or "").partition(".")[0]]
    if (  # importlib.import_module("name")
        isinstance(node, ast.Call)
        and getattr(node.func, "attr", getattr(node.func, "id", "")) == "import_module"
        and node.args
        and isinstance(node.args[0], ast.Constant)
    ):
        return [str(node.args[0].value).partition(".")[0]]
    return []


def imports(file: Path) -> Iterator[tuple[ast.AST, str]]:
    """Give every import of a file, also inside functions, with the package it names."""
    package = file.relative_to(ROOT).parts[0]
    for node in ast.walk(parsed(file)):
        for name in imported(node, package):
            yield node, name


def modules_named(node: ast.Import | ast.ImportFrom) -> list[str]:
    """Name the whole modules that an import names, and what it takes from them."""
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    return [f"{node.module}.{alias.name}" for alias in node.names]


def loaded_on_import(node: ast.AST) -> Iterator[ast.AST]:
    """Walk a module without what does not run on import: functions, TYPE_CHECKING blocks."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, Function | ast.Lambda):
            continue
        if isinstance(child, ast.If) and "TYPE_CHECKING" in ast.unparse(child.test):
            continue
        yield child
        yield from loaded_on_import(child)


def public(
    body: list[ast.stmt], prefix: str = ""
) -> Iterator[tuple[str, Function | ast.ClassDef, bool]]:
    """Give the public classes, functions and methods: name, node, and whether it is a method."""
    for node in body:
        if isinstance(node, ast.If | ast.Try):  # defined under a condition
            yield from public(list(ast.iter_child_nodes(node)), prefix)  # type: ignore[arg-type]
        if not isinstance(node, Function | ast.ClassDef) or node.name.startswith("_"):
            continue
        yield prefix + node.name, node, bool(prefix)
        if isinstance(node, ast.ClassDef):
            yield from public(node.body, f"{prefix}{node.name}.")


# ---------------------------------------------------------------------- who imports whom


def test_every_package_has_modules_to_look_at() -> None:
    assert {file.relative_to(ROOT).parts[0] for file in product()} == set(MAY_IMPORT)


@pytest.mark.parametrize("package", MAY_IMPORT)
def test_a_package_imports_only_the_packages_below_it(package: str) -> None:
    wrong = [
        f"{place(file, node)} imports {name}"
        for file in modules(package)
        for node, name in imports(file)
        if name in MAY_IMPORT and name not in MAY_IMPORT[package]
    ]
    assert not wrong


@pytest.mark.parametrize("files", INNER)
def test_inside_kg_stores_know_the_engine_and_nobody_knows_a_store(files: str) -> None:
    wrong = [
        f"{place(file, node)} imports {name}"
        for file in modules("kg")
        if re.fullmatch(files, file.relative_to(ROOT).as_posix())
        for node in ast.walk(parsed(file))
        if isinstance(node, ast.Import | ast.ImportFrom)
        for name in modules_named(node)
        if re.fullmatch(INNER[files], name)
    ]
    assert not wrong


def test_only_the_rooms_of_stores_name_their_database() -> None:
    """Also not in words: a rule that knows its database is in the wrong room."""
    wrong = [
        f"{file.relative_to(ROOT).as_posix()} speaks of {word}"
        for file in modules("kg/engine")
        for word in ("sqlite", "SELECT ", "INSERT ", "MATCH (", "_db")
        if word in file.read_text(encoding="utf-8")
    ]
    assert not wrong


@pytest.mark.parametrize("library", ROOMS)
def test_a_library_is_imported_only_in_its_room(library: str) -> None:
    room = re.compile(ROOMS[library])
    wrong = [
        f"{place(file, node)} imports {name}"
        for file in product()
        for node, name in imports(file)
        if name == library and not room.fullmatch(file.relative_to(ROOT).as_posix())
    ]
    assert not wrong


def test_libraries_of_extras_are_never_imported_at_module_level() -> None:
    wrong = [
        f"{place(file, node)} imports {name}"
        for file in product()
        for node in loaded_on_import(parsed(file))
        for name in imported(node, "")
        if name in OPTIONAL
    ]
    assert not wrong


def test_the_packages_imported_are_those_of_the_repository() -> None:
    for package in (kg, ingest, queries):
        assert package.__file__ is not None
        assert Path(package.__file__).resolve().is_relative_to(ROOT)


# ---------------------------------------------------------------------- what is loaded


def modules_after(code: str) -> set[str]:
    """Run code in a fresh interpreter and name the top-level modules it has loaded."""
    code += "\nimport json, sys\nsys.stderr.write('\\n' + json.dumps(list(sys.modules)))"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, encoding="utf-8", check=False
    )
    assert done.returncode == 0, done.stderr
    return {name.partition(".")[0] for name in json.loads(done.stderr.splitlines()[-1])}


def test_importing_kg_loads_no_slow_library() -> None:
    loaded = modules_after("import kg, kg.errors, kg.store, kg.sqlite.store")
    assert "kg" in loaded
    assert not sorted(loaded & SLOW)


def test_help_of_the_command_loads_no_slow_library() -> None:
    loaded = modules_after(
        "import sys\n"
        "from app.cli import main\n"
        "sys.argv = ['kg', '--help']\n"
        "try:\n    main()\n"
        "except SystemExit as end:\n    assert not end.code, end.code"
    )
    assert "click" in loaded
    assert not sorted(loaded & SLOW)


# ---------------------------------------------------------------------- what is in the code


def test_every_module_compiles_without_a_warning() -> None:
    wrong = []
    for file in product() + modules("benchmarks"):
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            compile(file.read_text(encoding="utf-8"), str(file), "exec")
        wrong += [f"{file.relative_to(ROOT)}:{w.lineno} {w.message}" for w in caught]
    assert not wrong


def test_nothing_is_printed_outside_app_and_benchmarks() -> None:
    wrong = [
        place(file, node)
        for file in modules("kg", "ingest", "queries")
        for node in ast.walk(parsed(file))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name)
        and node.func.id in {"print", "pprint"}
    ]
    assert not wrong


def test_no_statement_is_an_assert_outside_tests() -> None:
    wrong = [
        place(file, node)
        for file in product() + modules("benchmarks")
        for node in ast.walk(parsed(file))
        if isinstance(node, ast.Assert)
    ]
    assert not wrong


def test_everything_public_has_a_docstring() -> None:
    wrong = []
    for file in product():
        tree = parsed(file)
        if not ast.get_docstring(tree):
            wrong.append(f"{place(file, tree)} the module")
        wrong += [
            f"{place(file, node)} {name}"
            for name, node, _ in public(tree.body)
            if not ast.get_docstring(node)
        ]
    assert not wrong


def unannotated(node: Function, *, is_method: bool) -> list[str]:
    """Name the parameters without a type, and 'return' when the result has none."""
    positional = node.args.posonlyargs + node.args.args
    static = any(getattr(d, "id", "") == "staticmethod" for d in node.decorator_list)
    if is_method and not static:
        positional = positional[1:]
    rest = [arg for arg in (node.args.vararg, node.args.kwarg) if arg is not None]
    missing = [
        arg.arg for arg in positional + node.args.kwonlyargs + rest if arg.annotation is None
    ]
    return missing + ["return"] * (node.returns is None)


def test_every_public_function_is_fully_annotated() -> None:
    wrong = [
        f"{place(file, node)} {name}: {', '.join(missing)}"
        for file in product()
        for name, node, is_method in public(parsed(file).body)
        if isinstance(node, Function) and (missing := unannotated(node, is_method=is_method))
    ]
    assert not wrong


# ---------------------------------------------------------------------- errors

ERRORS = [
    kind
    for _, kind in inspect.getmembers(kg.errors, inspect.isclass)
    if issubclass(kind, BaseException) and kind.__module__ == "kg.errors"
]
EXAMPLES = {"str": "words", "int": 7, "bool": True, "float": 0.5, "tuple": ("one", "two")}
"""A value for an attribute of each type, none of them a default."""


def attributes(kind: type[BaseException]) -> dict[str, inspect.Parameter]:
    """Give the keyword-only parameters of an error: its attributes."""
    parameters = inspect.signature(kind.__init__).parameters
    return {name: p for name, p in parameters.items() if p.kind is p.KEYWORD_ONLY}


def example_error(kind: type[BaseException]) -> BaseException:
    """Make an error with a value for each of its attributes."""
    given = {
        name: EXAMPLES[re.split(r"\W", str(parameter.annotation))[0]]
        for name, parameter in attributes(kind).items()
    }
    return kind("what was wrong", **given)


@pytest.mark.parametrize("kind", ERRORS)
def test_every_error_is_a_kgerror(kind: type[BaseException]) -> None:
    assert issubclass(kind, KGError)


@pytest.mark.parametrize("kind", ERRORS)
def test_every_error_survives_pickling_and_copying_with_its_attributes(
    kind: type[BaseException],
) -> None:
    error = example_error(kind)
    protocols = range(pickle.HIGHEST_PROTOCOL + 1)
    for again in [pickle.loads(pickle.dumps(error, p)) for p in protocols] + [copy.copy(error)]:
        assert type(again) is kind
        assert str(again) == str(error) == "what was wrong"
        assert again.args == error.args
        assert vars(again) == vars(error)
        assert set(vars(again)) >= set(attributes(kind))


@pytest.mark.parametrize("kind", ERRORS)
def test_every_error_keeps_what_it_was_given(kind: type[BaseException]) -> None:
    error = example_error(kind)
    for name, parameter in attributes(kind).items():
        assert getattr(error, name) != parameter.default


# ---------------------------------------------------------------------- the repository


def test_the_changelog_has_a_section_for_the_version() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    changelog = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    headings = re.findall(r"^## \[?([^\]\s]+)", changelog, flags=re.MULTILINE)
    assert {project["version"], "Unreleased"} & set(headings)


def tracked_files() -> list[Path]:
    """List the files that git knows, or skip."""
    git = shutil.which("git")
    if git is None or not (ROOT / ".git").exists():
        pytest.skip("not a git checkout, or no git")
    done = subprocess.run(
        [git, "-c", "safe.directory=*", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True
    )
    files = [ROOT / name for name in done.stdout.decode().split("\0") if name]
    return [file for file in files if file.is_file()]


def test_no_tracked_file_holds_a_path_of_one_machine_or_a_package_registry() -> None:
    # Put together here, so that this file does not hold them. A path begins after a blank, a
    # quote, ... or '//', not inside another path or after a variable.
    folders = "|".join(["wo" + "rk", "ro" + "ot", "tm" + "p"])
    hosts = ["py" + "pi.org", "python" + "hosted.org", "npm" + "js.org", "crates" + ".io"]
    hosts += ["ana" + "conda.org", "ana" + "conda.com"]
    pattern = r"(?<![\w.~})-])/(?:" + folders + ")/|" + "|".join(map(re.escape, hosts))
    forbidden = re.compile(pattern.encode())
    files = tracked_files()
    assert files
    wrong = [
        f"{file.relative_to(ROOT)}:{number} {found.group().decode()}"
        for file in files
        for number, line in enumerate(file.read_bytes().splitlines(), 1)
        for found in forbidden.finditer(line)
    ]
    assert not wrong
