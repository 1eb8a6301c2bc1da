-- What ids stand for, as far as row-level security lets the reader see it; each id is of one table.
-- id; name; currency of an account, else ''; person: whom a row of a book's people is about, else ''; is_equity: whether it is
-- an account that is nothing but the other side of what an account opened with.
SELECT a.id::text AS id, a.name, a.currency, '' AS person, a.type = 'equity' AS is_equity FROM ledger_account a WHERE a.id = ANY (%(ids)s::uuid[])
UNION ALL
SELECT s.id::text, s.file_name, '', '', false FROM ledger_statement s WHERE s.id = ANY (%(ids)s::uuid[])
UNION ALL
SELECT p.id::text, p.name, '', '', false FROM ledger_attachment p WHERE p.id = ANY (%(ids)s::uuid[])
UNION ALL
SELECT i.id::text, i.email, '', '', false FROM ledger_invitation i WHERE i.id = ANY (%(ids)s::uuid[])
UNION ALL
SELECT u.id::text, u.full_name, '', '', false FROM accounts_user u WHERE u.id = ANY (%(ids)s::uuid[])
UNION ALL
SELECT m.id::text, '', '', u.full_name, false
  FROM ledger_member m JOIN accounts_user u ON u.id = m.user_id WHERE m.id = ANY (%(ids)s::uuid[])
UNION ALL
SELECT v.id::text, a.name, a.currency, u.full_name, false
  FROM ledger_account_visibility v JOIN accounts_user u ON u.id = v.user_id
  JOIN ledger_account a ON a.id = v.account_id AND a.book_id = v.book_id
 WHERE v.id = ANY (%(ids)s::uuid[])
