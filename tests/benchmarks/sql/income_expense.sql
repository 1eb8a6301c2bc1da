-- What twelve whole months brought in and took, month by month, from the month totals: minor units of the book's currency.
SELECT total.month, sum(total.base_minor) FILTER (WHERE account.type = 'income') AS income_minor,
       sum(total.base_minor) FILTER (WHERE account.type = 'expense') AS expense_minor
  FROM ledger_month_total total
  JOIN ledger_account account ON account.book_id = total.book_id AND account.id = total.account_id
 WHERE total.book_id = %(book)s AND total.month BETWEEN %(since)s AND %(until)s AND account.type IN ('income', 'expense')
 GROUP BY total.month
 ORDER BY total.month
