SELECT audit_table('flags_flag', book_column => '', hidden => '');
SELECT audit_table('flags_flag_users', book_column => '', hidden => '');
SELECT audit_table('flags_flag_groups', book_column => '', hidden => '');
