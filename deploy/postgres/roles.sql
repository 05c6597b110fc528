-- The rights of Breakwater's processes in the records database. Run it as the owner of the schema, after `breakwater records migrate`, and again
-- after each upgrade. The role is made beforehand: CREATE ROLE breakwater_app LOGIN PASSWORD '…';
-- What is in the audit log, and what it is compared with, cannot be changed or deleted by it; of a run only its end can be written.
REVOKE ALL ON ALL TABLES IN SCHEMA breakwater FROM breakwater_app;
GRANT USAGE ON SCHEMA breakwater TO breakwater_app;
GRANT SELECT ON ALL TABLES IN SCHEMA breakwater TO breakwater_app;
GRANT INSERT ON breakwater.audit, breakwater.runs, breakwater.events, breakwater.post_mortems, breakwater.samples, breakwater.sample_buckets,
  breakwater.sample_numbers TO breakwater_app;
GRANT UPDATE (verdict, reason, result, closed_at) ON breakwater.runs TO breakwater_app;
-- For `breakwater records prune`: leave it out where another role does that.
GRANT DELETE ON breakwater.samples, breakwater.sample_buckets TO breakwater_app;
