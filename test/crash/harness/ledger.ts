import { WorkflowNotFoundError, type Client } from '@temporalio/client';

/** Where a ledger keeps those who hold blast radius now, by the names that its `state` may give them. */
const HOLDERS = ['holders', 'leases', 'holding', 'held'];

/** Who still holds blast radius of an environment, as its ledger tells. Nobody where this build has no ledger. */
export async function heldInLedger(temporal: Client, environment: string): Promise<string[]> {
  let state: unknown;
  try {
    state = await temporal.workflow.getHandle(`ledger.${environment}`).query('state');
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return [];
    return [`the ledger does not answer: ${String(error)}`];
  }
  const known = Object.entries((state ?? {}) as Record<string, unknown>).filter(([name]) => HOLDERS.includes(name));
  if (known.length === 0) return [`the ledger's state names none of ${HOLDERS.join(', ')}: ${JSON.stringify(state).slice(0, 300)}`];
  return known.flatMap(([, holders]) => Object.values(holders as Record<string, unknown>).map((holder) => JSON.stringify(holder)));
}
