"""The language of `?q=`, for pages and API alike: words, quotes, `-`, `OR`, parentheses, and `key:value`.

Text becomes tokens, tokens a tree, and a tree a condition in SQL. Nothing here asks the database: who calls
resolves the names of accounts and categories in between.

    scales = scales_of(base_currency="INR", accounts=foreign)
    node = query_parse(text=q, today=today, currency=scales.currency, fiscal_year_start_month=4)
    ids = names_resolve(names=names_of(node), entries=chart)
    condition, parameters = query_sql(node=node, ids=ids, scales=scales)

The language itself is described for people in docs/API.md, "Searching".
"""

from ledger.journal.query.amounts import Scales, scales_of
from ledger.journal.query.names import ChartEntry, names_of, names_resolve
from ledger.journal.query.nodes import Node, QueryInvalid
from ledger.journal.query.parser import query_parse
from ledger.journal.query.sql import query_sql

__all__ = [
    "ChartEntry",
    "Node",
    "QueryInvalid",
    "Scales",
    "names_of",
    "names_resolve",
    "query_parse",
    "query_sql",
    "scales_of",
]
