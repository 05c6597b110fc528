import type { Config } from '../../config.ts';
import { keyIdOf, readPublicKeys, readSigningKey } from '../../records/audit/keys.ts';
import { fail, ok, orFail, warn, type Finding } from './finding.ts';

const CHECK = 'approvals';
const REMEDY =
  'breakwater audit keygen FILE; BREAKWATER_APPROVAL_KEY=FILE on the API, BREAKWATER_APPROVAL_PUBLIC_KEYS=FILE.pub on the control workers';

/** Whether approvals are signed and verified, by these settings: those of the workers and of the API may be others. */
export async function checkApprovals({
  approvalKey,
  approvalPublicKeys,
}: Pick<Config, 'approvalKey' | 'approvalPublicKeys'>): Promise<Finding> {
  if (approvalPublicKeys === undefined)
    return warn(CHECK, 'by these settings they are claims: whoever reaches Temporal can approve in any name', REMEDY);
  const trusted = await readPublicKeys(approvalPublicKeys).then(
    (keys) => keys.map(keyIdOf),
    orFail(CHECK, `no approval counts: ${REMEDY}`),
  );
  if (!Array.isArray(trusted)) return trusted;
  if (approvalKey === undefined) return ok(CHECK, `only signed ones count, by ${trusted.length} keys`);
  const own = await readSigningKey(approvalKey).then(({ keyId }) => keyId, orFail(CHECK, REMEDY));
  if (typeof own !== 'string') return own;
  return trusted.includes(own)
    ? ok(CHECK, `only signed ones count, by ${trusted.length} keys; that of BREAKWATER_APPROVAL_KEY is among them`)
    : fail(CHECK, 'what BREAKWATER_APPROVAL_KEY signs would not count', `add its public key to ${approvalPublicKeys}`);
}
