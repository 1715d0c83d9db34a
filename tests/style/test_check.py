#!/usr/bin/env python3
"""Each check finds what it is there for, and leaves good files alone."""
import os
import pathlib
import sys
import tempfile
import unittest

import check

OPEN_WORK = "TO" + "DO"


class CheckTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.root = pathlib.Path(folder.name)

    def problems(self, name, files, executable=()):
        for path, text in files.items():
            file = self.root / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text)
            file.chmod(0o755 if path in executable else 0o644)
        tree = check.Tree(self.root)
        check.CHECKS[name](tree)
        return tree.problems

    def test_an_include_against_the_arrows_is_found(self):
        files = {"diff/a.c": '#include "base/error.h"\n#include "rules/rule.h"\n'}
        found = self.problems("includes", files)
        self.assertEqual(len(found), 1)
        self.assertIn("diff/a.c:2: ", found[0])

    def test_an_include_without_its_folder_is_found(self):
        self.assertEqual(len(self.problems("includes", {"diff/a.c": '#include "a.h"\n'})), 1)

    def test_a_library_outside_its_folder_is_found(self):
        files = {"rules/a.c": "#include <libpq-fe.h>\n", "store/a.c": "#include <libpq-fe.h>\n"}
        self.assertEqual(self.problems("includes", files),
                         ["rules/a.c:1: <libpq-fe.h> belongs to store/ alone"])

    def test_own_folder_and_embedded_files_may_be_included(self):
        text = '#include "store/a.h"\n#include "embedded/sql.h"\n#include <string.h>\n'
        self.assertEqual(self.problems("includes", {"store/a.c": text}), [])

    def test_a_link_against_the_arrows_is_found(self):
        text = "loadguard_library(diff SOURCES a.c\n  DEPENDS base store\n  PACKAGES X::Y)\n"
        self.assertEqual(self.problems("libraries", {"diff/CMakeLists.txt": text}),
                         ["diff/CMakeLists.txt:1: diff/ may not depend on store/"])

    def test_a_long_file_is_found(self):
        files = {"base/a.c": "int a;\n" * 801, "base/b.c": "int a;\n" * 800}
        self.assertEqual([line[:8] for line in self.problems("size", files)], ["base/a.c"])

    def test_open_work_is_found(self):
        files = {"base/a.c": f"/* {OPEN_WORK}: later */\n"}
        self.assertEqual(len(self.problems("text", files)), 1)

    def test_a_path_of_one_machine_is_found_in_sources_only(self):
        line = 'const char *path = "/tmp/x";\n'
        own = '"/tmp" "/tmp/loadguard-1000"\n'
        files = {"base/a.c": line, "tests/unit/a.c": line, "base/b.c": own}
        found = self.problems("text", files)
        self.assertEqual([problem[:10] for problem in found], ["base/a.c:1"])

    def test_bad_white_space_is_found(self):
        found = self.problems("text", {"base/a.c": "int a; \n\tint b;\nint c;"})
        self.assertEqual(len(found), 3)

    def test_a_script_that_cannot_be_started_is_found(self):
        files = {"scripts/a": "#!/bin/sh\n", "scripts/b": "#!/bin/sh\n"}
        self.assertEqual(self.problems("scripts", files, executable=["scripts/b"]),
                         ["scripts/a:1: starts with #! but is not executable"])

    def test_sql_that_nobody_uses_is_found(self):
        files = {
            "store/CMakeLists.txt": "loadguard_embed(lg_store sql.h sql/used.sql sql/1.sql)\n",
            "store/a.c": "run(used_sql);\nrun(file_1_sql);\n",
            "store/sql/used.sql": "select 1;\n",
            "store/sql/1.sql": "select 1;\n",
            "store/sql/unused.sql": "select 1;\n",
        }
        found = self.problems("sql", files)
        self.assertEqual(len(found), 2)
        self.assertTrue(all("unused.sql" in problem for problem in found))

    def test_a_dead_link_is_found(self):
        files = {
            "README.md": "[a](docs/a.md) [b](docs/b.md) [c](docs/a.md#first-words)\n"
                         "[d](docs/a.md#none) [web](https://example.org/x) `[e](none.md)`\n"
                         "```\n[f](none.md)\n```\n",
            "docs/a.md": "# First words\n",
        }
        self.assertEqual(self.problems("links", files), [
            "README.md:1: the link docs/b.md leads nowhere",
            "README.md:2: docs/a.md has no heading #none",
        ])

    def test_a_file_that_is_not_formatted_is_found(self):
        files = {".clang-format": "BasedOnStyle: LLVM\n", "base/a.c": "int  a;\n"}
        try:
            found = self.problems("format", files)
        except check.Skip as reason:
            self.skipTest(str(reason))
        self.assertEqual(found, ["base/a.c:1: is not formatted; run clang-format -i on it"])

    def test_files_are_found_without_git(self):
        # A temporary folder may lie inside another repository.
        os.environ["GIT_DIR"] = str(self.root / "none")
        self.addCleanup(os.environ.pop, "GIT_DIR")
        (self.root / "build").mkdir()
        (self.root / "build" / "a.c").write_text("\n")
        (self.root / "a.c").write_text("\n")
        self.assertEqual(check.Tree(self.root).paths, ["a.c"])


if __name__ == "__main__":
    sys.dont_write_bytecode = True
    unittest.main()
