-- The ids of a search's page in order, by walking the list, if what is sought is frequent among its first {near} rows. Fewer than
-- {rows} ids say nothing: an index must be asked. The LIMITs below the conditions leave the planner no choice, so one plan is right
-- for all words; the book is a subquery's for the same reason as in transactions_page.sql.
WITH near AS (
  SELECT count(*) AS found
    FROM (SELECT t.* FROM ledger_transaction_searched t WHERE t.book_id = (SELECT %(book)s::uuid){place} ORDER BY {order} LIMIT {near}) t
   WHERE true{conditions}
)
SELECT t.id
  FROM (
    SELECT t.* FROM ledger_transaction_searched t WHERE t.book_id = (SELECT %(book)s::uuid){place} ORDER BY {order}
     LIMIT (SELECT CASE WHEN found >= {enough} THEN {reach} / found ELSE 0 END FROM near)
  ) t
 WHERE true{conditions}
 ORDER BY {order}
 LIMIT {rows}
