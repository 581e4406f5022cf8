"""Tests of sanitizer.py: python3 -m unittest discover bench/scripts/gpu."""

import unittest

import sanitizer

CLEAN = """\
========= COMPUTE-SANITIZER
.
'-- JUnit Jupiter [OK]
[        12 tests successful      ]
========= ERROR SUMMARY: 0 errors
"""

OUT_OF_BOUNDS = """\
========= COMPUTE-SANITIZER
========= Invalid __global__ write of size 4 bytes
=========     at embed+0x1b0
=========     by thread (31,0,0) in block (2,0,0)
=========     Address 0x7f3a2c00c000 is out of bounds
=========     and is 1 bytes after the nearest allocation at 0x7f3a2c000000 of size 49,152 bytes
=========     Saved host backtrace up to driver entry point at kernel launch time
=========     Host Frame: [0x302b87]
=========                in /usr/lib/x86_64-linux-gnu/libcuda.so.1
=========     Host Frame:Java_jcuda_driver_JCudaDriver_cuLaunchKernelNative [0x21c7a]
=========
========= Program hit CUDA_ERROR_LAUNCH_FAILED (error 719) due to "unspecified launch failure" on CUDA API call to cuStreamSynchronize.
=========     Saved host backtrace up to driver entry point at error
=========
========= Target application returned an error
========= ERROR SUMMARY: 2 errors
"""

NOT_ALL_PRINTED = """\
========= COMPUTE-SANITIZER
========= Invalid __shared__ read of size 16 bytes
=========     at gemm_tc_f16_64+0x2f0
=========     by thread (0,0,0) in block (0,0,0)
========= ERROR SUMMARY: 76 errors
========= ERROR SUMMARY: 56 errors were not printed. Use --print-limit option to adjust the number of printed errors
"""

NO_HAZARDS = """\
========= COMPUTE-SANITIZER
========= RACECHECK SUMMARY: 0 hazards displayed (0 errors, 0 warnings)
"""

HAZARDS = """\
========= COMPUTE-SANITIZER
========= Error: Race reported between Write access at attention_decode_f16_v1+0x5d0
=========     and Read access at attention_decode_f16_v1+0x760 [4096 hazards]
=========
========= Warning: Race reported between Write access at layer_norm+0x90
=========     and Read access at layer_norm+0xf0 [12 hazards]
=========
========= RACECHECK SUMMARY: 2 hazards displayed (1 error, 1 warning)
"""

TOO_LATE = """\
========= COMPUTE-SANITIZER
========= Error: No attachable process found. compute-sanitizer timed-out.
========= Default timeout can be adjusted with --launch-timeout. Awaiting target completion.
"""


class SanitizerTest(unittest.TestCase):
    def test_nothing_found(self):
        self.assertEqual({"processes": 1, "errors": 0}, sanitizer.parse("memcheck", CLEAN))
        found = sanitizer.parse("racecheck", NO_HAZARDS)
        self.assertEqual({"processes": 1, "errors": 0, "warnings": 0}, found)

    def test_errors_are_counted_and_named(self):
        found = sanitizer.parse("memcheck", OUT_OF_BOUNDS)
        self.assertEqual(2, found["errors"])
        self.assertTrue(found["kinds"].startswith("Invalid __global__ write of size 4 bytes; Program hit"), found)
        self.assertNotIn("Host Frame", found["kinds"])

    def test_errors_that_were_not_printed_are_counted_once(self):
        self.assertEqual(76, sanitizer.parse("memcheck", NOT_ALL_PRINTED)["errors"])

    def test_every_process_counts(self):
        found = sanitizer.parse("memcheck", CLEAN + OUT_OF_BOUNDS + CLEAN)
        self.assertEqual((3, 2), (found["processes"], found["errors"]))

    def test_hazards_are_errors_or_warnings(self):
        found = sanitizer.parse("racecheck", HAZARDS)
        self.assertEqual((1, 1), (found["errors"], found["warnings"]))
        self.assertIn("Race reported between Write access at attention_decode_f16_v1", found["kinds"])

    def test_errors_beside_hazards_are_not_lost(self):
        found = sanitizer.parse("racecheck", NO_HAZARDS + "========= ERROR SUMMARY: 1 error\n")
        self.assertEqual(1, found["errors"])

    def test_lines_of_the_program_are_no_summary(self):
        for text in ("", "ERROR SUMMARY: 0 errors\n", "RACECHECK SUMMARY: none\n", CLEAN.split("=====")[0]):
            for tool in ("memcheck", "racecheck"):
                with self.assertRaisesRegex(sanitizer.NotChecked, "no summary"):
                    sanitizer.parse(tool, text)

    def test_the_summary_of_another_tool_is_none(self):
        with self.assertRaisesRegex(sanitizer.NotChecked, "no summary"):
            sanitizer.parse("racecheck", CLEAN)

    def test_whoever_could_not_watch_says_so(self):
        with self.assertRaisesRegex(sanitizer.NotChecked, "No attachable process"):
            sanitizer.parse("memcheck", CLEAN + TOO_LATE)

    def test_line_ends_of_any_kind(self):
        self.assertEqual(2, sanitizer.parse("memcheck", OUT_OF_BOUNDS.replace("\n", "\r\n"))["errors"])


if __name__ == "__main__":
    unittest.main()
