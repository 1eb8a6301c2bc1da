-- What happened in a stretch, of all of the actor's books: the keys of a page, in order. Row-level security holds.
-- stage, book_id, account_id, xid, date and id order them; kind says what an account is; is_gone: a tombstone.
-- Each part cuts its rows before they meet, beyond the place that was reached.
WITH own AS MATERIALIZED (
  SELECT DISTINCT e.kind, e.book_id, e.object_id
    FROM ledger_sync_event e
   WHERE e.user_id = %(user)s AND e.xid >= %(since)s::text::xid8 AND e.xid < %(high)s::text::xid8 AND NOT %(whole)s
), book AS MATERIALIZED (
  SELECT m.book_id AS id, m.id AS member_id,
         %(whole)s OR EXISTS (SELECT FROM own WHERE own.kind = 'joined' AND own.book_id = m.book_id) AS is_new
    FROM ledger_member m
   WHERE m.user_id = %(user)s
), event AS MATERIALIZED (
  SELECT DISTINCT e.kind, e.book_id, e.object_id
    FROM book JOIN ledger_sync_event e ON e.book_id = book.id
   WHERE NOT book.is_new AND e.user_id IS NULL
     AND e.xid >= %(since)s::text::xid8 AND e.xid < %(high)s::text::xid8
  UNION
  SELECT own.kind, own.book_id, own.object_id FROM own JOIN book ON book.id = own.book_id WHERE NOT book.is_new
)
SELECT stage, book_id, account_id, xid::text, date, coalesce(up, down) AS id, kind, is_gone
  FROM (
    -- 1: books that were left, and those that are told anew: what may be there of them is old, or of the time before
    (SELECT DISTINCT 1 AS stage, own.book_id, NULL::uuid AS account_id, NULL::xid8 AS xid, NULL::uuid AS up,
            NULL::date AS date, NULL::uuid AS down, 'book' AS kind, true AS is_gone
       FROM own
      WHERE own.kind IN ('joined', 'left') AND (%(stage)s < 1 OR (%(stage)s = 1 AND own.book_id > %(book)s)))
    UNION ALL
    -- 2: books, and 3: one's own membership in them
    SELECT 2, book.id, NULL, NULL, NULL, NULL, NULL, 'book', false
      FROM book
     WHERE (%(stage)s < 2 OR (%(stage)s = 2 AND book.id > %(book)s))
       AND (book.is_new OR EXISTS (SELECT FROM event e WHERE e.book_id = book.id AND e.kind IN ('book', 'member')))
    UNION ALL
    SELECT 3, book.id, NULL, NULL, book.member_id, NULL, NULL, 'member', false
      FROM book
     WHERE (%(stage)s < 3 OR (%(stage)s = 3 AND book.id > %(book)s))
       AND (book.is_new OR EXISTS (SELECT FROM event e WHERE e.book_id = book.id AND e.kind = 'member'))
    UNION ALL
    -- 4: accounts and categories; merged ones are gone, and so is what was hidden since. Of what was hidden before,
    -- nothing is told.
    (SELECT 4, found.book_id, found.id, NULL, NULL, NULL, NULL, found.type, found.is_gone
       FROM (
         SELECT a.book_id, a.id, a.type, false AS is_gone
           FROM book JOIN ledger_account a ON a.book_id = book.id
          WHERE book.is_new AND a.merged_into_id IS NULL
         UNION
         SELECT e.book_id, e.object_id, coalesce(a.type, 'asset'), a.id IS NULL OR a.merged_into_id IS NOT NULL
           FROM event e LEFT JOIN ledger_account a ON a.book_id = e.book_id AND a.id = e.object_id
          WHERE e.kind IN ('account', 'visible') AND (a.id IS NOT NULL OR e.kind = 'visible')) found
      WHERE %(stage)s < 4 OR (%(stage)s = 4 AND (found.book_id, found.id) > (%(book)s, %(account)s))
      ORDER BY found.book_id, found.id
      LIMIT %(rows)s)
    UNION ALL
    -- 5: all transactions of books that are new to the person, newest first
    (SELECT 5, t.book_id, NULL, NULL, NULL, t.date, t.id, NULL, false
       FROM book
      CROSS JOIN LATERAL (
        SELECT t.book_id, t.date, t.id
          FROM ledger_transaction t
         WHERE t.book_id = book.id AND t.status <> 'void'
           AND (t.date, t.id) < (CASE WHEN %(stage)s = 5 AND book.id = %(book)s THEN %(date)s::date ELSE 'infinity' END,
                                 %(id)s::uuid)
         ORDER BY t.date DESC, t.id DESC
         LIMIT %(rows)s) t
      WHERE book.is_new AND (%(stage)s < 5 OR (%(stage)s = 5 AND book.id >= %(book)s))
      ORDER BY t.book_id, t.date DESC, t.id DESC
      LIMIT %(rows)s)
    UNION ALL
    -- 6: transactions that were changed, in the order in which they were
    (SELECT 6, t.book_id, NULL, t.changed_xid, t.id, NULL, NULL, NULL, t.is_void
       FROM book
      CROSS JOIN LATERAL (
        SELECT t.book_id, t.changed_xid, t.id, t.status = 'void' AS is_void
          FROM ledger_transaction t
         WHERE t.book_id = book.id
           AND t.changed_xid >= %(since)s::text::xid8 AND t.changed_xid < %(high)s::text::xid8
           AND (t.changed_xid, t.id) > (CASE WHEN %(stage)s = 6 AND book.id = %(book)s THEN %(xid)s::text::xid8
                                             ELSE '0' END, %(id)s::uuid)
         ORDER BY t.changed_xid, t.id
         LIMIT %(rows)s) t
      WHERE NOT book.is_new AND (%(stage)s < 6 OR (%(stage)s = 6 AND book.id >= %(book)s))
      ORDER BY t.book_id, t.changed_xid, t.id
      LIMIT %(rows)s)
    UNION ALL
    SELECT 6, w.book_id, NULL, w.xid, w.id, NULL, NULL, NULL, true
      FROM ledger_sync_withdrawn(%(since)s::text::xid8, %(high)s::text::xid8,
                                 CASE %(stage)s WHEN 6 THEN %(book)s ELSE '00000000-0000-0000-0000-000000000000' END,
                                 CASE %(stage)s WHEN 6 THEN %(xid)s::text::xid8 ELSE '0' END, %(id)s, %(rows)s) w
      JOIN book ON book.id = w.book_id
     WHERE NOT book.is_new AND %(stage)s <= 6
    UNION ALL
    -- 7: transactions whose attachments came or went
    (SELECT 7, t.book_id, NULL, NULL, t.id, NULL, NULL, NULL, t.status = 'void'
       FROM event e JOIN ledger_transaction t ON t.id = e.object_id AND t.book_id = e.book_id
      WHERE e.kind = 'transaction'
        AND (%(stage)s < 7 OR (%(stage)s = 7 AND (t.book_id, t.id) > (%(book)s, %(id)s)))
      ORDER BY t.book_id, t.id
      LIMIT %(rows)s)
    UNION ALL
    -- 8: the transactions of accounts that have another name, or are shown again
    (SELECT 8, account.book_id, account.id, NULL, NULL, p.date, p.transaction_id, NULL, false
       FROM (SELECT DISTINCT e.book_id, e.object_id AS id
               FROM event e JOIN ledger_account a ON a.book_id = e.book_id AND a.id = e.object_id
              WHERE e.kind IN ('names', 'visible') AND a.merged_into_id IS NULL) account
      CROSS JOIN LATERAL (
        SELECT DISTINCT p.date, p.transaction_id
          FROM ledger_posting p
         WHERE p.book_id = account.book_id AND p.account_id = account.id AND p.retired_at IS NULL
           AND (p.date, p.transaction_id) <
               (CASE WHEN %(stage)s = 8 AND account.id = %(account)s THEN %(date)s::date ELSE 'infinity' END, %(id)s::uuid)
         ORDER BY p.date DESC, p.transaction_id DESC
         LIMIT %(rows)s) p
      WHERE %(stage)s < 8 OR (%(stage)s = 8 AND (account.book_id, account.id) >= (%(book)s, %(account)s))
      ORDER BY account.book_id, account.id, p.date DESC, p.transaction_id DESC
      LIMIT %(rows)s)
  ) key
 ORDER BY stage, book_id, account_id, key.xid, up, date DESC, down DESC
 LIMIT %(rows)s
