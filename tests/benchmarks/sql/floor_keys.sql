-- The foreign keys of floor/orm/models.py, as Django's migrations make them.
ALTER TABLE floor.ledger_transaction
  ADD FOREIGN KEY (account_id) REFERENCES floor.ledger_account (id) DEFERRABLE INITIALLY DEFERRED,
  ADD FOREIGN KEY (to_account_id) REFERENCES floor.ledger_account (id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE floor.ledger_posting
  ADD FOREIGN KEY (transaction_id) REFERENCES floor.ledger_transaction (id) DEFERRABLE INITIALLY DEFERRED,
  ADD FOREIGN KEY (account_id) REFERENCES floor.ledger_account (id) DEFERRABLE INITIALLY DEFERRED;
