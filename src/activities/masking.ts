import type { ActivityInterceptorsFactory } from '@temporalio/worker';
import type { Mask } from '../domain/mask.ts';

/** Fields that people read. Ids, names and numbers go on as they are: a secret that is somebody's name must not change what is hit. */
const SAID = new Set(['reason', 'evidence', 'why', 'message', 'problem', 'problems', 'unknown', 'detail']);
/** What is acted upon, and compared with what was approved: nothing in it may change, whatever its fields are called. */
const ACTED_UPON = new Set(['plan', 'experiment', 'document', 'order', 'labels', 'target', 'fault']);
/** Deeper than any answer of ours, and any chain of causes. */
const MOST_DEPTH = 20;

function hideIn(value: unknown, hide: Mask['hide'], isSaid: boolean, depth = 0): unknown {
  if (typeof value === 'string') return isSaid ? hide(value) : value;
  if (typeof value !== 'object' || value === null || depth > MOST_DEPTH) return value;
  if (Array.isArray(value)) return value.map((one) => hideIn(one, hide, isSaid, depth + 1));
  return Object.fromEntries(
    Object.entries(value).map(([key, one]) => [key, ACTED_UPON.has(key) ? one : hideIn(one, hide, SAID.has(key), depth + 1)]),
  );
}

/** Defined, because some classes have it as a getter; what cannot be changed at all must not take the place of the error itself. */
function put(error: Error, field: 'message' | 'stack', text: string): void {
  if (error[field] === text) return;
  try {
    Object.defineProperty(error, field, { value: text, configurable: true, writable: true, enumerable: false });
  } catch {
    return;
  }
}

/** The stack repeats the message, and both go into the history. Changed in place: of an error's class much depends. */
function hideInError(error: unknown, hide: Mask['hide'], depth = 0): void {
  if (!(error instanceof Error) || depth > MOST_DEPTH) return;
  const { message, stack } = error;
  put(error, 'message', hide(message));
  if (stack !== undefined) put(error, 'stack', hide(stack));
  hideInError(error.cause, hide, depth + 1);
}

/**
 * Takes secrets out of what activities say: of every error, of sentences, and of the fields that people read. The last look before the history:
 * whoever handles a secret keeps it out of what it says all the same.
 */
export const maskActivities =
  ({ hide }: Mask): ActivityInterceptorsFactory =>
  () => ({
    inbound: {
      async execute(input, next) {
        try {
          return hideIn(await next(input), hide, true);
        } catch (error) {
          hideInError(error, hide);
          throw error;
        }
      },
    },
  });
