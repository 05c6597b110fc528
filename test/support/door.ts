import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server } from 'node:net';
import { machineAddress } from './cluster-controls.ts';

/** A way for pods to a server on this machine's loopback. */
export interface Door {
  host: string;
  port: number;
  close(): void;
}

/** Opens a door on this machine's address in the cluster's network, which nobody but the cluster and this machine can reach. */
export async function openDoor(toPort: number): Promise<Door> {
  const server: Server = createServer((outside) => {
    const inside = connect(toPort, '127.0.0.1');
    for (const [socket, other] of [
      [outside, inside],
      [inside, outside],
    ] as const) {
      socket.once('error', () => other.destroy());
      socket.once('close', () => other.destroy());
      socket.pipe(other);
    }
  });
  server.listen(0, machineAddress());
  await once(server, 'listening');
  return { host: machineAddress(), port: (server.address() as AddressInfo).port, close: () => void server.close() };
}
