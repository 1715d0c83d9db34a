#!/usr/bin/env python3
"""Checks of the tree that a compiler does not make.

usage: check.py <tree> <check>...        (checks: see CHECKS at the end)

Prints one line a problem, as path:line: what is wrong, and exits 1 if there was one. Exit 77 says
that a check cannot be made here.
"""
import os
import pathlib
import re
import shutil
import subprocess
import sys

# Which folder may include which. This is the architecture; docs/development.md explains it.
ARROWS = {
    "base": [],
    "yaml": ["base"],
    "snapshot": ["base"],
    "diff": ["base", "snapshot"],
    "rules": ["base", "yaml", "snapshot", "diff"],
    "report": ["base", "snapshot", "diff", "rules"],
    "store": ["base", "snapshot"],
    "scorer": ["base", "yaml", "snapshot"],
    "notify": ["base"],
    "web": ["base", "report"],
}
ARROWS["guard"] = list(ARROWS)
# A library that could be exchanged is known to one folder only.
SOLE_USERS = {
    "libpq-fe.h": "store",
    "libpq/": "store",
    "curl/": "notify",
    "yaml.h": "yaml",
    "microhttpd.h": "web",
}
SOURCES = {".c", ".h", ".def", ".sql", ".py", ".sh", ".cmake", ""}
TEXTS = SOURCES | {".md", ".yaml", ".yml", ".json", ".txt"}
MAX_LINES = 800
CLANG_FORMAT_MAJOR = "14"
SKIPPED = 77


class Skip(Exception):
    """The check cannot be made on this machine."""


class Tree:
    """The files of the project, read from git where there is a git, and from the disk otherwise."""

    def __init__(self, root):
        self.root = pathlib.Path(root).resolve()
        self.paths = sorted(self._from_git() or self._from_disk())
        self.problems = []

    def _from_git(self):
        command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
        try:
            output = subprocess.run(
                command, cwd=self.root, capture_output=True, check=True).stdout.decode()
        except (OSError, subprocess.CalledProcessError):
            return []
        return [path for path in output.split("\0") if path and (self.root / path).is_file()]

    def _from_disk(self):
        for folder, folders, names in os.walk(self.root):
            folders[:] = [name for name in folders if name not in (".git", "build")]
            for name in names:
                yield str((pathlib.Path(folder) / name).relative_to(self.root))

    def select(self, suffixes):
        return [path for path in self.paths if pathlib.Path(path).suffix in suffixes]

    def text(self, path):
        return (self.root / path).read_text(encoding="utf-8", errors="replace")

    def lines(self, path):
        return enumerate(self.text(path).splitlines(), 1)

    def report(self, path, line, problem):
        self.problems.append(f"{path}:{line}: {problem}")


def top(path):
    return path.split("/", 1)[0]


def check_includes(tree):
    """Each folder includes only what the table of arrows allows, by the path from the root."""
    for path in tree.select({".c", ".h", ".def"}):
        folder = top(path)
        if folder not in ARROWS:
            continue
        allowed = [folder, "embedded", *ARROWS[folder]]
        for number, line in tree.lines(path):
            match = re.match(r'\s*#\s*include\s+([<"])([^>"]+)[>"]', line)
            if not match:
                continue
            quote, header = match.groups()
            if quote == '"' and top(header) not in allowed:
                tree.report(path, number, f'{folder}/ may not include "{header}", only from '
                            + ", ".join(allowed))
            for prefix, user in SOLE_USERS.items():
                if quote == "<" and header.startswith(prefix) and folder != user:
                    tree.report(path, number, f"<{header}> belongs to {user}/ alone")


def check_links_between_libraries(tree):
    """No CMakeLists.txt links a library to a folder that the table of arrows does not allow."""
    for folder, allowed in ARROWS.items():
        path = f"{folder}/CMakeLists.txt"
        if path not in tree.paths:
            continue
        for call in re.findall(r"loadguard_library\(\s*(.*?)\)", tree.text(path), re.DOTALL):
            words = call.split()
            start = words.index("DEPENDS") + 1 if "DEPENDS" in words else len(words)
            for word in words[start:]:
                if word.isupper():
                    break
                if word not in allowed:
                    tree.report(path, 1, f"{folder}/ may not depend on {word}/")


def check_size(tree):
    """No source is so long that nobody reads it."""
    for path in tree.select(SOURCES):
        count = len(tree.text(path).splitlines())
        if count > MAX_LINES:
            tree.report(path, count, f"{count} lines; split it (at most {MAX_LINES})")


def check_text(tree):
    """Nothing is left open, and no source knows the machine it was written on."""
    open_work = re.compile(r"\b(TO" + r"DO|FIX" + r"ME|XX" + r"X)\b")
    machine = re.compile(r"(?<![\w.}])/(work|tmp(?!/loadguard-)|home)/")
    for path in tree.select(TEXTS):
        text = tree.text(path)
        if text and not text.endswith("\n"):
            tree.report(path, len(text.splitlines()), "the last line has no end")
        for number, line in tree.lines(path):
            if open_work.search(line):
                tree.report(path, number, "open work belongs in an issue, not in the tree")
            if machine.search(line) and top(path) not in ("tests", "docs"):
                tree.report(path, number, "a path of one machine; take it from outside")
            if line != line.rstrip():
                tree.report(path, number, "space at the end of the line")
            if "\t" in line and pathlib.Path(path).suffix in {".c", ".h", ".sql", ".py"}:
                tree.report(path, number, "a tab; indent with spaces")


def check_scripts(tree):
    """What starts with #! can be started."""
    for path in tree.paths:
        with open(tree.root / path, "rb") as file:
            starts = file.read(2) == b"#!"
        executable = os.access(tree.root / path, os.X_OK)
        if starts and not executable:
            tree.report(path, 1, "starts with #! but is not executable")
        if executable and not starts:
            tree.report(path, 1, "is executable but does not start with #!")


def check_sql(tree):
    """Every SQL file is embedded by its folder and used by its C code."""
    code = "\n".join(tree.text(path) for path in tree.select({".c", ".h", ".def"}))
    words = set(re.findall(r"\w+", code))
    for path in tree.select({".sql"}):
        folder = top(path)
        if folder not in ARROWS:
            continue
        name = pathlib.Path(path).name
        cmake = f"{folder}/CMakeLists.txt"
        named = re.compile(rf"{re.escape(name)}|\*\.sql")
        if cmake not in tree.paths or not named.search(tree.text(cmake)):
            tree.report(path, 1, f"is not embedded by {cmake}")
        identifier = re.sub(r"[^A-Za-z0-9]", "_", name)
        if identifier[0].isdigit():
            identifier = "file_" + identifier
        if identifier not in words:
            tree.report(path, 1, f"no C source uses {identifier}")


def anchors(text):
    """The anchors of a Markdown page: headings as GitHub spells them, and those made by hand."""
    found = set()
    for heading in re.findall(r"^#+\s+(.*?)\s*#*$", without_code(text), re.MULTILINE):
        words = re.sub(r"[^\w\- ]", "", heading.replace("`", "")).strip().lower()
        found.add(words.replace(" ", "-"))
    found.update(re.findall(r'<a (?:id|name)="([^"]+)"', text))
    return found


def without_code(text):
    """The text with its code blanked: line numbers stay, and examples are not taken for links."""
    def blank(match):
        return "\n" * match.group().count("\n")
    return re.sub(r"^(```|~~~).*?^\1", blank, text, flags=re.MULTILINE | re.DOTALL)


def check_links(tree):
    """Every relative link of a Markdown page leads to a file, and to the heading that it names."""
    pattern = re.compile(r"\]\(\s*<?([^)>\s]+)>?[^)]*\)|^\[[^\]]+\]:\s+(\S+)")
    for path in tree.select({".md"}):
        for number, line in enumerate(without_code(tree.text(path)).splitlines(), 1):
            for match in pattern.finditer(re.sub(r"`[^`]*`", "", line)):
                target = match.group(1) or match.group(2)
                if re.match(r"[a-z][a-z0-9+.-]*:", target):
                    continue
                file, _, anchor = target.partition("#")
                there = (tree.root / path).parent / file if file else tree.root / path
                if not there.exists():
                    tree.report(path, number, f"the link {target} leads nowhere")
                elif anchor and there.suffix == ".md" and anchor not in anchors(there.read_text()):
                    tree.report(path, number, f"{file or path} has no heading #{anchor}")


def check_format(tree):
    """clang-format of the pinned version would change nothing."""
    program = shutil.which(f"clang-format-{CLANG_FORMAT_MAJOR}") or shutil.which("clang-format")
    if program is None:
        raise Skip("there is no clang-format")
    version = subprocess.run(
        [program, "--version"], capture_output=True, text=True, check=True).stdout
    if f"version {CLANG_FORMAT_MAJOR}." not in version:
        raise Skip(f"clang-format {CLANG_FORMAT_MAJOR} is needed, this is {version.strip()}")
    files = tree.select({".c", ".h"})
    if not files:
        return
    command = [program, "--dry-run", "--Werror", *files]
    errors = subprocess.run(
        command, cwd=tree.root, capture_output=True, text=True, check=False).stderr
    seen = set()
    for path, line in re.findall(r"^(\S.*?):(\d+):\d+: error: ", errors, re.MULTILINE):
        if path not in seen:
            tree.report(path, line, "is not formatted; run clang-format -i on it")
        seen.add(path)


CHECKS = {
    "includes": check_includes,
    "libraries": check_links_between_libraries,
    "size": check_size,
    "text": check_text,
    "scripts": check_scripts,
    "sql": check_sql,
    "links": check_links,
    "format": check_format,
}


def main(arguments):
    if len(arguments) < 2 or any(name not in CHECKS for name in arguments[1:]):
        print(__doc__.strip(), "\n\nchecks:", ", ".join(CHECKS), file=sys.stderr)
        return 2
    tree = Tree(arguments[0])
    try:
        for name in arguments[1:]:
            CHECKS[name](tree)
    except Skip as reason:
        print(f"skipped: {reason}")
        return SKIPPED
    for problem in tree.problems:
        print(problem)
    return 1 if tree.problems else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
