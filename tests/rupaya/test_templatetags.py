import re
from pathlib import Path
from types import SimpleNamespace

import pytest
from django.template import Context, Template

from ledger.chart.starter_india import STARTER_CHART
from rupaya.core.money import Money
from rupaya.templatetags.rupaya import (
    icon,
    initials,
    marked,
    money_exact,
    money_whole,
    short,
    signed,
    unsigned,
    words,
)

ROOT = Path(__file__).parents[2]


def rupees(text):
    whole, _, paise = text.partition(".")
    return Money(int(whole + (paise or "00")), "INR")


def render(source, **context):
    return Template("{% load rupaya %}" + source).render(Context(context))


class TestSigned:
    @pytest.mark.parametrize(
        ("amount", "shown"),
        [
            ("1000", "+₹1000"),
            ("-500", "-₹500"),
            ("12345", "+₹12,345"),
            ("-123456.78", "-₹1,23,456.78"),
            ("-2346.50", "-₹2346.50"),
            ("123456789.00", "+₹12,34,56,789"),
            ("0", "₹0"),
        ],
    )
    def test_shows_the_sign_and_groups_from_five_digits(self, amount, shown):
        assert signed(rupees(amount)) == shown


class TestUnsigned:
    def test_shows_a_transfer_without_a_sign(self):
        assert unsigned(rupees("-1000")) == "₹1000"


class TestMoneyExact:
    def test_groups_from_four_digits_and_shows_paise_where_there_are_any(self):
        assert [money_exact(rupees(text)) for text in ("1179", "645452.35")] == ["₹1,179", "₹6,45,452.35"]


class TestMoneyWhole:
    def test_rounds_to_rupees(self):
        assert money_whole(rupees("4261234.89")) == "₹42,61,235"


class TestShort:
    def test_writes_lakh_and_crore(self):
        assert [short(rupees(text)) for text in ("186000", "25000000")] == ["₹1.86L", "₹2.5Cr"]


class TestInitials:
    @pytest.mark.parametrize(
        ("name", "letters"),
        [
            ("Asha Rao", "AR"),
            ("asha", "A"),
            ("Asha Devi  Rao", "AR"),
            ("", "?"),
            ("  ", "?"),
            ("- Rao", "R"),
            ("आशा राव", "आर"),
        ],
    )
    def test_takes_the_first_and_last_names_letters(self, name, letters):
        assert initials(name) == letters


class TestWords:
    def test_makes_a_label_of_a_code(self):
        assert [words(code) for code in ("bank", "credit_card")] == ["Bank", "Credit card"]


class TestIcon:
    def test_points_into_the_sprite_and_is_hidden_from_readers(self):
        assert icon("home") == (
            '<svg class="icon" aria-hidden="true" focusable="false"><use href="/static/icons.svg#home"/></svg>'
        )

    def test_escapes_its_name(self):
        assert "<script>" not in icon('"><script>')

    def test_is_never_asked_for_a_symbol_that_the_sprite_lacks(self):
        symbols = set(
            re.findall(r'<symbol id="([\w-]+)"', (ROOT / "static/icons.svg").read_text(encoding="utf-8"))
        )
        sources = [path.read_text(encoding="utf-8") for path in (ROOT / "templates").rglob("*.html")]

        asked = {
            name
            for source in sources
            for name in re.findall(r'(?:% icon |sprite=|icon\|default:)"([\w-]+)"', source)
        }

        assert asked
        assert asked | {starter.icon for starter in STARTER_CHART} <= symbols


class TestBars:
    def test_draws_and_tells_every_month(self):
        flow = SimpleNamespace(label="Jun", income=rupees("200"), expense=rupees("100"), net=rupees("100"))

        page = render('{% bars flows "flow" %}', flows=[flow])

        assert page.count('<rect class="in"') == 1
        assert "Jun: in ₹200, out ₹100" in page
        assert re.search(r"Show as table.*<th scope=\"row\">Jun</th>\s*<td>₹200</td>", page, re.DOTALL)
        assert 'aria-labelledby="flow-title"' in page

    def test_says_so_where_nothing_moved(self):
        page = render("{% bars flows %}", flows=[])

        assert "<rect" not in page
        assert "Nothing moved in these months" in page


class TestDonut:
    def test_draws_a_slice_and_a_line_for_each_category(self):
        spending = [SimpleNamespace(category="<Rent>", amount=rupees("300"))]

        page = render("{% donut spending total %}", spending=spending, total=rupees("300"))

        assert page.count('class="slice c1"') == 1
        assert "&lt;Rent&gt;: ₹300" in page
        assert "<Rent>" not in page

    def test_draws_nothing_without_spending(self):
        assert render("{% donut spending total %}", spending=[], total=rupees("0")).strip() == ""


class TestSpark:
    def test_is_a_decoration(self):
        page = render("{% spark series %}", series=[rupees("1"), rupees("2")])

        assert "<polyline points=" in page
        assert 'aria-hidden="true"' in page

    def test_draws_nothing_without_values(self):
        assert render("{% spark series %}", series=[]).strip() == ""


class TestTemplates:
    """What the strict content security policy and the house style ask of every template and stylesheet."""

    @pytest.mark.parametrize(
        "forbidden",
        [
            r"\sstyle\s*=",
            r"<style\b",
            r"\son[a-z]+\s*=\s*[\"']",
            r"<script(?![^>]*\ssrc=)",
            r"(?:src|href)=\"(?:https?:)?//",
        ],
    )
    def test_hold_nothing_that_the_policy_blocks(self, forbidden):
        templates = list((ROOT / "templates").rglob("*.html"))

        guilty = [path.name for path in templates if re.search(forbidden, path.read_text(encoding="utf-8"))]

        assert templates
        assert guilty == []

    def test_have_stylesheets_without_foreign_or_inline_data(self):
        for path in (ROOT / "static").glob("*.css"):
            assert not re.search(r"data:|@import|https?://", path.read_text(encoding="utf-8")), path.name


class TestMarked:
    def test_makes_backticks_code_and_nothing_else_html(self):
        assert marked("See `<b>`, & more") == "See <code>&lt;b&gt;</code>, &amp; more"
