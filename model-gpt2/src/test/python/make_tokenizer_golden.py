#!/usr/bin/env python3
"""Writes small tokenizers and what Hugging Face tokenizers makes of many texts with them.

    python3 make_tokenizer_golden.py JTOKKIT_JAR

Needs the version in requirements.txt. JTOKKIT_JAR is jtokkit's jar, for GPT-2's vocabulary,
r50k_base; Maven keeps it in ~/.m2/repository/com/knuddels/jtokkit. Everything goes to
../resources/gpt2j/model/gpt2/tokenizer, and comes out the same each time:

    plain        tokenizer.json as tokenizers writes it now
    shuffled     ids in no order at all, a token that no merges lead to, added tokens of all kinds
    random       merges in no order at all, many ways to make a token; nothing that training leaves
    older        tokenizer.json as transformers wrote it for GPT-2 in 2020: no type, merges as
                 strings, a space before the text; and a tokenizer_config.json
    vocab        vocab.json, merges.txt, added_tokens.json, special_tokens_map.json
    unknown      no tokens for most bytes, but one for what is unknown; and a tokenizer_config.json
    fused        the same, with one for a run of what is unknown
    r50k         no vocabulary, only the expectations

Each folder has golden.jsonl: objects with

    text, ids, special   what text encodes to, special tokens taken as text and recognised, where
                         that differs
    ids, decoded         any ids and what they decode to, in UTF-8 or not
"""

import argparse
import base64
import json
import pathlib
import random
import unicodedata
import zipfile

from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers, processors, trainers

OUT = pathlib.Path(__file__).parent.parent / "resources/gpt2j/model/gpt2/tokenizer"
END_OF_TEXT = "<|endoftext|>"

TRAINING = """
A rolling stone gathers no moss. The early bird catches the worm, but the second mouse gets the
cheese. When in Rome, do as the Romans do. The pen is mightier than the sword. There's no place
like home; there's no such thing as a free lunch. You can't judge a book by its cover, and you can't
make an omelette without breaking a few eggs. Don't count your chickens before they've hatched!
Once upon a time there was a little tokenizer: it'll do 1, 2, 3, 10, 100, 1000, 1234 things.
Der fr\u00fche Vogel f\u00e4ngt den Wurm. \u00c0 cheval donn\u00e9 on ne regarde pas les dents.
\u0431\u0435\u0437 \u0442\u0440\u0443\u0434\u0430 \u043d\u0435 \u0432\u044b\u043d\u0435\u0448\u044c \u0438 \u0440\u044b\u0431\u043a\u0443. \u4e00\u77f3\u4e8c\u9ce5\u3002\u6f22\u5b57\u3002 \U0001f600\U0001f680\U0001f600
"""

TEXTS = [
    "",
    " ",
    "\n",
    "Hello, world!",
    " Hello",
    "It's what they'd've said: we'll, I'm, you're, he's, don't. DON'T, WE'LL 'S 'd",
    "'s 't 're 've 'm 'll 'd 'x ''s '''",
    "'\u017f \u2019s \u02bcs",  # long s is a lower-case s only when case is ignored
    "one  two   three    four     ",
    "\ttabs\t\tand \t mixed \t\n \r\n\r\n lines\n\n\nend\n",
    "  leading and trailing   \n  ",
    "\u00a0no\u00a0break\u2003em\u3000ideographic\u0085next\u2028line\u2029paragraph\u200bzero\ufeffbom",
    "\x1c\x1d\x1e\x1f \x00\x01\x7f\x80\x9f \u180e \u1680 \u202f\u205f",
    "0 1 12 123 1234567890 3.14159 1,000,000 1e-5 0x1F",
    "\u0663\u0664\u0665 \u0967\u0968 \u2167 \u00bd \u00b2\u2083 \u3007 \uff11\uff12 \u2460",
    "abc123def 123abc a1b2c3",
    "#!/bin/sh\nfor i in $(seq 1 10); do echo \"$i\" >> /tmp/x; done # === --- ***",
    "def f(x):\n    return {k: v for k, v in x.items() if v != None}\n",
    "........ ------- ======== ________ ////// \\\\\\ !!!???",
    "a" * 70 + " " + " " * 70 + "=" * 70,
    "ha" * 260,
    "-=" * 40 + "\n" * 40,
    "na\u00efve caf\u00e9 \u00fcber stra\u00dfe \u0141\u00f3d\u017a \u0130stanbul \u01c5",
    "nai\u0308ve cafe\u0301 a\u0300\u0301\u0302\u0303 \u0301alone",
    "\u041f\u0440\u0438\u0432\u0435\u0442, \u043c\u0438\u0440! \u0395\u03bb\u03bb\u03b7\u03bd\u03b9\u03ba\u03ac",
    "\u6f22\u5b57\u304b\u306a\u4ea4\u3058\u308a\u6587\u3001\u300c\u5f15\u7528\u300d\u3002\u4f60\u597d\uff0c\u4e16\u754c\uff01",
    "\ud55c\uad6d\uc5b4 \u1112\u1161\u11ab \u0e44\u0e17\u0e22 \u0e01\u0e33 \u0939\u093f\u0928\u094d\u0926\u0940",
    "\u05e9\u05dc\u05d5\u05dd \u05e2\u05d5\u05dc\u05dd \u0645\u0631\u062d\u0628\u0627 \u0628\u0627\u0644\u0639\u0627\u0644\u0645 \u202eRTL\u202c \u0627\u064b",
    "\U0001f600\U0001f680 \U0001f468\u200d\U0001f469\u200d\U0001f467 \U0001f1e9\U0001f1ea \U0001f44d\U0001f3fd \u2764\ufe0f \u2603",
    "\U0001d4d0\U0001d7d8 \U00020000\U0002a6d6 \U0010ffff \U000e0041 \ufffd\uffff \ue000",
    "x" + END_OF_TEXT + "y" + END_OF_TEXT,
    END_OF_TEXT,
    END_OF_TEXT * 3 + " <|endoftext |> <|endoftext|",
    "<|pad|><|pad|>>< a <|pad|>>> b <|sep|>sep<|sep||>!",
    "newword newwords newnewer newe New newword.",
    "caf\u00e9-au-lait \u6f22\u5b57\u5316",
    "once upon a time there was a little tokenizer; the little tokenizer was happy the end",
]


def byte_alphabet():
    """GPT-2's bytes_to_unicode."""
    printable = [*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)]
    alphabet = {b: chr(b) for b in printable}
    for b in range(256):
        if b not in alphabet:
            alphabet[b] = chr(0x100 + len(alphabet) - len(printable))
    return alphabet


ALPHABET = byte_alphabet()


RANGES = [
    (0, 0x80), (0x20, 0x7F), (0x80, 0x250), (0x370, 0x530), (0x590, 0x700), (0x900, 0xE80),
    (0x2000, 0x2070), (0x3000, 0x3100), (0x4E00, 0x9FA5), (0xAC00, 0xD7A0), (0x1D400, 0x1D7FF),
]  # fmt: skip


def characters(low, high):
    """Those whose category every version of Unicode from 3.2 on agrees about."""
    old = unicodedata.ucd_3_2_0
    return [
        chr(c)
        for c in range(low, high)
        if old.category(chr(c)) == unicodedata.category(chr(c)) != "Cn"
    ]


SCRIPTS = [characters(low, high) for low, high in RANGES]


def random_text(rng):
    words = []
    for _ in range(rng.randrange(1, 12)):
        words.extend(rng.choices(rng.choice(SCRIPTS), k=rng.randrange(1, 8)))
        words.append(rng.choice(["", " ", " ", "  ", "\n", "'s ", END_OF_TEXT, "the little "]))
    return "".join(words)


def write_golden(folder, tokenizer, texts, sequences):
    lines = []
    for text in texts:
        tokenizer.encode_special_tokens = True
        ids = tokenizer.encode(text, add_special_tokens=False).ids
        tokenizer.encode_special_tokens = False
        special = tokenizer.encode(text, add_special_tokens=False).ids
        line = {"text": text, "ids": ids}
        lines.append(line if special == ids else line | {"special": special})
    for ids in sequences:
        lines.append({"ids": ids, "decoded": tokenizer.decode(ids, skip_special_tokens=False)})
    with open(folder / "golden.jsonl", "w", encoding="utf-8", newline="\n") as file:
        for line in lines:
            file.write(json.dumps(line, ensure_ascii=False, separators=(",", ":")) + "\n")


def all_texts(seed, count):
    rng = random.Random(seed)
    return TEXTS + [random_text(rng) for _ in range(count)]


def random_ids(seed, ids, count):
    """Short runs of ids that mostly aren't UTF-8."""
    rng = random.Random(seed)
    ids = sorted(ids)
    return [rng.choices(ids, k=rng.randrange(1, 12)) for _ in range(count)]


def byte_ids(seed, vocabulary, count):
    """Runs of single bytes that come near to UTF-8: overlong, too large, surrogates, cut short."""
    rng = random.Random(seed)
    leads = [0x41, 0xC0, 0xC1, 0xC3, 0xE0, 0xE2, 0xED, 0xEF, 0xF0, 0xF1, 0xF4, 0xF5, 0xFF]
    follows = [0x41, 0x80, 0x8F, 0x90, 0x9F, 0xA0, 0xBF, 0xBD, 0xC2]
    runs = []
    for _ in range(count):
        run = []
        for _ in range(rng.randrange(1, 5)):
            run.append(rng.choice(leads))
            run.extend(rng.choices(follows, k=rng.randrange(0, 4)))
        runs.append([vocabulary[ALPHABET[b]] for b in run])
    return runs


def train(size):
    """The vocabulary and merges of a tokenizer for a small text."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    trainer = trainers.BpeTrainer(
        vocab_size=size,
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        special_tokens=[END_OF_TEXT],
        show_progress=False,
    )
    tokenizer.train_from_iterator([TRAINING], trainer)
    model = json.loads(tokenizer.to_str())["model"]
    return model["vocab"], [tuple(merge) for merge in model["merges"]]


def tokenizer_of(vocabulary, merges, add_prefix_space=False, **settings):
    tokenizer = Tokenizer(models.BPE(vocabulary, merges, **settings))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=add_prefix_space)
    tokenizer.decoder = decoders.ByteLevel()
    return tokenizer


def write_json(path, value):
    with open(path, "w", encoding="utf-8", newline="\n") as file:
        json.dump(value, file, ensure_ascii=False, separators=(",", ":"))


def write_class(folder):
    """The class that takes tokenizer.json as it stands; GPT-2's, the usual one, doesn't."""
    write_json(folder / "tokenizer_config.json", {"tokenizer_class": "PreTrainedTokenizerFast"})


def folder_for(name):
    folder = OUT / name
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def write_plain():
    vocabulary, merges = train(520)
    tokenizer = tokenizer_of(vocabulary, merges)
    tokenizer.post_processor = processors.ByteLevel(trim_offsets=False)
    tokenizer.add_special_tokens([END_OF_TEXT])
    folder = folder_for("plain")
    write_json(folder / "tokenizer.json", json.loads(tokenizer.to_str()))
    sequences = random_ids(1, vocabulary.values(), 40) + byte_ids(2, vocabulary, 150)
    write_golden(folder, tokenizer, all_texts(3, 20), sequences)


def write_shuffled():
    vocabulary, merges = train(420)
    rng = random.Random(4)
    # Still in the vocabulary, but nothing makes it.
    merges = [merge for merge in merges if "".join(merge) != "\u0120the"]
    vocabulary = dict(zip(vocabulary, rng.sample(range(len(vocabulary)), len(vocabulary))))
    tokenizer = tokenizer_of(vocabulary, merges)
    # Some begin with others; some are cut out in the first round, some in the second.
    tokenizer.add_special_tokens([END_OF_TEXT, "<|pad|>", "<|pad|>>", "<|sep|>"])
    tokenizer.add_special_tokens([AddedToken("<|pad|>>>", normalized=True)])
    tokenizer.add_tokens([AddedToken(t, normalized=False) for t in ("new", "newer", "sep")])
    tokenizer.add_tokens(["newword", "word", "au-lait", "e"])
    folder = folder_for("shuffled")
    content = json.loads(tokenizer.to_str())
    content["model"] = dict(reversed(content["model"].items()))  # merges before the vocabulary
    write_json(folder / "tokenizer.json", content)
    write_golden(folder, tokenizer, all_texts(5, 20), random_ids(6, vocabulary.values(), 20))


def write_random():
    rng = random.Random(16)
    tokens = {"a", "b", "c"}
    while len(tokens) < 120:
        tokens.add("".join(rng.choices("abc", k=rng.randrange(2, 7))))
    tokens = sorted(tokens)
    merges = [
        (token[:cut], token[cut:])
        for token in tokens
        for cut in range(1, len(token))
        if token[:cut] in tokens and token[cut:] in tokens
    ]
    rng.shuffle(merges)
    vocabulary = dict(zip(tokens, rng.sample(range(len(tokens)), len(tokens))))
    tokenizer = tokenizer_of(vocabulary, merges)
    folder = folder_for("random")
    write_json(folder / "tokenizer.json", json.loads(tokenizer.to_str()))
    texts = ["".join(rng.choices("abc", k=rng.randrange(1, 80))) for _ in range(120)]
    texts += ["".join(rng.choices(c, k=60)) for c in ("a", "b", "ab", "bc", "ca") * 3]
    write_golden(folder, tokenizer, texts, [])


def write_older():
    vocabulary, merges = train(360)
    tokenizer = tokenizer_of(vocabulary, merges, add_prefix_space=True)
    tokenizer.add_special_tokens([END_OF_TEXT])
    folder = folder_for("older")
    content = json.loads(tokenizer.to_str())
    content["pre_tokenizer"].pop("use_regex")
    content["added_tokens"][0]["normalized"] = True
    content["model"] = {
        "dropout": None,
        "unk_token": None,
        "continuing_subword_prefix": "",
        "end_of_word_suffix": "",
        "fuse_unk": False,
        "vocab": content["model"]["vocab"],
        "merges": [" ".join(merge) for merge in merges],
    }
    write_json(folder / "tokenizer.json", content)
    write_class(folder)
    tokenizer = Tokenizer.from_str(json.dumps(content))
    write_golden(folder, tokenizer, all_texts(7, 0), random_ids(8, vocabulary.values(), 20))


def write_vocab():
    vocabulary, merges = train(460)
    rng = random.Random(9)
    vocabulary = dict(zip(vocabulary, rng.sample(range(len(vocabulary)), len(vocabulary))))
    folder = folder_for("vocab")
    size = len(vocabulary)
    write_json(folder / "vocab.json", vocabulary)
    write_json(folder / "added_tokens.json", {"<|pad|>": size, "newword": size + 1})
    write_json(
        folder / "special_tokens_map.json",
        {"eos_token": END_OF_TEXT, "pad_token": {"content": "<|pad|>", "lstrip": False}},
    )
    with open(folder / "merges.txt", "w", encoding="utf-8", newline="\n") as file:
        file.write("#version: 0.2\n" + "".join(f"{a} {b}\n" for a, b in merges))
    tokenizer = tokenizer_of(vocabulary, merges)
    tokenizer.add_special_tokens([END_OF_TEXT, "<|pad|>"])
    tokenizer.add_tokens(["newword"])
    write_golden(folder, tokenizer, all_texts(10, 0), random_ids(11, range(size), 20))


def write_unknown(name, fuse):
    letters = [chr(c) for c in range(ord("a"), ord("z") + 1)] + ["\u0120"]
    merges = [("t", "h"), ("th", "e"), ("\u0120", "a"), ("\u0120", "the")]
    tokens = ["<unk>"] + letters + ["".join(merge) for merge in merges]
    vocabulary = {token: id for id, token in enumerate(tokens)}
    tokenizer = tokenizer_of(vocabulary, merges, unk_token="<unk>", fuse_unk=fuse)
    folder = folder_for(name)
    write_json(folder / "tokenizer.json", json.loads(tokenizer.to_str()))
    write_class(folder)
    write_golden(folder, tokenizer, TEXTS, random_ids(12, range(len(vocabulary)), 5))


def read_ranks(jar):
    data = zipfile.ZipFile(jar).read("com/knuddels/jtokkit/r50k_base.tiktoken")
    ranks = {}
    for line in data.decode("ascii").splitlines():
        token, rank = line.split()
        ranks[base64.b64decode(token)] = int(rank)
    return ranks


def last_merge(ranks, token):
    """The two tokens that make this one: what is left when all merges before its own are done."""
    parts = [bytes([b]) for b in token]
    while len(parts) > 2:
        pairs = [ranks.get(a + b, len(ranks)) for a, b in zip(parts, parts[1:])]
        first = min(range(len(pairs)), key=pairs.__getitem__)
        if pairs[first] >= ranks[token]:
            raise SystemExit(f"no merges lead to {token}")
        parts[first : first + 2] = [parts[first] + parts[first + 1]]
    return parts


def write_r50k(jar):
    ranks = read_ranks(jar)

    def spell(token):
        return "".join(ALPHABET[b] for b in token)

    vocabulary = {spell(token): rank for token, rank in ranks.items()}
    merges = [
        tuple(map(spell, last_merge(ranks, token)))
        for token in sorted(ranks, key=ranks.get)
        if len(token) > 1
    ]
    tokenizer = tokenizer_of(vocabulary, merges)
    tokenizer.add_special_tokens([END_OF_TEXT])
    sequences = random_ids(13, range(50257), 60)
    write_golden(folder_for("r50k"), tokenizer, all_texts(15, 100), sequences)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("jar", metavar="JTOKKIT_JAR", type=pathlib.Path)
    jar = parser.parse_args().jar
    write_plain()
    write_shuffled()
    write_random()
    write_older()
    write_vocab()
    write_unknown("unknown", fuse=False)
    write_unknown("fused", fuse=True)
    write_r50k(jar)


if __name__ == "__main__":
    main()
