-- What the book owned less what it owed at the end of every month it has.
SELECT total.month, sum(sum(total.base_minor)) OVER (ORDER BY total.month) AS net_worth_minor
  FROM ledger_month_total total
  JOIN ledger_account account ON account.book_id = total.book_id AND account.id = total.account_id
 WHERE total.book_id = %(book)s AND account.type IN ('asset', 'liability')
 GROUP BY total.month
 ORDER BY total.month
