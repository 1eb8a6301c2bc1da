"""The language of `?q=`, for pages and API alike: words, quotes, `-`, `OR`, parentheses, and `key:value`.

Text becomes tokens, tokens a tree, and a tree a condition in SQL. Nothing here asks the database: who calls
resolves the names of accounts and categories in between.

    scales = scales_of(base_currency="INR", accounts=foreign)
    node = query_parse(
        text=q, today=today, currency=scales.currency, fiscal_year_start_month=4, month_start_day=1
    )
    ids = names_resolve(names=names_of(node), entries=chart)
    condition, parameters = query_sql(node=node, ids=ids, scales=scales)

The language itself is described for people in docs/API.md, "Searching".
"""
