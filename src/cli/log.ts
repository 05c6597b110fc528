import type { Logger } from 'pino';
import { secretsIn, type Config } from '../config.ts';
import { createMask, type Mask } from '../domain/mask.ts';

/** Paths of requests are logged, and their queries are not: a caller may have put a token there. */
const request = ({ method, url, socket, ip }: { method?: string; url?: string; socket?: { remotePort?: number }; ip?: string }) => ({
  method,
  url: url?.split('?')[0],
  remoteAddress: ip,
  remotePort: socket?.remotePort,
});

/** The log of a process, as JSON on stderr, and the mask that keeps the secrets of its settings out of it, and whatever it learns later. */
export async function openLog(config: Config): Promise<{ log: Logger; mask: Mask }> {
  const { pino } = await import('pino');
  const mask = createMask();
  for (const secret of secretsIn(config)) mask.learn(secret, { forGood: true });
  const log = pino(
    {
      level: config.logLevel,
      redact: ['req.headers.authorization'],
      serializers: { req: request },
      hooks: { streamWrite: (line) => mask.hide(line) },
    },
    pino.destination({ fd: 2, sync: true }),
  );
  return { log, mask };
}
