"""Queries as trees, and where each mistake is."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.journal.query.nodes import And, Field, Named, Not, Or, Payee, QueryInvalid, Text
from ledger.journal.query.parser import NESTING_MAX, TERMS_MAX
from ledger.journal.query.tokens import CHARACTERS_MAX
from tests.ledger.journal.queries import leaves, read, trees, unparse

A, B, C, D = (Text(letter) for letter in "abcd")
# What people and mischief type: pieces of the language in any order.
PIECES = st.lists(
    st.one_of(
        st.sampled_from(
            ["amount:", "date:", "fy:", "payee:", "category:", "is:", "foo:", "OR", "AND", "-", "(", ")", '"', " ",
             "..", ">", "<=", "=", "2026-04", "2150", "1950", "1,00,000", "99.999", "today", "reconciled", "\\", "“"]
        ),
        st.text(max_size=3),
    ),
    max_size=30,
).map("".join)  # fmt: skip


def refusal(text, **frame):
    with pytest.raises(QueryInvalid) as caught:
        read(text, **frame)
    return caught.value


class TestQueryParse:
    @pytest.mark.parametrize("text", ["", " ", "\u00a0\u3000 "])
    def test_finds_nothing_asked_in_a_blank_query(self, text):
        assert read(text) is None

    @pytest.mark.parametrize(
        ("text", "node"),
        [
            ("a", A),
            (" a ", A),
            ("a b", And((A, B))),
            ("a AND b", And((A, B))),
            ("a OR b", Or((A, B))),
            ("a or b", And((A, Text("or"), B))),
            ("a b OR c d", Or((And((A, B)), And((C, D))))),
            ("a OR b OR c", Or((A, B, C))),
            ("a (b OR c) d", And((A, Or((B, C)), D))),
            ("(a)(b)", And((A, B))),
            ("a(b)", And((A, B))),
            ("((a))", A),
            ("-a", Not(A)),
            ("a -b", And((A, Not(B)))),
            ("-(a OR b)", Not(Or((A, B)))),
            ("-(-a)", Not(Not(A))),
            ("-a OR -b", Or((Not(A), Not(B)))),
            ('-"a b"', Not(Text("a b"))),
            ("-payee:a", Not(Payee("a", is_whole=False))),
            ("e-mail", Text("e-mail")),
            ('"a b"', Text("a b")),
            ("“a b”", Text("a b")),
            ('"OR"', Text("OR")),
            ('"-a"', Text("-a")),
            ('"tag:x"', Text("tag:x")),
            (r'"a \"b\" \\ \c"', Text(r'a "b" \ \c')),
            ("10:30", Text("10:30")),
            (":a", Text(":a")),
            ("किराना", Text("किराना")),
            ("மளிகை கடை", And((Text("மளிகை"), Text("கடை")))),
            ("TAG:Diwali", Field("tag", "diwali")),
            ('tag:"my tag"', Field("tag", "my tag")),
            ("external:UPI:4415/1", Field("external", "UPI:4415/1")),
            ("category:Food:Groceries", Named("category", "Food:Groceries")),
            ('account:"SBI savings"', Named("account", "SBI savings")),
        ],
    )
    def test_reads(self, text, node):
        assert read(text) == node

    @pytest.mark.parametrize(
        ("text", "position", "sentence"),
        [
            ('a "b c', 2, "At character 3: the quotes that begin here are not closed."),
            ('payee:"b', 6, "At character 7: the quotes that begin here are not closed."),
            ('"a\\', 0, "At character 1: the quotes that begin here are not closed."),
            ('a ""', 2, "At character 3: there is nothing between the quotes."),
            ('tag:" "', 4, "At character 5: there is nothing between the quotes."),
            ('a"b"', 1, "At character 2: put a space between “a” and the quotes."),
            ('tag:a"b"', 5, "At character 6: put a space between “a” and the quotes."),
            ('"a"b', 3, "At character 4: put a space behind the quotes."),
            ('"a""b"', 3, "At character 4: put a space behind the quotes."),
            ("a (b", 2, "At character 3: this “(” is not closed."),
            ("(", 0, "At character 1: this “(” is not closed."),
            ("a OR (", 5, "At character 6: this “(” is not closed."),
            ("a ()", 2, "At character 3: there is nothing between the parentheses."),
            ("a )", 2, "At character 3: this “)” closes nothing."),
            (")", 0, "At character 1: this “)” closes nothing."),
            ("OR a", 0, "At character 1: OR stands between two terms; the word itself goes into quotes."),
            ("OR a OR", 0, "At character 1: OR stands between two terms; the word itself goes into quotes."),
            ("a OR", 2, "At character 3: OR stands between two terms; the word itself goes into quotes."),
            ("(a OR )", 3, "At character 4: OR stands between two terms; the word itself goes into quotes."),
            ("a OR OR b", 2, "At character 3: OR stands between two terms; the word itself goes into quotes."),
            ("(AND a)", 1, "At character 2: AND stands between two terms; the word itself goes into quotes."),
            ("a AND", 2, "At character 3: AND stands between two terms; the word itself goes into quotes."),
            ("a -", 2, "At character 3: “-” stands right before the one thing it leaves out, for example -food."),
            ("a - b", 2, "At character 3: “-” stands right before the one thing it leaves out, for example -food."),
            ("--a", 0, "At character 1: “-” stands right before the one thing it leaves out, for example -food."),
            ("-OR", 0, "At character 1: “-” stands right before the one thing it leaves out, for example -food."),
            ("(a -)", 3, "At character 4: “-” stands right before the one thing it leaves out, for example -food."),
            ("a\x00b", 1, "At character 2: there is a character that can't be seen; leave it out."),
            ("क्ष a\tb", 5, "At character 6: there is a character that can't be seen; leave it out."),
            ("😀 \u202ea", 2, "At character 3: there is a character that can't be seen; leave it out."),
            ("a \ud800", 2, "At character 3: there is a character that can't be seen; leave it out."),
        ],
    )  # fmt: skip
    def test_says_where_the_mistake_is(self, text, position, sentence):
        error = refusal(text)

        assert (error.position, error.message) == (position, sentence)
        assert [(one.field, one.code, one.message) for one in error.errors] == [
            ("q", "query_invalid", sentence)
        ]

    def test_takes_as_much_as_it_says_and_no_more(self):
        longest = "a" * CHARACTERS_MAX
        most = " ".join(["a"] * TERMS_MAX)
        deepest = "(" * NESTING_MAX + "a" + ")" * NESTING_MAX

        assert read(longest) == Text(longest)
        assert read(most) == And((A,) * TERMS_MAX)
        assert read(deepest) == A
        assert read(" ".join([deepest] * 2)) == And((A, A))
        assert refusal(longest + "a").position == CHARACTERS_MAX
        assert refusal(longest + "a").message.endswith("a search has at most 500 characters.")
        assert refusal(most + " a").position == len(most) + 1
        assert refusal(most + " a").message.endswith("a search has at most 40 terms.")
        assert refusal(f"({deepest})").position == NESTING_MAX
        assert refusal(f"({deepest})").message.endswith("parentheses go at most 10 deep.")

    @given(st.one_of(st.text(max_size=600), PIECES))
    def test_reads_any_text_or_points_into_it(self, text):
        mistake, node = None, None
        try:
            node = read(text)
        except QueryInvalid as error:
            mistake = error

        if mistake:
            assert 0 <= mistake.position <= len(text)
            assert mistake.message.startswith(f"At character {mistake.position + 1}: ")
            assert len(mistake.message) < 250
        assert node is None or read(unparse(node)) == node

    @given(trees(leaves()))
    def test_reads_every_tree_that_can_be_written(self, node):
        text = unparse(node)

        assert len(text) > CHARACTERS_MAX or read(text) == node
