DROP FUNCTION accounts_login_attempt_clear(text);
DROP FUNCTION accounts_login_attempts(text);
DROP FUNCTION accounts_login_attempt_give_back(text);
DROP FUNCTION accounts_login_attempt_count(text, integer, integer);
DROP TABLE accounts_login_attempt;
