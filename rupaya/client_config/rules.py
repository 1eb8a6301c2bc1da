"""The values that clients are built with, and how Swift, Gradle and dotenv files write them. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

PLATFORMS: Final = ("ios", "android", "web")
BUILD_MAX: Final = 2_100_000_000  # Google Play's limit of a versionCode
_TEXT_MAX: Final = 2000
_VERSION: Final = re.compile(r"(0|[1-9][0-9]{0,4})(\.(0|[1-9][0-9]{0,4})){1,2}")
_SAFE: Final = re.compile(r"[ !#-&(-\[\]-_a-~]")  # printable ASCII that no language reads anything into
_SHORT: Final = {"\n": "\\n", "\r": "\\r", "\t": "\\t"}


class ConfigInvalid(ValueError):
    """A value that no client can be built with; the sentence names it."""


@dataclass(frozen=True, slots=True)
class ClientConfig:
    """What a client is built with. `sentry_dsn` is '' where clients report no errors."""

    api_base_url: str
    sentry_dsn: str
    app_version: str
    build_number: int

    def __post_init__(self) -> None:
        for name, url in (
            ("API_BASE_URL", self.api_base_url),
            ("CLIENT_SENTRY_DSN", self.sentry_dsn or "https://x"),
        ):
            if (
                urlsplit(url).scheme not in {"http", "https"}
                or not urlsplit(url).hostname
                or len(url) > _TEXT_MAX
            ):
                raise ConfigInvalid(f"{name} is {url!r}; it must be an address with http or https.")
        if not 1 <= self.build_number <= BUILD_MAX:
            raise ConfigInvalid(f"The build number is {self.build_number}; it must be from 1 to {BUILD_MAX}.")

    @property
    def values(self) -> tuple[tuple[str, str], ...]:
        """Each value with its name in Swift, which is the one source of all names."""
        return (
            ("apiBaseURL", self.api_base_url),
            ("sentryDSN", self.sentry_dsn),
            ("appVersion", self.app_version),
            ("buildNumber", str(self.build_number)),
        )


def minimums_read(texts: Iterable[str]) -> dict[str, str]:
    """Least supported versions by platform, from `ios=1.2.0`; one that is not named supports all: 0.0.0.

    Raises ConfigInvalid.
    """
    found = dict.fromkeys(PLATFORMS, "0.0.0")
    for text in texts:
        platform, _, version = text.partition("=")
        if platform not in PLATFORMS or not _VERSION.fullmatch(version):
            raise ConfigInvalid(
                f"CLIENT_MINIMUM_VERSIONS has {text!r}; write one of {', '.join(PLATFORMS)}, an equals sign and a "
                "version like 1.2.0."
            )
        found[platform] = version
    return found


def swift(config: ClientConfig) -> str:
    """`Config.swift`."""
    lines = [f"    static let {name} = {swift_literal(value)}" for name, value in config.values]
    return "\n".join(
        [
            "// Written by `manage.py client_config --format swift`: do not edit.",
            "",
            "enum Config {",
            *lines,
            "}",
            "",
        ]
    )


def gradle(config: ClientConfig) -> str:
    """`buildConfigField` calls, which Groovy's and Kotlin's Gradle files both take."""
    lines = [
        f'buildConfigField("String", "{constant_of(name)}", {gradle_literal(java_literal(value))})'
        for name, value in config.values
    ]
    return "\n".join(["// Written by `manage.py client_config --format gradle`: do not edit.", *lines, ""])


def dotenv(config: ClientConfig) -> str:
    """`.env.local`, as Next.js reads it. Raises ConfigInvalid where a value can't be written."""
    lines = [f"NEXT_PUBLIC_{constant_of(name)}={dotenv_literal(value)}" for name, value in config.values]
    return "\n".join(["# Written by `manage.py client_config --format dotenv`: do not edit.", *lines, ""])


def constant_of(name: str) -> str:
    """A name of Swift as a constant: apiBaseURL becomes API_BASE_URL."""
    return re.sub(r"(?<=[a-z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", name).upper()


def swift_literal(text: str) -> str:
    """A string of Swift. Its backslash is escaped, and with it the `\\(` of an interpolation."""
    return '"' + "".join(_SHORT.get(one) or _swift_character(one) for one in text) + '"'


def java_literal(text: str) -> str:
    """A string of Java, which BuildConfig's source is: escapes of control characters are octal, because Java reads
    `\\u000a` as a line's end before it reads strings.
    """
    return '"' + "".join(_SHORT.get(one) or _java_character(one) for one in text) + '"'


def gradle_literal(text: str) -> str:
    """A string that Groovy and Kotlin read alike; `$` would begin a template in both. `text` is printable ASCII."""
    return '"' + re.sub(r'[\\"$]', r"\\\g<0>", text) + '"'


def dotenv_literal(text: str) -> str:
    """A value as dotenv reads it: between quotes that are not in it, `$` escaped for dotenv-expand.

    Raises ConfigInvalid for what has all three quotes in it, or NUL, or ends in a backslash: it can't be written.
    """
    expanded = text.replace("$", "\\$")
    can_be_double = not re.search(r"\\[nr]", text)  # there `\n` becomes a line's end
    for quote in ("'", '"', "`"):
        if quote not in text and (quote != '"' or can_be_double):
            break
    else:
        quote = ""
    if not quote or "\0" in text or "\r" in text or text.endswith("\\"):
        raise ConfigInvalid(f"{text!r} can't be written into a .env file.")
    return f"{quote}{expanded}{quote}"


def _swift_character(one: str) -> str:
    if one in {'"', "\\"}:
        return f"\\{one}"
    return one if _SAFE.fullmatch(one) or one in "'`" else f"\\u{{{ord(one):x}}}"


def _java_character(one: str) -> str:
    if one in {'"', "\\"}:
        return f"\\{one}"
    if _SAFE.fullmatch(one) or one in "'`":
        return one
    if ord(one) < 0x80:
        return f"\\{ord(one):03o}"
    raw = one.encode("utf-16-be")
    return "".join(f"\\u{raw[at : at + 2].hex()}" for at in range(0, len(raw), 2))
