-- Posts rows of a draft by `ledger_post`, in one statement, with the plugs: what is posted of a row is made where the row
-- is, so that twenty thousand of them never lie in the application's memory. %(line_nos)s and %(ids)s name the rows and
-- their transactions; %(income)s and %(expense)s are the categories for what came in and went out; %(plugs)s are items as
-- `ledger_post` takes them. Which account is debited stands first, as in every entry.
SELECT ledger_post(%(book)s, jsonb_agg(item))
  FROM (
    SELECT jsonb_array_elements(%(plugs)s::jsonb) AS item
     UNION ALL
    SELECT jsonb_build_object(
             'id', made.id, 'date', line.date, 'type', side.type, 'origin', 'statement',
             'description', line.description, 'account_id', line.account_id, 'amount_minor', abs(line.amount_minor),
             'postings', jsonb_build_array(
               jsonb_build_object('account_id', side.debit_id, 'amount_minor', abs(line.amount_minor),
                                  'currency', %(currency)s::text),
               jsonb_build_object('account_id', side.credit_id, 'amount_minor', -abs(line.amount_minor),
                                  'currency', %(currency)s::text)))
      FROM unnest(%(line_nos)s::int[], %(ids)s::uuid[]) AS made (line_no, id)
      JOIN ledger_statement_line line
        ON line.book_id = %(book)s AND line.statement_id = %(statement)s AND line.line_no = made.line_no
      JOIN LATERAL (
        VALUES ('income', line.account_id, %(income)s::uuid), ('expense', %(expense)s::uuid, line.account_id)
      ) AS side (type, debit_id, credit_id) ON (side.type = 'income') = (line.amount_minor > 0)
  ) items
HAVING count(*) > 0
