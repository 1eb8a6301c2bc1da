-- A page of entries that one index leads to, in reading direction. {wanted}: what is asked; {before}: where the page begins.
SELECT {columns}
  FROM audit_logs e
 WHERE {wanted}
   AND (e.user_id = %(reader)s OR e.about_id = %(reader)s OR e.book_id = ANY ((SELECT app_books('read'))::uuid[]))
   AND {before}
 ORDER BY e.created_at {way}, e.id {way}
 LIMIT %(rows)s
