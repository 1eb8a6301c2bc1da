"""The accounts that an Indian household starts with. Names are what people say; all can be added to."""

from __future__ import annotations

from typing import Final, NamedTuple


class Starter(NamedTuple):
    """One account of the starter chart; `purpose` is '' for most."""

    type: str
    kind: str
    name: str
    icon: str
    purpose: str = ""


STARTER_CHART: Final = (
    Starter("asset", "cash", "Cash", "wallet", "everyday"),
    Starter("asset", "bank", "Savings account", "bank"),
    Starter("asset", "deposit", "Fixed deposits", "vault"),
    Starter("asset", "deposit", "PPF and EPF", "shield"),
    Starter("asset", "investment", "Mutual funds and shares", "trend"),
    Starter("asset", "receivable", "Money lent", "handshake"),
    Starter("liability", "credit_card", "Credit card", "card"),
    Starter("liability", "loan", "Home loan", "home"),
    Starter("equity", "equity", "Opening balances", "scale", "opening"),
    Starter("equity", "equity", "Balance adjustments", "scale", "adjustment"),
    Starter("income", "category", "Salary", "briefcase"),
    Starter("income", "category", "Business and freelance", "store"),
    Starter("income", "category", "Interest", "percent"),
    Starter("income", "category", "Dividends", "trend"),
    Starter("income", "category", "Rent received", "home"),
    Starter("income", "category", "Gifts received", "gift"),
    Starter("income", "category", "Refunds and cashback", "undo"),
    Starter("income", "category", "Other income", "plus", "uncategorised_income"),
    Starter("expense", "category", "Groceries", "basket"),
    Starter("expense", "category", "Eating out", "food"),
    Starter("expense", "category", "Rent and maintenance", "home"),
    Starter("expense", "category", "Electricity, water and gas", "bolt"),
    Starter("expense", "category", "Mobile and internet", "phone"),
    Starter("expense", "category", "Household help", "users"),
    Starter("expense", "category", "Transport", "train"),
    Starter("expense", "category", "Fuel", "fuel"),
    Starter("expense", "category", "Health and medicine", "heart"),
    Starter("expense", "category", "Insurance", "shield"),
    Starter("expense", "category", "Education", "book"),
    Starter("expense", "category", "Children", "baby"),
    Starter("expense", "category", "Shopping", "bag"),
    Starter("expense", "category", "Personal care", "scissors"),
    Starter("expense", "category", "Entertainment", "film"),
    Starter("expense", "category", "Travel", "plane"),
    Starter("expense", "category", "Festivals and puja", "sparkles"),
    Starter("expense", "category", "Gifts and donations", "gift"),
    Starter("expense", "category", "Loan interest", "percent"),
    Starter("expense", "category", "Bank charges", "bank"),
    Starter("expense", "category", "Taxes", "receipt"),
    Starter("expense", "category", "Uncategorised", "tag", "uncategorised_expense"),
)
