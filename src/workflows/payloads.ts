import { defaultPayloadConverter, type PayloadConverter } from '@temporalio/common';

/**
 * What workflows read their inputs, signals and updates with. Anybody who reaches Temporal can send a payload that nobody can read, and with the
 * default converter each workflow task then fails for ever: a live run would never undo what it did. Here such a payload is null, which every
 * handler refuses or takes for nothing.
 */
export const payloadConverter: PayloadConverter = {
  toPayload: (value) => defaultPayloadConverter.toPayload(value),
  fromPayload<T>(...[payload, context, hint]: Parameters<PayloadConverter['fromPayload']>): T {
    try {
      return defaultPayloadConverter.fromPayload(payload, context, hint) as T;
    } catch {
      return null as T;
    }
  },
};
