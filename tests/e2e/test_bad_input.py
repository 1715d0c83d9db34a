"""Rows that are none: a clear error, and readers see what they saw before."""

import os
import unittest

from harness import Site, quiet_night


class BadInputTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.site = Site()
        cls.addClassCleanup(cls.site.close)
        first = cls.site.run()
        assert first.returncode == 0, first.stdout + first.stderr
        cls.good = cls.site.live()
        cls.site.query("select 1")

    def feed_bytes(self, data, rows=3, status=2):
        (self.site.dir / "raw").write_bytes(data)
        (self.site.dir / "manifest.json").write_text('{"complete": true, "rows": %d}\n' % rows)
        self.site.set_score('cat raw; cat manifest.json >&"$LOADGUARD_MANIFEST_FD"\n')
        result = self.site.run()
        self.assertEqual(result.returncode, status, result.stdout + result.stderr)
        self.assertEqual(self.site.live(), self.good)
        self.assertLess(len(result.stderr), 20000)
        return result.stderr

    def feed_text(self, text, **kwargs):
        return self.feed_bytes(text.encode(), **kwargs)

    def assert_says(self, message, *parts):
        for part in parts:
            self.assertIn(part, message)

    def test_a_missing_column_is_named(self):
        self.assert_says(self.feed_text("profile_id\n1\n2\n"), "score", "Missing")

    def test_an_extra_column_is_named(self):
        self.assert_says(self.feed_text("profile_id,score,x\n1,2,3\n"), "'x'")

    def test_a_renamed_column_is_named(self):
        self.assert_says(self.feed_text("profile_id,scores\n1,2\n"), "scores", "score")

    def test_reordered_columns_are_refused(self):
        self.assert_says(self.feed_text("score,profile_id\n2,1\n"), "order")

    def test_a_short_row_is_named(self):
        self.assert_says(self.feed_text("profile_id,score\n1,2\n2\n3,4\n"), "Row 2", "line 3")

    def test_a_broken_quote_is_named(self):
        self.assert_says(self.feed_text('profile_id,score\n1,2\n2,"3\n3,4\n'), "quote", "3")

    def test_a_number_that_is_none_is_named_with_row_and_column(self):
        self.assert_says(self.feed_text("profile_id,score\n1,2\n2,abc\n3,4\n"), "Row 2", "score", "abc")

    def test_nan_and_infinity_are_no_values(self):
        for value in ("NaN", "Infinity", "-inf"):
            self.assert_says(self.feed_text(f"profile_id,score\n1,{value}\n"), "Row 1", "score")

    def test_invalid_utf8_is_refused(self):
        self.feed_bytes(b"profile_id,score\n1,2\n2,\xff\xfe\n")

    def test_a_nul_byte_is_refused(self):
        self.assert_says(self.feed_bytes(b"profile_id,score\n1,2\n2,\x003\n"), "NUL")

    def test_a_line_of_100_mb_is_refused(self):
        self.feed_bytes(b"profile_id,score\n1," + b"1" * (100 << 20) + b"\n")

    def test_an_empty_file_is_no_load(self):
        self.assert_says(self.feed_bytes(b"", rows=0), "empty")

    def test_a_header_alone_is_blocked(self):
        self.feed_text("profile_id,score\n", rows=0, status=3)

    def test_random_bytes_are_refused(self):
        for _ in range(3):
            self.feed_bytes(os.urandom(100000))

    def test_errors_by_the_million_are_counted_not_printed(self):
        text = "profile_id,score\n" + "".join(f"{i},x\n" for i in range(1_000_000))
        message = self.feed_text(text)
        self.assert_says(message, "1000000 of 1000000", "Row 1")

    def test_duplicate_keys_block_and_nobody_can_release_them(self):
        rows = quiet_night()
        self.site.set_night(rows + rows[:5])
        result = self.site.run()
        self.assertEqual(result.returncode, 3, result.stderr)
        load = self.site.json("loads", "klout")[0]["load"]
        approved = self.site.call("approve", str(load), "--override", "--reason", "x")
        self.assertEqual(approved.returncode, 2)
        self.assertEqual(self.site.live(), self.good)


class ColumnTypesTest(unittest.TestCase):
    def test_every_type_arrives_as_it_was_written(self):
        site = Site(
            columns="{id: uuid, n: text, a: bigint, b: integer, c: real, d: double precision, e: numeric, "
            "f: text, g: boolean, h: date, i: timestamptz}",
            key="[n, id]",
        )
        self.addCleanup(site.close)
        header = "id,n,a,b,c,d,e,f,g,h,i"
        row = (
            'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11,é,-9223372036854775808,-2147483648,1.5,1e-300,-12345678901234567890.50,'
            '"a ""quoted"", multi\r\nline",t,2024-02-29,2011-05-23T04:00:00.25-07:00'
        )
        nulls = "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a12,x,,,,,,,,,"
        empty = 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a13,"",0,0,0,0,0.00,"",f,0001-01-01,1970-01-01T00:00:00Z'
        (site.dir / "night.csv").write_bytes(("\ufeff" + "\r\n".join([header, row, nulls, empty]) + "\r\n").encode())
        site.set_score('cat night.csv; echo \'{"complete": true, "rows": 3}\' >&"$LOADGUARD_MANIFEST_FD"\n')
        result = site.run()
        self.assertEqual(result.returncode, 0, result.stdout + result.stderr)
        rows = site.query(
            "select id, n, a, b, c, d, e, replace(f, E'\\r\\n', '~'), g, h, i at time zone 'UTC' from klout_scores order by id"
        )
        self.assertEqual(
            rows,
            [
                [
                    "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11", "é", "-9223372036854775808", "-2147483648", "1.5", "1e-300",
                    "-12345678901234567890.50", 'a "quoted", multi~line', "t", "2024-02-29", "2011-05-23 11:00:00.25",
                ],
                ["a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a12", "x"] + [""] * 9,
                [
                    "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a13", "", "0", "0", "0", "0", "0.00", "", "f", "0001-01-01",
                    "1970-01-01 00:00:00",
                ],
            ],
        )
        self.assertEqual(site.query("select count(*) from klout_scores where f is null"), [["1"]])


if __name__ == "__main__":
    unittest.main()
