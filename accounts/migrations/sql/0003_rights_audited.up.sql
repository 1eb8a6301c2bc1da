SELECT audit_table('accounts_user_groups', book_column => '', hidden => '');
SELECT audit_table('accounts_user_user_permissions', book_column => '', hidden => '');
SELECT audit_table('auth_group', book_column => '', hidden => '');
SELECT audit_table('auth_group_permissions', book_column => '', hidden => '');

REVOKE INSERT, UPDATE, DELETE
  ON accounts_user_groups, accounts_user_user_permissions, auth_group, auth_group_permissions, auth_permission
  FROM rupaya_user;
