import { BreakwaterClient } from '../../src/client.ts';

/** A client whose run has one pending activity with this heartbeat. */
const withHeartbeat = (data: Uint8Array): BreakwaterClient => {
  const describeRun = () => Promise.resolve({ raw: { pendingActivities: [{ heartbeatDetails: { payloads: [{ data }] } }] } });
  return new BreakwaterClient({ workflow: { getHandle: () => ({ describe: describeRun }) } } as never);
};

test('a heartbeat without details shows nothing, and is no error', async () => {
  expect(await withHeartbeat(new Uint8Array()).live('some.run')).toBeUndefined();
  expect(await withHeartbeat(Buffer.from('null')).live('some.run')).toBeUndefined();
  const live = { readings: [], limits: [] };
  expect(await withHeartbeat(Buffer.from(JSON.stringify({ live }))).live('some.run')).toEqual(live);
});
