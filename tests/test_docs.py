"""The README is true: its commands run and print what it shows.

``python tests/test_docs.py --write`` puts the present output into the README.
"""

from __future__ import annotations

import contextlib
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from kg.store import open_store
from queries.ask import ask

ROOT = Path(__file__).resolve().parent.parent
README = ROOT / "README.md"
CONSOLE = re.compile(r"```console\n\$ (?P<command>[^\n]+)\n(?P<output>.*?)```", re.S)


def run_shown(command: str, store: Path) -> str:
    """Run a command of the README on the bundled graph and return what a reader would see."""
    environment = {**os.environ, "KG_STORE": str(store), "PYTHONPATH": str(ROOT)}
    words = command.replace("kg ", f"'{sys.executable}' -m app.cli ", 1)
    done = subprocess.run(
        words, shell=True, cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )
    return done.stdout + done.stderr


def make_store(folder: Path) -> Path:
    store = folder / "kg.sqlite"
    run_shown("kg ingest ingest/lists", store)
    return store


@pytest.fixture(scope="module")
def bundled_store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_store(tmp_path_factory.mktemp("docs"))


EXAMPLES = [
    (m.group("command"), m.group("output")) for m in CONSOLE.finditer(README.read_text("utf-8"))
]


def test_the_readme_shows_five_examples() -> None:
    assert len(EXAMPLES) >= 5
    assert all(output.strip() for _, output in EXAMPLES)


@pytest.mark.parametrize(("command", "output"), EXAMPLES, ids=[c for c, _ in EXAMPLES])
def test_an_example_prints_what_the_readme_shows(
    command: str, output: str, bundled_store: Path
) -> None:
    assert run_shown(command, bundled_store) == output


@pytest.mark.parametrize(
    "question", re.findall(r'^kg ask "([^"]+)"$', README.read_text("utf-8"), re.MULTILINE)
)
def test_a_question_of_the_readme_has_an_answer(question: str, bundled_store: Path) -> None:
    with contextlib.closing(open_store(str(bundled_store))) as store:
        assert ask(store, question).answers


def test_the_python_example_runs(bundled_store: Path) -> None:
    code = re.search(r"```python\n(.*?)```", README.read_text("utf-8"), re.S)
    assert code is not None
    source = code.group(1).replace(".demo/kg.sqlite", str(bundled_store))
    done = subprocess.run(
        [sys.executable, "-c", source], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert "LLaVA-1.5" in done.stdout
    assert "Video-LLaMA2" in done.stdout


def test_every_command_is_in_the_readme_or_explains_itself_with_an_example() -> None:
    from app.cli import main

    for name, command in main.commands.items():
        assert "Example:" in (command.help or ""), f"kg {name} --help has no example"


def test_every_exit_code_is_in_the_readme() -> None:
    text = README.read_text("utf-8")
    assert "0 done, 1 failed, 2 usage, 3 name unknown" in text


def _write() -> None:
    with tempfile.TemporaryDirectory() as folder:
        store = make_store(Path(folder))
        text = CONSOLE.sub(
            lambda m: f"```console\n$ {m['command']}\n{run_shown(m['command'], store)}```",
            README.read_text("utf-8"),
        )
    README.write_text(text, "utf-8")


if __name__ == "__main__" and "--write" in sys.argv:
    _write()
