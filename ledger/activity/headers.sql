-- What versions of transactions said of their money: the log has their headers, and legs are no part of it.
-- id, version; description; currency of the account; names and minors: the categories' legs in their order.
WITH asked AS (
  SELECT * FROM unnest(%(ids)s::uuid[], %(versions)s::int[]) AS asked (id, version)
), spans AS (
  SELECT t.id, t.version, t.book_id, t.description, t.account_id, t.first_line, %(line_max)s AS last_line
    FROM asked JOIN ledger_transaction t ON t.id = asked.id AND t.version = asked.version
  UNION ALL
  SELECT v.transaction_id, v.version, v.book_id, v.description, v.account_id, v.first_line, v.last_line
    FROM asked JOIN ledger_transaction_version v ON v.transaction_id = asked.id AND v.version = asked.version
)
SELECT s.id::text AS id, s.version, s.description, coalesce(a.currency, '') AS currency,
       coalesce(legs.names, '{}') AS names, coalesce(legs.minors, '{}') AS minors
  FROM spans s
  LEFT JOIN ledger_account a ON a.id = s.account_id AND a.book_id = s.book_id
  LEFT JOIN LATERAL (
    SELECT array_agg(c.name ORDER BY p.line) AS names, array_agg(p.amount_minor ORDER BY p.line) AS minors
      FROM ledger_posting p JOIN ledger_account c ON c.id = p.account_id AND c.book_id = p.book_id
     WHERE p.transaction_id = s.id AND p.book_id = s.book_id AND p.line BETWEEN s.first_line AND s.last_line
       AND c.kind = 'category') AS legs ON true
