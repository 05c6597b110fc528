import { Connection, type ConnectionOptions } from '@temporalio/client';
import { setTimeout as sleep } from 'node:timers/promises';

const NOT_FOUND = 5; // gRPC status

/** `temporal.api.enums.v1.IndexedValueType`; a named import of it from @temporalio/proto fails in Node's ES modules. */
const valueType = { TEXT: 1, KEYWORD: 2, INT: 3, DOUBLE: 4, BOOL: 5, DATETIME: 6, KEYWORD_LIST: 7 } as const;

/** Search attributes by name, with Temporal's type. */
export type SearchAttributes = Record<string, keyof typeof valueType>;

/**
 * Resolves when the server can do work: the frontend answers, the namespace exists, and the history service behind it answers.
 * Then gives the namespace the search attributes that it lacks.
 * @throws Error when one of them fails; ask again
 */
export async function checkTemporal(options: ConnectionOptions, namespace: string, attributes: SearchAttributes): Promise<void> {
  const connection = await Connection.connect({ connectTimeout: 2_000, ...options });
  try {
    await connection.withDeadline(Date.now() + 10_000, async () => {
      await connection.workflowService.describeNamespace({ namespace });
      await historyAnswers(connection, namespace);
      await ensureSearchAttributes(connection, namespace, attributes);
    });
  } finally {
    await connection.close();
  }
}

/** The frontend is ready before history is. A workflow that does not exist is found missing by history alone. */
async function historyAnswers(connection: Connection, namespace: string): Promise<void> {
  const execution = { workflowId: 'breakwater-health-check' };
  await connection.workflowService.describeWorkflowExecution({ namespace, execution }).catch((error: { code?: number }) => {
    if (error.code !== NOT_FOUND) throw error;
  });
}

async function ensureSearchAttributes(connection: Connection, namespace: string, attributes: SearchAttributes): Promise<void> {
  const missing = async () => {
    const { customAttributes } = await connection.operatorService.listSearchAttributes({ namespace });
    return Object.entries(attributes).filter(([name]) => !(name in (customAttributes ?? {})));
  };
  const toAdd = await missing();
  if (toAdd.length === 0) return;
  const searchAttributes = Object.fromEntries(toAdd.map(([name, type]) => [name, valueType[type]]));
  await connection.operatorService.addSearchAttributes({ namespace, searchAttributes });
  while ((await missing()).length > 0) await sleep(100); // the deadline of the caller ends it
}
