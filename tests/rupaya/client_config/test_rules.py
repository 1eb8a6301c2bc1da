"""Values as Swift, Gradle, Java and dotenv read them."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import tree_sitter_groovy
import tree_sitter_kotlin
import tree_sitter_swift
from hypothesis import given
from hypothesis import strategies as st
from tree_sitter import Language, Parser

from rupaya.client_config.rules import (
    ClientConfig,
    ConfigInvalid,
    constant_of,
    dotenv,
    dotenv_literal,
    gradle,
    gradle_literal,
    java_literal,
    minimums_read,
    swift,
    swift_literal,
)

GOLDEN = Path(__file__).parent / "golden"
CONFIG = ClientConfig(
    api_base_url="https://api.rupaya.com/v1",
    sentry_dsn="https://abc123@o1.ingest.example.in/42",
    app_version="1.4.0",
    build_number=412,
)
NASTY = [
    '"',
    "'",
    "`",
    "\\",
    "$",
    "${x}",
    "$(x)",
    "\\(x)",
    "\n",
    "\r",
    "\t",
    "\0",
    "\\n",
    "\\u0022",
    "\u202e",
    "₹",
    "👪",
    "#",
    "*/",
]
TEXTS = st.lists(
    st.one_of(st.sampled_from(NASTY), st.text(st.characters(codec="utf-8"), max_size=3)), max_size=8
).map("".join)
GRAMMARS = {"swift": tree_sitter_swift, "kotlin": tree_sitter_kotlin, "groovy": tree_sitter_groovy}


def is_well_formed(source, language):
    """Whether a grammar reads all of it."""
    tree = Parser(Language(GRAMMARS[language].language())).parse(source.encode())
    return not tree.root_node.has_error


class TestFormats:
    @pytest.mark.parametrize(
        ("name", "made"), [("Config.swift", swift), ("lines.gradle", gradle), ("env.local", dotenv)]
    )
    def test_are_as_they_were(self, name, made):
        assert made(CONFIG) == (GOLDEN / name).read_text()

    @pytest.mark.parametrize(
        ("language", "made"),
        [("swift", swift), ("groovy", lambda config: f"android {{ defaultConfig {{\n{gradle(config)}}} }}\n"),
         ("kotlin", lambda config: f"android {{ defaultConfig {{\n{gradle(config)}}} }}\n")],
    )  # fmt: skip
    def test_are_well_formed(self, language, made):
        assert is_well_formed(made(CONFIG), language)

    @pytest.mark.parametrize(
        ("language", "source"),
        [
            ("swift", 'enum Config { static let a = "x"y" }'),
            ("kotlin", 'f("a)'),
            ("groovy", 'f("String" "a", "b")'),
        ],
    )
    def test_would_be_found_malformed(self, language, source):
        assert not is_well_formed(source, language)


class TestLiterals:
    @given(TEXTS)
    def test_of_swift_give_the_text_back(self, text):
        literal = swift_literal(text)

        assert is_well_formed(f"let a = {literal}\n", "swift")
        assert read(literal, braces=True) == text

    @given(TEXTS)
    def test_of_gradle_give_the_java_source_back_and_that_the_text(self, text):
        literal = gradle_literal(java_literal(text))

        assert literal.isascii()
        assert literal.isprintable()
        assert re.findall(r"(?<!\\)(?:\\\\)*\$", literal) == []  # no template begins
        for language in ("kotlin", "groovy"):
            assert is_well_formed(f"f({literal})\n", language)
        assert read(read(literal, braces=False), braces=False) == text

    @given(TEXTS)
    def test_of_java_hide_no_end_of_the_string(self, text):
        # Java reads \\uXXXX before it reads strings: none of them may stand for what has a meaning there.
        units = re.findall(r"(?<!\\)(?:\\\\)*\\u([0-9a-f]{4})", java_literal(text))

        assert all(int(unit, 16) >= 0x80 for unit in units)

    @given(TEXTS)
    def test_of_dotenv_give_the_text_back_or_are_refused(self, text):
        try:
            literal = dotenv_literal(text)
        except ConfigInvalid:
            assert {"'", '"', "`"} <= set(text) or re.search(r"\0|\r|\\\Z", text) or {"'", "`"} <= set(text)
            return

        assert dotenv_read(f"A={literal}\n") == {"A": text}

    def test_of_dotenv_say_what_can_not_be_written(self):
        with pytest.raises(ConfigInvalid, match=r"can't be written into a \.env file"):
            dotenv_literal("'\"`")


class TestClientConfig:
    @pytest.mark.parametrize(
        ("field", "value", "sentence"),
        [("api_base_url", "", "API_BASE_URL is ''"), ("api_base_url", "javascript:x", "API_BASE_URL"),
         ("sentry_dsn", "abc", "CLIENT_SENTRY_DSN is 'abc'"), ("build_number", 0, "from 1 to 2100000000"),
         ("build_number", 2_100_000_001, "from 1 to")],
    )  # fmt: skip
    def test_refuses_what_no_client_can_be_built_with(self, field, value, sentence):
        values = {name: getattr(CONFIG, name) for name in CONFIG.__slots__}

        with pytest.raises(ConfigInvalid, match=sentence):
            ClientConfig(**{**values, field: value})


class TestConstantOf:
    @pytest.mark.parametrize(
        ("name", "constant"),
        [
            ("apiBaseURL", "API_BASE_URL"),
            ("sentryDSN", "SENTRY_DSN"),
            ("appVersion", "APP_VERSION"),
            ("URLBase", "URL_BASE"),
        ],
    )
    def test_puts_words_apart(self, name, constant):
        assert constant_of(name) == constant


class TestMinimumsRead:
    def test_supports_all_where_none_is_named(self):
        assert minimums_read(["ios=1.2"]) == {"ios": "1.2", "android": "0.0.0", "web": "0.0.0"}

    @pytest.mark.parametrize(
        "text", ["", "ios", "ios=", "ios=1", "ios=1.02", "windows=1.0", "ios=1.0.0.0", "ios=1.x"]
    )
    def test_refuses_the_rest(self, text):
        with pytest.raises(ConfigInvalid, match="CLIENT_MINIMUM_VERSIONS has"):
            minimums_read([text])


def read(literal, *, braces):
    """A literal as its language reads it; with `braces` Swift's escapes, else Java's, Groovy's and Kotlin's."""
    inner, out, at = literal[1:-1], [], 0
    plain = {"n": "\n", "r": "\r", "t": "\t", '"': '"', "\\": "\\", "$": "$"}
    while at < len(inner):
        rest = inner[at + 1 :]
        if inner[at] != "\\":
            out.append(inner[at])
            at += 1
        elif braces and (found := re.match(r"u\{([0-9a-f]+)\}", rest)):
            out.append(chr(int(found[1], 16)))
            at += 1 + found.end()
        elif not braces and (found := re.match(r"u([0-9a-f]{4})|([0-3][0-7]{2})", rest)):
            out.append(chr(int(found[1], 16) if found[1] else int(found[2], 8)))
            at += 1 + found.end()
        else:
            out.append(plain[rest[0]])
            at += 2
    return "".join(out).encode("utf-16", "surrogatepass").decode("utf-16")


def dotenv_read(source):
    """A file as dotenv 16 and dotenv-expand read it, rule by rule."""
    line = re.compile(
        r"""^\s*(?:export\s+)?([\w.-]+)(?:\s*=\s*?|:\s+?)(\s*'(?:\\'|[^'])*'|\s*"(?:\\"|[^"])*"|\s*`(?:\\`|[^`])*`|[^#\r\n]+)?\s*(?:#.*)?$""",
        re.MULTILINE,
    )
    found = {}
    for key, raw in line.findall(source):
        value = raw.strip()
        quote = value[:1]
        value = re.sub(r"\A(['\"`])(.*)\1\Z", r"\2", value, flags=re.DOTALL)
        if quote == '"':
            value = value.replace("\\n", "\n").replace("\\r", "\r")
        assert not re.search(r"(?<!\\)\$", value)  # nothing is expanded
        found[key] = value.replace("\\$", "$")
    return found
