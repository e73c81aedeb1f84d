"""The README is true: its commands run and print what it shows.

``python tests/test_docs.py --write`` puts the present output into the README.
"""

from __future__ import annotations

import configparser
import contextlib
import os
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import click
import pytest
import yaml

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
    assert "0 done, 1 failed, 2 usage, 3 name unknown,\n75 another update" in text


# ---------------------------------------------------------------------- set-ups for schedulers


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", README.read_text("utf-8"), re.S)


def kg_commands(script: str) -> list[list[str]]:
    """Every call of kg in a line of a shell, as words."""
    calls = re.split(r"&&|\|\||;", script)
    words = [shlex.split(c.replace("\\%", "%")) for c in calls]
    return [w for w in words if w and w[0].endswith("kg")]


def check_kg(words: list[str]) -> None:
    """See that a command of kg takes these options and arguments."""
    from app.cli import main

    found: click.Command = main
    rest = words[1:]
    while isinstance(found, click.Group):
        found = found.commands[rest.pop(0)]
    # Under the group as in life: a command remembers the names of its help option.
    with click.Context(main, info_name="kg", **main.context_settings) as group:
        found.make_context(found.name, rest, parent=group)


def test_the_line_for_cron_is_one() -> None:
    (table,) = blocks("cron")
    limits = ((0, 59), (0, 23), (1, 31), (1, 12), (0, 7))
    lines = [line for line in table.splitlines() if line and not line.startswith("#")]
    assert lines
    for line in lines:
        *when, command = line.split(None, 5)
        for field, (low, high) in zip(when, limits, strict=True):
            assert field == "*" or low <= int(field) <= high
        # In a crontab a bare % is a line end.
        assert re.search(r"(?<!\\)%", command) is None
        commands = kg_commands(command)
        assert [w[1] for w in commands] == ["update", "digest"]
        for words in commands:
            check_kg(words)


def test_the_units_for_systemd_are_ones(tmp_path: Path) -> None:
    known = {
        "Unit": {"Description"},
        "Service": {"Type", "ExecStart", "SuccessExitStatus"},
        "Timer": {"OnCalendar", "Persistent"},
        "Install": {"WantedBy"},
    }
    names = []
    for text in blocks("ini"):
        name = re.match(r"# \S*/(\S+)", text)
        assert name is not None
        names.append(name.group(1))
        unit = configparser.ConfigParser(interpolation=None, comment_prefixes=("#",))
        unit.optionxform = str  # type: ignore[method-assign, assignment]
        unit.read_string(text)
        for section in unit.sections():
            assert set(unit[section]) <= known[section]
        if unit.has_section("Service"):
            (words,) = kg_commands(unit["Service"]["ExecStart"])
            check_kg(words)
        (tmp_path / names[-1]).write_text(text)
    assert names == ["kg-update.service", "kg-update.timer"]
    if shutil.which("systemd-analyze"):
        calendar = configparser.ConfigParser(interpolation=None)
        calendar.read(tmp_path / "kg-update.timer")
        when = calendar["Timer"]["OnCalendar"]
        subprocess.run(["systemd-analyze", "calendar", when], check=True, capture_output=True)


def test_the_workflow_for_github_is_one() -> None:
    (text,) = (b for b in blocks("yaml") if "runs-on" in b)
    workflow = yaml.safe_load(text)
    # YAML 1.1 reads the key 'on' as true.
    begins = workflow.get("on", workflow.get(True))
    assert re.fullmatch(r"(\S+ ){4}\S+", begins["schedule"][0]["cron"])
    (job,) = workflow["jobs"].values()
    assert job["runs-on"]
    ran = []
    for step in job["steps"]:
        assert ("uses" in step) != ("run" in step)
        assert re.fullmatch(r"[\w-]+/[\w-]+@v\d+", step.get("uses", "actions/x@v1"))
        for words in kg_commands(step.get("run", "")):
            check_kg(words)
            ran.append(words[1])
    assert ran == ["ingest", "watch", "update", "digest"]


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
