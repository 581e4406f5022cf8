"""Tests of what needs no PyTorch: python3 -m unittest discover -s bench/scripts/training."""

import json
import pathlib
import tempfile
import unittest

import draws
import gpt2j
import loss
import speed


class DrawsTest(unittest.TestCase):
    def test_known_answers(self):
        # Of Random123's kat_vectors.
        known = {
            (0, (0, 0, 0, 0)): (0x6627E8D5, 0xE169C58D, 0xBC57AC4C, 0x9B00DBD8),
            (0xFFFFFFFFFFFFFFFF, (0xFFFFFFFF,) * 4): (0x408F276D, 0x41C83B0E, 0xA20BC7C6, 0x6D5451FD),
            (0x299F31D0A4093822, (0x243F6A88, 0x85A308D3, 0x13198A2E, 0x03707344)): (
                0xD16CFE09,
                0x94FDCCEB,
                0x5001E420,
                0x24126EA1,
            ),
        }
        for (key, counter), words in known.items():
            self.assertEqual(words, draws.philox(key, counter))

    def test_starts_are_places(self):
        drawn = [start for number in range(200) for start in draws.starts(1, number, 10, 7)]
        self.assertEqual(set(range(7)), set(drawn))
        self.assertEqual(draws.starts(1, 5, 10, 7), draws.starts(1, 5, 10, 7))
        self.assertNotEqual(draws.starts(1, 5, 10, 7), draws.starts(2, 5, 10, 7))


class LossTest(unittest.TestCase):
    def test_largest_difference(self):
        self.assertAlmostEqual(0.1, loss.largest_difference([1, 2.2, 9], [1, 2]))

    def test_means_leave_out_what_does_not_fill_a_window(self):
        self.assertEqual([1.5, 3.5], loss.means([1, 2, 3, 4, 5], 2))

    def test_summary(self):
        curves = {"gpt2j": [2.0] * loss.WINDOW, "nanogpt": [3.0] * loss.WINDOW, "same start": [2.0]}
        run = {
            "seed": 7,
            "validation_loss": {"gpt2j": 1.01, "nanogpt": 1.0},
            "ratio": 1.01,
            "same_start_steps": 1,
            "same_start_largest_difference": 2e-6,
            "training_loss": curves,
        }
        text = loss.summary({"runs": [run]})
        self.assertIn("| 7 | 1.0100 | 1.0000 | 1.0100 | 2.0e-06 |\n", text)
        self.assertIn("| 1–100 | 2.0000 | 3.0000 |\n", text)


class SpeedTest(unittest.TestCase):
    case = speed.CASES["124M"]

    def test_operations_are_those_of_the_documentation(self):
        matrices = 12 * 12 * 768 * 768 + 768 * 50257
        attention = 12 * (12 * 768 * (64 + 1) / 2)
        self.assertEqual(6 * matrices + attention, self.case.operations())

    def test_ratios_are_taken_within_a_round(self):
        measured = lambda *seconds: {"seconds": list(seconds), "others_cores": 0.25}
        rounds = [
            {speed.OURS: measured(1, 1, 5), speed.EAGER: measured(2, 2, 2)},
            {speed.OURS: measured(2, 2, 2), speed.EAGER: measured(3, 3, 3)},
            {speed.OURS: measured(1, 1, 1), speed.EAGER: measured(4, 4, 4)},
        ]
        found = speed.summarize(self.case, rounds, peak_rate=self.case.operations() * 512)
        self.assertEqual([2.0, 1.5, 4.0], found[speed.EAGER]["gpt2j_is_faster"])
        self.assertEqual(1, found[speed.OURS]["seconds"])
        self.assertEqual(256, found[speed.OURS]["tokens_per_second"])
        self.assertEqual(0.5, found[speed.OURS]["peak_fraction"])
        self.assertEqual(0.25, found[speed.OURS]["others_cores"])


class Gpt2jTest(unittest.TestCase):
    def test_half_a_line_is_not_read(self):
        with tempfile.TemporaryDirectory() as name:
            folder = pathlib.Path(name)
            self.assertEqual([], gpt2j.updates(folder))
            lines = [{"step": 0, "validation_loss": 5}, {"step": 1, "loss": 4, "seconds": 1}]
            text = "".join(json.dumps(line) + "\n" for line in lines)
            (folder / "metrics.jsonl").write_text(text + '{"step": 2, "loss"')
            self.assertEqual(lines, gpt2j.metrics(folder))
            self.assertEqual(lines[1:], gpt2j.updates(folder))

    def test_options_have_hyphens(self):
        line = gpt2j.command("train", "x", n_layer=2)
        self.assertEqual(["train", "x", "--n-layer", "2"], line[1:])


if __name__ == "__main__":
    unittest.main()
