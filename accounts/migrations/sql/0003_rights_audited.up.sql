SELECT audit_table('accounts_user_groups', book_column => '', hidden => '');
SELECT audit_table('accounts_user_user_permissions', book_column => '', hidden => '');
