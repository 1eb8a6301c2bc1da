-- A page of entries that one index leads to, in reading direction. {wanted}: what is asked; {before}: where the page begins.
-- What is the reader's is a condition and no way in (hence IS TRUE): three indexes together would give all, to be sorted.
SELECT {columns}
  FROM audit_logs e
 WHERE {wanted}
   AND (e.user_id = %(reader)s OR e.about_id = %(reader)s OR e.book_id = ANY ((SELECT app_books('read'))::uuid[])) IS TRUE
   AND {before}
 ORDER BY e.created_at {way}, e.id {way}
 LIMIT %(rows)s
