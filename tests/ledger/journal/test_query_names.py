"""Names of accounts and categories, and what stands below them."""

from __future__ import annotations

from itertools import count
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.journal.query.names import ChartEntry, names_of, names_resolve
from ledger.journal.query.nodes import Named, QueryInvalid
from tests.ledger.journal.queries import WORDS, read

NUMBERS = count(0xABC0)  # every run collects the same tests


def entry(name, entry_type="expense", parent=None):
    return ChartEntry(UUID(int=next(NUMBERS)), name, entry_type, parent.id if parent else None)


HOME = entry("Home")
FOOD = entry("Food", parent=HOME)
GROCERIES = entry("Groceries", parent=FOOD)
EATING_OUT = entry("Eating  out", parent=FOOD)
PETS = entry("Pets")
PET_FOOD = entry("Food", parent=PETS)
BILLS = entry("Bills:Phone")
INTEREST_PAID = entry("Interest")
INTEREST_EARNED = entry("Interest", "income")
BANK = entry("SBI savings", "asset")
POT = entry("Pot", "asset", parent=BANK)
CARD = entry("Card", "liability")
OPENING = entry("Opening balances", "equity")
KIRANA = entry("किराना")
CHART = [HOME, FOOD, GROCERIES, EATING_OUT, PETS, PET_FOOD, BILLS, INTEREST_PAID, INTEREST_EARNED, BANK, POT, CARD,
         OPENING, KIRANA]  # fmt: skip


def resolved(text, chart=CHART):
    [name] = names_of(read(text))
    return set(names_resolve(names=[name], entries=chart)[name])


class TestNamesOf:
    def test_are_what_has_to_be_looked_up_each_once(self):
        node = read('food (category:a OR -account:"b c") category:a account:a')

        names = names_of(node)

        assert names == [Named("category", "a"), Named("account", "b c"), Named("account", "a")]
        assert [name.position for name in names] == [6, 21, 47]

    def test_are_none_where_none_is_named(self):
        assert names_of(read("food -tag:x OR amount:>5")) == []


class TestNamesResolve:
    @pytest.mark.parametrize(
        ("text", "entries"),
        [
            ("category:GROCERIES", [GROCERIES]),
            ('category:"eating out"', [EATING_OUT]),
            ("category:किराना", [KIRANA]),
            ("category:home", [HOME, FOOD, GROCERIES, EATING_OUT]),
            ("category:food", [FOOD, GROCERIES, EATING_OUT, PET_FOOD]),
            ("category:Pets:Food", [PET_FOOD]),
            ('category:"Home : Food"', [FOOD, GROCERIES, EATING_OUT]),
            ("category:home:food:groceries", [GROCERIES]),
            ("category:food:groceries", [GROCERIES]),
            ("category:bills:phone", [BILLS]),
            ("category:interest", [INTEREST_PAID, INTEREST_EARNED]),
            ('account:"sbi SAVINGS"', [BANK, POT]),
            ("account:card", [CARD]),
            ('account:"opening balances"', [OPENING]),
            (f"category:{FOOD.id}", [FOOD, GROCERIES, EATING_OUT]),
            (f"account:{str(BANK.id).upper()}", [BANK, POT]),
        ],
    )
    def test_finds_all_that_answer_and_what_is_below(self, text, entries):
        assert resolved(text) == {found.id for found in entries}

    @pytest.mark.parametrize(
        ("text", "said"),
        [
            ("category:fod", "this book has no category “fod”; did you mean “Food”?"),
            ('account:"sbi saving"', "this book has no account “sbi saving”; did you mean “SBI savings”?"),
            ("category:zzz", "this book has no category “zzz”."),
            (
                "category:groceries:food",
                "this book has no category “groceries:food”; did you mean “Groceries”?",
            ),
            ("category:phone", "this book has no category “phone”; did you mean “Home”?"),
            ('category:"SBI savings"', "this book has no category “SBI savings”."),
            ("account:food", "this book has no account “food”."),
            (
                'category:"a name that is longer than thirty"',
                "this book has no category “a name that is longer than thirty”.",
            ),
            (f"account:{FOOD.id}", f"this book has no account “{FOOD.id}”."),
        ],
    )
    def test_points_at_a_name_that_nothing_answers(self, text, said):
        names = names_of(read(f"x -({text})"))

        with pytest.raises(QueryInvalid) as caught:
            names_resolve(names=names, entries=CHART)
        assert caught.value.position == 4
        assert caught.value.message == f"At character 5: {said}"

    def test_comes_to_an_end_in_a_chart_that_goes_round(self):
        one, two = UUID(int=1), UUID(int=2)
        chart = [ChartEntry(one, "a", "expense", two), ChartEntry(two, "b", "expense", one)]

        assert resolved("category:a:b:a", chart) == {one, two}

    def test_takes_a_parent_that_is_not_there_for_none(self):
        orphan = ChartEntry(UUID(int=1), "a", "expense", UUID(int=2))

        assert resolved("category:a", [orphan]) == {orphan.id}

    @given(st.lists(st.tuples(WORDS, st.integers(0, 20)), min_size=1, max_size=20))
    def test_finds_every_entry_by_its_whole_path(self, drawn):
        chart: list[ChartEntry] = []
        for name, above in drawn:
            parent = chart[above] if above < len(chart) else None
            chart.append(entry(name, parent=parent))
        by_id: dict[UUID | None, ChartEntry] = {one.id: one for one in chart}

        for one in chart:
            path, above = one.name, by_id.get(one.parent_id)
            while above:
                path, above = f"{above.name}:{path}", by_id.get(above.parent_id)
            name = Named("category", path)
            assert one.id in names_resolve(names=[name], entries=chart)[name]
