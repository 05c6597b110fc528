import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createProbePorts, type RealProbePorts } from '../../src/adapters/probes/index.ts';
import { openProbe } from '../../src/probes/index.ts';
import { measureOnce } from '../../src/probes/measure.ts';
import type { Measurement } from '../../src/domain/sample.ts';
import type { Spec } from '../../src/domain/order.ts';
import { kubernetes } from '../support/no-cluster.ts';

/** A real HTTP server on a free loopback port. */
export interface TestServer {
  url: string;
  close(): Promise<void>;
}

export async function serve(listener: RequestListener, onPort = 0): Promise<TestServer> {
  const server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(onPort, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** The real ports with secrets from a table and, if wanted, a clock that the test moves. */
export function portsWith(secrets: Record<string, string> = {}, clock?: { nowMs: number }): RealProbePorts {
  const get = (name: string): Promise<string> =>
    secrets[name] === undefined ? Promise.reject(new Error(`no secret '${name}'`)) : Promise.resolve(secrets[name]);
  const ports = createProbePorts({ secrets: { get }, kubernetes });
  return clock ? { ...ports, nowMs: () => clock.nowMs, steadyMs: () => clock.nowMs } : ports;
}

export const forever = new AbortController().signal;

/** Opens, asks once, closes. */
export async function askOnce(spec: Spec, ports: RealProbePorts, timeoutMs = 3_000): Promise<Measurement> {
  const probe = openProbe(spec, ports);
  try {
    return await measureOnce(probe, timeoutMs, forever);
  } finally {
    await probe.close?.();
  }
}

/** `12`, `no-data: why`, `error: why`: short to compare. */
export const told = (measurement: Measurement): number | string =>
  measurement.kind === 'value' ? measurement.value : `${measurement.kind}: ${measurement.reason}`;
