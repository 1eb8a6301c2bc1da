"""The language of `?q=`, for pages and API alike: words, quotes, `-`, `OR`, parentheses, and `key:value`.

Text becomes tokens, and tokens a tree. The language itself is described for people in docs/API.md, "Searching".
"""

from ledger.journal.query.nodes import Node, QueryInvalid
from ledger.journal.query.parser import query_parse

__all__ = ["Node", "QueryInvalid", "query_parse"]
