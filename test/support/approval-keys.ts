import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createApprovals } from '../../src/adapters/approvals.ts';
import type { RunState } from '../../src/client.ts';
import type { Role } from '../../src/domain/principal.ts';
import { createSignApproval, type SignApproval } from '../../src/http/sign-approval.ts';
import { readSigningKey, writeNewKey, type SigningKey } from '../../src/records/audit/keys.ts';

type Statement = Parameters<SignApproval>[0];

/** Keys of approvals in a folder of their own, and the API that signs with them. */
export interface ApprovalKeys {
  /** What a worker trusts. */
  publicFile: string;
  key: SigningKey;
  approvals: ReturnType<typeof createApprovals>;
  /** Makes another pair. */
  another(name: string): Promise<{ key: SigningKey; pem: string }>;
  /** Writes what the worker trusts from now on. */
  trust(...pems: string[]): void;
  remove(): void;
}

/** Makes a pair; the worker trusts it. */
export async function makeApprovalKeys(): Promise<ApprovalKeys> {
  const dir = mkdtempSync(join(tmpdir(), 'breakwater-approvals-'));
  const another = async (name: string) => {
    const file = join(dir, name);
    await writeNewKey(file);
    return { key: await readSigningKey(file), pem: readFileSync(`${file}.pub`, 'utf8') };
  };
  const { key } = await another('approval');
  const publicFile = join(dir, 'approval.pub');
  return {
    publicFile,
    key,
    approvals: createApprovals(publicFile),
    another,
    trust: (...pems) => {
      writeFileSync(publicFile, pems.join(''));
    },
    remove: () => {
      rmSync(dir, { recursive: true, force: true });
    },
  };
}

/** What the API would state of what a run asks, with changes. */
export function statementFor(state: RunState, sub: string, changes: Partial<Statement> = {}): Statement {
  const { number, what, runId, digest, policy, population } = state.asking!;
  const asking = { number, what, runId, digest, policy, ...(population !== undefined && { population }) };
  const roles: Role[] = ['approver'];
  return { kind: 'approval', sub, principal: 'person', roles, workflowId: state.workflowId, asking, ...changes } as Statement;
}

/** An approval as the API would send it. */
export async function signedAct(key: SigningKey, state: RunState, sub: string, changes: Partial<Statement> = {}, nowMs?: number) {
  const statement = statementFor(state, sub, changes);
  const signed = await createSignApproval(key, nowMs === undefined ? Date.now : () => nowMs)(statement);
  return { by: sub, digest: state.digest!, signed, ...(statement.kind === 'break-glass' && { breakGlass: true }) };
}
