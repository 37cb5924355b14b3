"""The rooms and the arrows between them, the cost of the daemon's imports, and what grew long."""

import ast
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "src/svwatch"

# room -> the rooms it may import besides itself; `cli` are the files of no room
ARROWS: dict[str, frozenset[str]] = {
    "core": frozenset(),
    "probe": frozenset({"core"}),
    "lang": frozenset({"core"}),
    "view": frozenset({"core"}),
    "shell": frozenset({"core", "probe", "lang", "view"}),
    "cli": frozenset({"core", "probe", "lang", "view", "shell"}),
}

# Names that read or change the world: a pure room may import none of them.
IMPURE = frozenset(
    {
        *("asyncio", "ctypes", "fcntl", "fileinput", "getpass", "glob", "grp", "importlib", "io"),
        *("locale", "logging", "mmap", "multiprocessing", "os", "pathlib", "platform", "pwd"),
        *("random", "resource", "secrets", "select", "selectors", "shutil", "signal", "socket"),
        *(
            "socketserver",
            "sqlite3",
            "ssl",
            "subprocess",
            "syslog",
            "tempfile",
            "threading",
            "time",
        ),
        *("urllib", "uuid", "psutil", "yaml", "apprise", "click", "inotify_simple", "requests"),
    }
)
# These take a time as an argument and read no clock.
PURE = frozenset({"time.localtime", "time.gmtime", "time.strftime"})
# `datetime` is needed to show wall time; its clocks are not.
CLOCKS = frozenset({"now", "utcnow", "today"})
CALLS = frozenset({"open", "print", "input", "exec", "eval", "__import__", "breakpoint"})

# A library that a single file may know, and the room of that file.
ONE_FILE = {"yaml": "lang", "apprise": "shell", "click": "cli"}

# Everything here would cost the daemon memory for as long as it runs (DESIGN, budgets).
TOO_DEAR = frozenset(
    {
        *("yaml", "click", "psutil", "apprise", "asyncio", "subprocess", "logging", "argparse"),
        *("dataclasses", "tempfile", "requests", "email", "http", "ssl", "multiprocessing"),
    }
)

BOUNDARIES = 3  # a turn, a delivery, a connection
BOUNDARY_FILE = "shell/daemon.py"

LONG_FUNCTION = 25
LONG_FILE = 300


class Import(NamedTuple):
    """One imported module, in which file, on which line."""

    file: str
    line: int
    module: str


def files(package: Path) -> list[Path]:
    """Give all source files below *package*."""
    return sorted(package.rglob("*.py"))


def imports(package: Path) -> Iterator[Import]:
    """Give every import of every file, lazy ones inside functions included."""
    for path in files(package):
        name = str(path.relative_to(package))
        for node in ast.walk(ast.parse(path.read_text())):
            for module in named(node, path, package):
                yield Import(name, getattr(node, "lineno", 0), module)


def named(node: ast.AST, path: Path, package: Path) -> list[str]:
    """Give the modules that *node* imports, `from svwatch import core` as `svwatch.core`."""
    match node:
        case ast.Import(names=names):
            return [alias.name for alias in names]
        case ast.ImportFrom(module=module, names=names, level=level):
            start = absolute(module, level, path, package)
            whole = start in {package.name, "time"}  # `from svwatch import shell` is an arrow
            return [f"{start}.{alias.name}" for alias in names] if whole else [start]
        case ast.Call(func=func, args=[ast.Constant(value=str(module)), *_]):
            called = func.attr if isinstance(func, ast.Attribute) else getattr(func, "id", "")
            return [module] if called in {"import_module", "__import__"} else []
        case _:
            return []


def absolute(module: str | None, level: int, path: Path, package: Path) -> str:
    """Give the full name of a relative import."""
    if level == 0:
        return module or ""
    here = [package.name, *path.relative_to(package).parts[:-1]]
    parts = here[: len(here) - level + 1]
    return ".".join([*parts, module] if module else parts)


def room(name: str) -> str:
    """Give the room of a file (`core/plan.py`) or of a module below the package (`core.plan`)."""
    first = name.replace("/", ".").split(".")[0]
    return first if first in ARROWS else "cli"


def wrong_arrows(package: Path) -> list[str]:
    """Give every import from a room that may not know the other."""
    found = []
    for item in imports(package):
        if not item.module.startswith(package.name + "."):
            continue
        source, target = room(item.file), room(item.module.removeprefix(package.name + "."))
        inner = item.module.removeprefix(package.name + ".").split(".")[0]
        if inner.startswith("__"):  # the version belongs to nobody
            continue
        if target != source and target not in ARROWS[source]:
            found.append(f"{item.file}:{item.line}: {source} imports {item.module}")
    return found


def impurities(package: Path) -> list[str]:
    """Give what core and view import or call that reads or changes the world."""
    found = [
        f"{item.file}:{item.line}: imports {item.module}"
        for item in imports(package)
        if room(item.file) in {"core", "view"}
        and item.module.split(".")[0] in IMPURE
        and item.module not in PURE
    ]
    for path in files(package):
        name = str(path.relative_to(package))
        if room(name) in {"core", "view"}:
            found += [f"{name}:{line}: calls {what}" for line, what in calls(path)]
    return found


def calls(path: Path) -> Iterator[tuple[int, str]]:
    """Give calls of clocks and of builtins that do input or output."""
    for node in ast.walk(ast.parse(path.read_text())):
        match node:
            case ast.Call(func=ast.Name(id=name)) if name in CALLS:
                yield node.lineno, name
            case ast.Call(func=ast.Attribute(attr=name)) if name in CLOCKS:
                yield node.lineno, name


def strangers(package: Path) -> list[str]:
    """Give the files that know a library which only one file may know, where there are more."""
    found = []
    for library, where in ONE_FILE.items():
        users = {item.file for item in imports(package) if item.module.split(".")[0] == library}
        many = len(users) > 1 and where != "cli"  # the command line is a file per kind of verb
        if many or any(room(user) != where for user in users):
            found.append(f"{library} is imported by {', '.join(sorted(users))}")
    return found


def broad_excepts(package: Path) -> list[str]:
    """Give every handler that catches everything, as `file:line`."""
    return [
        f"{path.relative_to(package)}:{node.lineno}"
        for path in files(package)
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.ExceptHandler) and catches_all(node.type)
    ]


def catches_all(kind: ast.expr | None) -> bool:
    """Tell whether an `except` names nothing, Exception or BaseException."""
    match kind:
        case None:
            return True
        case ast.Tuple(elts=kinds):
            return any(catches_all(one) for one in kinds)
        case _:
            return getattr(kind, "id", "") in {"Exception", "BaseException"}


def silent_handlers(package: Path) -> list[str]:
    """Give every handler that does nothing but `pass`."""
    found = []
    for path in files(package):
        for node in ast.walk(ast.parse(path.read_text())):
            match node:
                case ast.ExceptHandler(body=[ast.Pass() | ast.Expr(ast.Constant())]):
                    found.append(f"{path.relative_to(package)}:{node.lineno}")
    return found


def outliers(package: Path) -> Iterator[str]:
    """Give functions and files that are longer than agreed."""
    for path in files(package):
        name, text = path.relative_to(package), path.read_text()
        if (lines := len(text.splitlines())) > LONG_FILE:
            yield f"{name}: {lines} lines"
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                length = (node.end_lineno or 0) - node.lineno + 1
                if length > LONG_FUNCTION:
                    yield f"{name}:{node.lineno}: {node.name}, {length} lines"


# --- this tree -------------------------------------------------------------------------------


def test_arrows_run_one_way() -> None:
    assert wrong_arrows(PACKAGE) == []


def test_core_and_view_touch_nothing() -> None:
    assert impurities(PACKAGE) == []


def test_a_library_is_known_in_one_file() -> None:
    assert strangers(PACKAGE) == []


def test_everything_is_caught_at_three_boundaries_only() -> None:
    found = broad_excepts(PACKAGE)
    assert [place for place in found if not place.startswith(BOUNDARY_FILE)] == []
    assert len(found) <= BOUNDARIES


def test_no_trouble_is_swallowed() -> None:
    assert silent_handlers(PACKAGE) == []


def test_the_daemon_carries_no_dear_library() -> None:
    # what the interpreter and its site packages load by themselves is not ours
    program = "import sys; old = set(sys.modules); import svwatch.shell.daemon\n"
    program += "print(*sorted(set(sys.modules) - old), sep='\\n')"
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=False
    )
    if "No module named 'svwatch.shell.daemon'" in done.stderr:
        pytest.skip("there is no daemon yet")
    assert done.returncode == 0, done.stderr
    assert sorted({name.split(".")[0] for name in done.stdout.split()} & TOO_DEAR) == []


def test_long_functions_and_files_are_reported(
    record_property: Callable[[str, object], None],
) -> None:
    # a report, not a verdict: `pytest -rP tests/test_architecture.py` shows it
    found = list(outliers(PACKAGE))
    print(*found, sep="\n")
    record_property("outliers", found)


# --- the tests above can fail ----------------------------------------------------------------


def tree(folder: Path, sources: dict[str, str]) -> Path:
    """Write a package named svwatch."""
    package = folder / "svwatch"
    for name, source in sources.items():
        path = package / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(source)
    return package


@pytest.mark.parametrize(
    ("file", "source"),
    [
        ("core/a.py", "from svwatch.shell.store import Store\n"),
        ("core/a.py", "import svwatch.probe.look\n"),
        ("core/a.py", "from svwatch import view\n"),
        ("core/a.py", "from ..shell import store\n"),
        ("core/deep/a.py", "from ...shell import store\n"),
        ("probe/a.py", "from svwatch.lang.load import load\n"),
        ("probe/a.py", "def f():\n    from svwatch.view import to_text\n"),
        ("view/a.py", "from svwatch.probe import clock\n"),
        ("lang/a.py", "import importlib\nimportlib.import_module('svwatch.shell.store')\n"),
        ("shell/a.py", "from svwatch.cli import main\n"),
        ("shell/a.py", "from svwatch import cli\n"),
    ],
)
def test_a_wrong_arrow_is_found(tmp_path: Path, file: str, source: str) -> None:
    assert len(wrong_arrows(tree(tmp_path, {file: source}))) == 1


@pytest.mark.parametrize(
    ("file", "source"),
    [
        ("core/a.py", "from svwatch.core.plan import Rule\nfrom . import b\nimport json\n"),
        ("core/a.py", "from svwatch import __version__\n"),
        ("probe/a.py", "import os\nfrom svwatch.core import seen\n"),
        ("shell/a.py", "from svwatch.view import to_text\nfrom svwatch.lang import load\n"),
        ("cli.py", "from svwatch.shell import store\nfrom svwatch.view import to_text\n"),
        ("view/a.py", "from time import localtime, strftime\n"),
        ("__main__.py", "from svwatch.cli import main\n"),
    ],
)
def test_a_right_arrow_is_left_alone(tmp_path: Path, file: str, source: str) -> None:
    package = tree(tmp_path, {file: source})
    assert wrong_arrows(package) + impurities(package) + strangers(package) == []


@pytest.mark.parametrize(
    "source",
    [
        "import os\n",
        "import os.path\n",
        "from time import monotonic\n",
        "def f():\n    import sqlite3\n",
        "from datetime import datetime\ndatetime.now()\n",
        "def f(path):\n    return open(path)\n",
    ],
)
@pytest.mark.parametrize("where", ["core", "view"])
def test_an_impurity_is_found(tmp_path: Path, where: str, source: str) -> None:
    assert len(impurities(tree(tmp_path, {f"{where}/a.py": source}))) == 1


def test_a_library_in_two_files_is_found(tmp_path: Path) -> None:
    sources = {"lang/a.py": "import yaml\n", "lang/b.py": "def f():\n    from yaml import nodes\n"}
    assert strangers(tree(tmp_path, sources)) == ["yaml is imported by lang/a.py, lang/b.py"]
    assert strangers(tree(tmp_path / "x", {"shell/a.py": "import yaml\n"})) != []


@pytest.mark.parametrize("kind", ["", " Exception", " BaseException", " (OSError, Exception)"])
def test_a_broad_except_is_found(tmp_path: Path, kind: str) -> None:
    source = f"try:\n    f()\nexcept{kind}:\n    pass\n"
    package = tree(tmp_path, {"shell/a.py": source})
    assert broad_excepts(package) == silent_handlers(package) == ["shell/a.py:3"]


def test_length_is_measured(tmp_path: Path) -> None:
    body = "    pass\n"
    source = "def short():\n" + body * 24 + "def long():\n" + body * 25 + "#\n" * 300
    assert list(outliers(tree(tmp_path, {"a.py": source}))) == [
        "a.py: 351 lines",
        "a.py:26: long, 26 lines",
    ]
