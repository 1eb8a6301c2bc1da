-- A page of all that a person may see: what they did, what was done to them, what was done in their books. Each door has an
-- index in the order of the page, so each gives at most a page; one index over all of it would have to be paid by every write.
WITH near AS (
  (SELECT e.id, e.created_at FROM audit_logs e
    WHERE e.user_id = %(reader)s AND {wanted} AND {before}
    ORDER BY e.created_at {way}, e.id {way} LIMIT %(rows)s)
  UNION
  (SELECT e.id, e.created_at FROM audit_logs e
    WHERE e.about_id = %(reader)s AND {wanted} AND {before}
    ORDER BY e.created_at {way}, e.id {way} LIMIT %(rows)s)
  UNION
  (SELECT of_book.id, of_book.created_at
     FROM unnest(app_books('read')) AS book (id)
    CROSS JOIN LATERAL (
      SELECT e.id, e.created_at FROM audit_logs e
       WHERE e.book_id = book.id AND {wanted} AND {before}
       ORDER BY e.created_at {way}, e.id {way} LIMIT %(rows)s) AS of_book)
)
SELECT {columns}
  FROM near JOIN audit_logs e ON e.id = near.id AND e.created_at = near.created_at
 WHERE {wanted}
 ORDER BY e.created_at {way}, e.id {way}
 LIMIT %(rows)s
