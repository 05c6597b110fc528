import type { MigrationBuilder } from 'node-pg-migrate';

/** The audit log. What is in it can be changed by nobody, its owner included, who does not first take the triggers away. */
export function up(pgm: MigrationBuilder): void {
  pgm.sql(`
    CREATE TABLE breakwater.audit (
      sequence bigint PRIMARY KEY,
      key      text NOT NULL,
      at       timestamptz NOT NULL,
      actor    text NOT NULL,
      action   text NOT NULL,
      subject  text NOT NULL,
      run      jsonb,
      details  jsonb NOT NULL,
      previous text NOT NULL,
      hash     text NOT NULL
    );
    CREATE INDEX audit_by_key ON breakwater.audit (key);
    CREATE INDEX audit_by_subject ON breakwater.audit (subject, sequence);
    CREATE INDEX audit_by_time ON breakwater.audit USING brin (at);

    CREATE FUNCTION breakwater.audit_is_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
      RAISE EXCEPTION 'the audit log is append-only: % refused', TG_OP USING ERRCODE = 'insufficient_privilege';
    END $$;
    CREATE TRIGGER audit_is_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON breakwater.audit
      FOR EACH STATEMENT EXECUTE FUNCTION breakwater.audit_is_append_only();

    -- Sees the rows that the same statement has inserted before.
    CREATE FUNCTION breakwater.audit_follows() RETURNS trigger LANGUAGE plpgsql AS $$
    DECLARE
      head record;
    BEGIN
      SELECT sequence, hash INTO head FROM breakwater.audit ORDER BY sequence DESC LIMIT 1;
      IF NEW.sequence <> coalesce(head.sequence, 0) + 1 OR NEW.previous <> coalesce(head.hash, repeat('0', 64)) THEN
        RAISE EXCEPTION 'audit entry % does not follow the last one', NEW.sequence USING ERRCODE = 'check_violation';
      END IF;
      RETURN NEW;
    END $$;
    CREATE TRIGGER audit_follows BEFORE INSERT ON breakwater.audit FOR EACH ROW EXECUTE FUNCTION breakwater.audit_follows();

    -- Of the parsed experiment; null for runs that began before.
    ALTER TABLE breakwater.runs ADD COLUMN experiment_digest text;
  `);
}

/** A record is never thrown away by a downgrade. */
export const down = false;
