import type { Config } from '../../config.ts';
import { auditFacts } from './database-facts.ts';
import { ok, orFail, warn, type Finding } from './finding.ts';

function judgeCheckpoints({ keyFile, checkpointFile, url }: Config['audit']): Finding {
  const places = [checkpointFile, url && new URL(url).host].filter((place) => place !== undefined);
  return keyFile !== undefined && places.length > 0
    ? ok('audit checkpoints', `published to ${places.join(' and ')}`)
    : warn(
        'audit checkpoints',
        'none is published outside of the database by these settings: that the end of the audit log was cut off could not be proven',
        'breakwater audit keygen FILE; then set BREAKWATER_AUDIT_KEY and BREAKWATER_AUDIT_CHECKPOINTS or BREAKWATER_AUDIT_URL on the control workers',
      );
}

/** The audit log: whether its end is made known outside, and whether this database user could change it. */
export async function checkAudit(url: string, audit: Config['audit']): Promise<Finding[]> {
  const { sequence, mayChange } = await auditFacts(url);
  const log = mayChange
    ? warn(
        'audit log',
        `${sequence} entries; the user of BREAKWATER_DATABASE_URL could change them`,
        'give Breakwater a role that can only append: deploy/postgres/roles.sql, docs/audit.md',
      )
    : ok('audit log', `${sequence} entries; the user of BREAKWATER_DATABASE_URL can only append`);
  return [log, judgeCheckpoints(audit)];
}

export const noAudit = orFail('audit log', 'the user of BREAKWATER_DATABASE_URL must be able to read breakwater.audit');
